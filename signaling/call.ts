/**
 * One call: a back-to-back user agent between the leg that called us and those we ring, with the
 * media engine between them. Either side may be a phone or a page. Two dialogs, one id: the phone
 * leg's Call-ID.
 *
 * Whatever happens in whatever order (CANCEL while the engine works, BYE while a page answers, an
 * engine that fails), the call ends once, every leg is told, and the engine session is deleted.
 */
import type { CallOutcome, CallStatus } from '../common/api.ts';
import { BridgeError, messageOf, type ErrorCode } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import type { Target } from './branch.ts';
import { causeOfReason, textOfReason, type Refusal } from './call-phrases.ts';
import { CallRecord, outcomeOf, type Ending as RecordedEnding } from './call-record.ts';
import { calleeHeaders, type CalleeHeaders } from './callee-headers.ts';
import { Fork } from './fork.ts';
import type { IncomingInvite } from './incoming-invite.ts';
import { lastWords, type PlayNotice } from './last-words.ts';
import { holdersOf, type Leg, type LegParty } from './leg.ts';
import type { CallMedia, MediaLeg, MediaPeer } from './media.ts';
import { Renegotiation } from './renegotiation.ts';
import { carriedCodecs, lockCodec, standInOffer, type CodecName } from './sdp.ts';
import type { SrfPort } from './srf.ts';

/** Says no to a call before it is answered; undefined lets it pass. */
export type Veto = (call: CallStatus) => Promise<Refusal | undefined>;

export interface CallDependencies {
  readonly srf: SrfPort;
  readonly media: CallMedia;
  readonly log: Log;
  /** Who does not even say 180 within this time is frozen or gone; the caller is told. */
  readonly reactionMs: Readonly<Record<MediaPeer, number>>;
  /** host:port of the SIP server, for addresses that name a person. */
  readonly domain: () => string;
  readonly veto?: Veto | undefined;
  /** What a phone is told when its page has gone; without it, it gets BYE at once. */
  readonly playNotice?: PlayNotice | undefined;
  /** How often a phone that is called refreshes its session. */
  readonly sessionSeconds?: number | undefined;
  /** In the order of preference; undefined = G.711 in the caller's order. */
  readonly codecs?: readonly CodecName[] | undefined;
  /** Both legs are up, in the tick the second one is: the place to follow what they say. */
  readonly connected: (call: Call) => void;
  /** A leg of a call is tried, by its Call-ID: what it says from now on belongs to the call. */
  readonly legTried: (callId: string, sipCallId: string, kind: MediaPeer) => void;
  /** The status changed; after `ended` the call is never heard of again. */
  readonly changed: (call: Call) => void;
}

/** What routing has decided. */
export interface CallPlan {
  readonly id: string;
  readonly direction: CallStatus['direction'];
  readonly extension: string;
  readonly dialled: string;
  readonly targets: readonly Target[];
  /** Nobody answers within this time: the caller is told. */
  readonly ringMs: number;
  readonly redirect: (contact: string) => Target | undefined;
}

interface Ending extends RecordedEnding {
  /** SIP status, for the Reason of BYE and CANCEL. */
  readonly cause: number;
}

export class Call {
  readonly id: string;
  readonly #deps: CallDependencies;
  readonly #incoming: IncomingInvite;
  readonly #plan: CallPlan;
  readonly #record: CallRecord;
  readonly #reached: string[] = [];
  #ending: Ending | undefined;
  #media: MediaLeg;
  #fork: Fork | undefined;
  #ringing: NodeJS.Timeout | undefined;
  #caller: Leg | undefined;
  #callee: Leg | undefined;
  #renegotiation: Renegotiation | undefined;
  #released: Promise<void> | undefined;
  /** Cuts what the phone is told after its page has gone. */
  #cutNotice: (() => void) | undefined;

  constructor(deps: CallDependencies, incoming: IncomingInvite, plan: CallPlan) {
    this.#deps = deps;
    this.#incoming = incoming;
    this.#plan = plan;
    this.id = plan.id;
    this.#record = new CallRecord({ ...plan, callId: plan.id, caller: incoming.party.name });
    this.#media = {
      callId: plan.id,
      fromTag: incoming.tag,
      receivedFrom: incoming.request.source_address,
    };
  }

  get status(): CallStatus {
    return this.#record.status(holdersOf(this.legs));
  }

  /** The established sides, the caller first; none before the answer. */
  get legs(): readonly Leg[] {
    return [this.#caller, this.#callee].filter((leg) => leg !== undefined);
  }

  peerOf(leg: Leg): Leg | undefined {
    return leg === this.#caller ? this.#callee : this.#caller;
  }

  /** Offers inside the call; undefined before the answer. */
  get renegotiation(): Renegotiation | undefined {
    return this.#renegotiation;
  }

  /**
   * `fresh` takes part in the place of `old`, which is left standing: whoever asked for it hangs up
   * on it when the far end has been told.
   * @throws Error when the media engine or the codec stands in the way; then nothing has changed
   */
  async substitute(old: Leg, fresh: Leg): Promise<void> {
    const isCaller = old === this.#caller;
    const set = (leg: Leg): void => {
      if (isCaller) this.#caller = leg;
      else this.#callee = leg;
    };
    set(fresh);
    this.#follow(fresh);
    try {
      await this.#renegotiation?.substitute(old, fresh);
    } catch (error) {
      set(old);
      await this.#renegotiation?.substitute(fresh, old).catch(() => undefined);
      throw error;
    }
    old.hasLeft = true;
    this.#log('info', `${fresh.party.name} has taken the place of ${old.party.name}`, {
      legCallId: fresh.dialog.sip.callId,
    });
    this.#deps.changed(this);
  }

  /** One side has gone over to another call: this one ends without it. */
  giveAway(leg: Leg, why: string): void {
    leg.hasLeft = true;
    if (leg === this.#caller) this.#caller = undefined;
    else this.#callee = undefined;
    this.#end({ why, outcome: 'completed', cause: 200 });
  }

  /** A leg of that Call-ID is rung, or takes part. */
  tries(sipCallId: string, kind: MediaPeer): void {
    if (!this.#reached.includes(sipCallId)) this.#reached.push(sipCallId);
    this.#deps.legTried(this.id, sipCallId, kind);
  }

  /** The session in the media engine. */
  get mediaLeg(): MediaLeg {
    return this.#media;
  }

  /** Everybody who takes part or is rung. */
  get parties(): readonly LegParty[] {
    const callees = this.#callee ? [this.#callee.party] : (this.#fork?.parties ?? []);
    return [this.#incoming.party, ...callees];
  }

  start(): void {
    const { dialled, targets, ringMs, redirect } = this.#plan;
    const { party, request } = this.#incoming;
    this.#incoming.onCancel(() => this.#end(gaveUp(party.kind)));
    this.#deps.legTried(this.id, this.#incoming.callId, party.kind);
    this.#log('info', `call from ${party.name} to ${dialled}`, {
      legCallId: this.#incoming.callId,
    });
    const offer = this.#offer();
    if (offer === undefined) {
      this.#refuse({
        status: 488,
        reason: `No ${(this.#deps.codecs ?? ['PCMU', 'PCMA']).join(' or ')} in the offer`,
        code: 'NO_CODEC',
      });
      return;
    }
    const { srf, media, reactionMs, sessionSeconds } = this.#deps;
    this.#fork = new Fork(
      {
        srf,
        media,
        offer,
        targets,
        mediaLeg: this.#media,
        callingNumber: party.name,
        callingName: request.callingName,
        headers: (target, index) => calleeHeaders(this.#facts(), target, index),
        reactionMs,
        sessionSeconds,
        redirect,
      },
      {
        sent: (callId, kind) => this.tries(callId, kind),
        ringing: () => this.#incoming.ring(this.id),
        answered: (leg, mediaLeg) => void this.#answered(leg, mediaLeg),
        refused: (refusal) => this.#refuse(refusal),
      },
    );
    this.#ringing = setTimeout(() => {
      this.#fork?.cancel(480, 'No answer');
      this.#refuse({ status: 480, reason: `${dialled} does not answer`, code: 'CALL_FAILED' });
    }, ringMs);
    this.#fork.start();
  }

  /** Ends the call from our side; resolves when the engine has let go of it. */
  async hangUp(why: string, cause = 480, unanswered: CallOutcome = 'failed'): Promise<void> {
    if (!this.#hasEnded() && !this.#caller) this.#incoming.refuse(480, why);
    this.#end({ why, outcome: this.#isAnswered() ? 'completed' : unanswered, cause });
    await this.#released;
  }

  /** The same, and waits for the far ends to have heard it as well. */
  async hangUpForGood(why: string): Promise<void> {
    const { legs } = this;
    await this.hangUp(why);
    await Promise.all(legs.map(({ farewell }) => farewell));
  }

  /** A page's connection has closed: the call has lost it, whatever it was to the call. */
  flowClosed(source: string): void {
    if (this.#hasEnded()) return;
    const isGone = ({ binding }: LegParty): boolean => binding?.source === source;
    const refusal: Refusal = { status: 480, reason: 'The page was closed', code: 'CALL_FAILED' };
    const lost = this.legs.find(({ party }) => isGone(party));
    if (lost) this.#lost(lost, refusal.reason);
    else if (isGone(this.#incoming.party)) {
      void this.hangUp(refusal.reason);
    } else {
      this.#fork?.drop(isGone, refusal);
    }
  }

  /** The offer as it goes on: one codec for a page, all that fit for a phone that may choose. */
  #offer(): string | undefined {
    const { body, source_address: address } = this.#incoming.request;
    if (!body) return standInOffer(address);
    const { codecs } = this.#deps;
    return this.#incoming.party.kind === 'page'
      ? carriedCodecs(body, codecs)
      : lockCodec(body, codecs);
  }

  #facts(): CalleeHeaders {
    const { dialled, extension, targets } = this.#plan;
    const { name: caller, kind: callerKind } = this.#incoming.party;
    const domain = this.#deps.domain();
    return {
      callId: this.id,
      caller,
      callerKind,
      dialled,
      extension,
      domain,
      targets: targets.length,
    };
  }

  async #answered(leg: Leg, mediaLeg: MediaLeg): Promise<void> {
    clearTimeout(this.#ringing);
    this.#callee = leg;
    this.#follow(leg);
    const { dialog } = leg;
    const { party } = this.#incoming;
    this.#media = { ...mediaLeg, toTag: dialog.sip.remoteTag };
    try {
      const ids = { ...this.#media, toTag: dialog.sip.remoteTag, receivedFrom: leg.receivedFrom };
      const [answer, refusal] = await Promise.all([
        this.#deps.media.answer(ids, dialog.remote.sdp, party.kind),
        this.#deps.veto?.(this.status),
      ]);
      if (this.#hasEnded()) return;
      if (refusal) {
        this.#refuse(refusal);
        return;
      }
      this.#incoming.accept(
        answer,
        this.id,
        (caller) => this.#callerAnswered(caller, leg),
        (why) =>
          this.#end(
            why === undefined ? gaveUp(party.kind) : { why, outcome: 'failed', cause: 500 },
          ),
      );
    } catch (error) {
      const code = error instanceof BridgeError ? error.code : 'RTPENGINE_REFUSED';
      this.#refuse({ status: 503, reason: messageOf(error), code });
    }
  }

  #callerAnswered(caller: Leg, callee: Leg): void {
    this.#caller = caller;
    this.#follow(caller);
    if (this.#ending) {
      caller.bye(this.#ending.cause, this.#ending.why);
      return;
    }
    const { media, log } = this.#deps;
    this.#renegotiation = new Renegotiation({
      media,
      mediaLeg: this.#media,
      caller,
      callee,
      log,
      callId: this.id,
      changed: () => this.#deps.changed(this),
    });
    const ms = this.#record.answered(callee.dialog.sip.callId);
    this.#log('info', 'answered', {
      callerCallId: caller.dialog.sip.callId,
      calleeCallId: callee.dialog.sip.callId,
      ms,
    });
    this.#deps.connected(this);
    this.#deps.changed(this);
  }

  #follow(leg: Leg): void {
    leg.dialog.on('destroy', (bye) => {
      leg.gone();
      if (!this.legs.includes(leg)) return;
      const reason = bye.get('Reason');
      const why = textOfReason(reason) ?? `the ${leg.kind} hung up`;
      if (leg.kind === 'page' && causeOfReason(reason) >= 400) {
        // It did not want to, it cannot go on.
        this.#lost(leg, why);
        return;
      }
      this.#end({ why, outcome: this.#isAnswered() ? 'completed' : 'failed', cause: 200 });
    });
  }

  /** The page of an answered call has gone; a phone that can hear so is told in words. */
  #lost(page: Leg, why: string): void {
    if (this.#cutNotice) return;
    const phone = this.peerOf(page);
    const { playNotice } = this.#deps;
    const end = (): void => this.#end({ why, outcome: 'completed', cause: 480 });
    if (!playNotice || phone?.kind !== 'phone' || holdersOf(this.legs).length > 0) {
      end();
      return;
    }
    this.#log('info', `${why}: the phone is told`);
    page.bye(480, why);
    const play = () => playNotice(this.id, phone.mediaTag);
    this.#cutNotice = lastWords(play, (error) => {
      if (error !== undefined) this.#log('warn', `it could not be told: ${messageOf(error)}`);
      end();
    });
  }

  #refuse(refusal: Refusal): void {
    if (this.#hasEnded()) return;
    // 3xx would send a phone to an `.invalid` address, and 401/407 ask it for a password.
    const { reason } = refusal;
    const isPassed = refusal.status >= 400 && refusal.status !== 401 && refusal.status !== 407;
    const status = isPassed ? refusal.status : 480;
    const code: ErrorCode = refusal.code ?? 'CALL_FAILED';
    this.#log('warn', `refused with ${status} ${reason}`, { code });
    this.#incoming.refuse(status, reason);
    this.#end({ why: reason, outcome: outcomeOf(status), cause: status, status });
  }

  #end(ending: Ending): void {
    if (this.#hasEnded()) return;
    this.#ending = ending;
    this.#record.ended(ending);
    clearTimeout(this.#ringing);
    this.#cutNotice?.();
    const { why, cause } = ending;
    this.#log('info', `ended: ${why}`, {
      callerCallId: this.#incoming.callId,
      calleeCallIds: this.#reached,
    });
    for (const leg of this.legs) leg.bye(cause, why);
    this.#fork?.cancel(cause, why);
    this.#released = this.#deps.media.release({
      callId: this.id,
      fromTag: this.#incoming.tag,
    });
    this.#deps.changed(this);
  }

  #isAnswered(): boolean {
    return this.#record.state === 'answered';
  }

  #hasEnded(): boolean {
    return this.#record.state === 'ended';
  }

  #log(level: Parameters<Log>[0], message: string, fields?: Parameters<Log>[2]): void {
    this.#deps.log(level, message, { callId: this.id, ...fields });
  }
}

function gaveUp(kind: MediaPeer): Ending {
  return { why: `the ${kind} gave up`, outcome: 'cancelled', cause: 487 };
}
