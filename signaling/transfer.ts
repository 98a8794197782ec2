/**
 * Transfers. A phone's REFER (RFC 3515, attended with Replaces, RFC 5589) is carried out here: another
 * phone takes its place in the call, the agent on the other side stays, and to the media engine it
 * looks as if the phone had moved. A transfer that the page or a program asks for is the phone's to
 * carry out: it gets a REFER and dials, so that whatever is behind the number answers, another agent
 * included.
 */
import { randomUUID } from 'node:crypto';
import { BridgeError, messageOf } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import { nextHopOf } from './bindings.ts';
import type { Target } from './branch.ts';
import type { Call } from './call.ts';
import { Leg } from './leg.ts';
import {
  parseReferTo,
  progressOf,
  statusIn,
  writeReplaces,
  type ReferTarget,
  type Replaces,
} from './refer.ts';
import { withDirection } from './sdp.ts';
import { sessionAnswer, sessionOffer } from './session.ts';
import { ask, type SipDialog, type SipReply, type SipRequest, type SrfPort } from './srf.ts';

/** A phone hangs up by itself when it hears that its transfer is done; not every phone does. */
const GOODBYE_MS = 1000;
/** A phone that was told to dial has this long to say how it went. */
const DIALLING_MS = 60_000;

export interface TransfersOptions {
  readonly srf: SrfPort;
  readonly log: Log;
  readonly domain: () => string;
  readonly calls: () => readonly Call[];
  /** Who is to be rung for an address, or why nobody is. */
  readonly route: (target: ReferTarget) => readonly Target[] | { status: number; reason: string };
  /** A leg is new to its call. */
  readonly joined: (call: Call, leg: Leg) => void;
  /** How often a phone that is called refreshes its session. */
  readonly sessionSeconds?: number | undefined;
}

export class Transfers {
  readonly #options: TransfersOptions;
  /** Transfers under way that a phone was asked for, by its leg: who waits for its NOTIFY. */
  readonly #waiting = new Map<Leg, (sipfrag: string) => void>();

  constructor(options: TransfersOptions) {
    this.#options = options;
  }

  /** A REFER inside a call. */
  onRefer(call: Call, leg: Leg, request: SipRequest, reply: SipReply): void {
    const target = parseReferTo(request.get('Refer-To'));
    const peer = call.peerOf(leg);
    if (!target) {
      reply.send(400, 'Refer-To holds no SIP address');
      return;
    }
    if (!peer) {
      reply.send(481);
      return;
    }
    const notify = (status: number, reason: string) => this.#notify(leg, status, reason);
    if (leg.kind === 'page') {
      reply.send(202);
      notify(100, 'Trying');
      this.refer(call, target.text).then(
        () => notify(200, 'OK'),
        (error: unknown) => notify(503, messageOf(error)),
      );
      return;
    }
    const carryOut = target.replaces
      ? this.#attended(call, leg, peer, target, target.replaces)
      : this.#blind(call, leg, peer, target);
    if ('status' in carryOut) {
      reply.send(carryOut.status, carryOut.reason);
      return;
    }
    reply.send(202);
    notify(100, 'Trying');
    this.#options.log('info', `${leg.party.name} transfers the call to ${target.text}`, {
      callId: call.id,
    });
    void carryOut.run(notify).then(
      () => {
        notify(200, 'OK');
        setTimeout(() => leg.bye(200, 'Transferred'), GOODBYE_MS).unref();
      },
      (error: unknown) => {
        const { status, reason } = refusalIn(error);
        this.#options.log('warn', `the transfer to ${target.text} failed: ${status} ${reason}`, {
          callId: call.id,
        });
        notify(status, reason);
      },
    );
  }

  /** A NOTIFY of a phone about the transfer it was asked for. */
  onNotify(leg: Leg, request: SipRequest, reply: SipReply): void {
    reply.send(200);
    this.#waiting.get(leg)?.(request.body);
  }

  /**
   * Has the phone of a call dial another number; the call ends when that is answered.
   * @throws BridgeError NO_CALL, TRANSFER_FAILED
   */
  async refer(call: Call, to: string): Promise<void> {
    const { domain, log } = this.#options;
    const phone = call.legs.find(({ kind }) => kind === 'phone');
    if (!phone) throw new BridgeError('NO_CALL', 'The call has not been answered yet.');
    const uri = /^sips?:/i.test(to) ? to : `sip:${to}@${domain()}`;
    if (!parseReferTo(`<${uri}>`)) {
      throw new BridgeError('BAD_REQUEST', `${to} is neither a number nor a SIP address.`);
    }
    if (this.#waiting.has(phone)) throw failed('a transfer is under way already');
    const outcome = this.#outcomeOf(phone);
    try {
      const { status, reason } = await ask(phone.dialog, {
        method: 'REFER',
        headers: {
          'Refer-To': `<${uri}>`,
          'Referred-By': `<sip:${call.status.dialled}@${domain()}>`,
          Contact: phone.dialog.local.contact,
        },
      });
      if (status >= 300) throw failed(`the phone answered ${status} ${reason}`);
      log('info', `the phone was asked to dial ${uri}`, { callId: call.id });
      const end = await outcome.settled;
      if (end.status >= 300) throw failed(`${end.status} ${end.reason}`);
    } catch (error) {
      throw error instanceof BridgeError ? error : failed(messageOf(error));
    } finally {
      outcome.stop();
    }
    void call.hangUp(`transferred to ${to}`, 200);
  }

  /** An INVITE that is to take the place of one side of a call (RFC 3891). */
  async onReplaces(
    replaces: Replaces,
    request: SipRequest,
    reply: SipReply,
    party: Leg['party'],
  ): Promise<void> {
    const found = this.#find(replaces);
    if (!found) {
      reply.send(481);
      return;
    }
    const { call, leg } = found;
    try {
      const answer = await call.renegotiation?.admit(leg, request.body, request.source_address);
      if (answer === undefined) {
        reply.send(488, 'The codec of a call cannot change');
        return;
      }
      this.#options.srf.accept(
        request,
        reply,
        { localSdp: answer, headers: sessionAnswer(request) },
        (dialog) => {
          const fresh = new Leg(
            party,
            dialog,
            { remote: request.body, local: answer },
            leg.mediaTag,
          );
          this.#join(call, leg, fresh).then(
            () => leg.bye(200, 'Replaced'),
            (error: unknown) => fresh.bye(503, messageOf(error)),
          );
        },
        () => undefined,
      );
    } catch (error) {
      reply.send(503, messageOf(error).slice(0, 100));
    }
  }

  #blind(call: Call, leg: Leg, peer: Leg, target: ReferTarget): Plan {
    const targets = this.#options.route(target);
    if ('status' in targets) return targets;
    if (peer.kind === 'page' && targets.some(({ party }) => party.kind === 'page')) {
      return { status: 403, reason: 'An agent cannot be connected with an agent' };
    }
    return { run: (notify) => this.#ring(call, leg, targets, {}, notify) };
  }

  #attended(call: Call, leg: Leg, peer: Leg, target: ReferTarget, replaces: Replaces): Plan {
    const other = this.#find(replaces);
    if (!other) {
      // A dialog between the two phones themselves: whoever it is with is rung with the Replaces.
      const targets = this.#options.route(target);
      if ('status' in targets) return targets;
      const headers = { Replaces: writeReplaces(replaces) };
      return { run: (notify) => this.#ring(call, leg, targets, headers, notify) };
    }
    const consulted = other.call.peerOf(other.leg);
    if (!consulted || other.call === call) return { status: 481, reason: 'No such call' };
    if (peer.kind === 'page' && consulted.kind === 'page') {
      return { status: 403, reason: 'An agent cannot be connected with an agent' };
    }
    // The media session with the page in it stays; the phone of the other one moves over.
    return consulted.kind === 'page'
      ? { run: () => this.#move(peer, call, other.leg, other.call) }
      : { run: () => this.#move(consulted, other.call, leg, call) };
  }

  /** `mover` leaves `from` for the place of `old` in `to`. */
  async #move(mover: Leg, from: Call, old: Leg, to: Call): Promise<void> {
    const { renegotiation } = from;
    if (!renegotiation) throw new Error('the call has ended');
    const sdp = withDirection(old.localSdp, 'sendrecv');
    const answer = await renegotiation.offer(mover, sdp);
    const fresh = new Leg(
      mover.party,
      mover.dialog,
      { remote: answer, local: mover.localSdp },
      old.mediaTag,
    );
    await this.#join(to, old, fresh);
    from.giveAway(mover, `transferred to ${to.id}`);
    old.bye(200, 'Transferred');
  }

  /** Rings the first of the targets in the place of `old`. */
  #ring(
    call: Call,
    old: Leg,
    targets: readonly Target[],
    headers: Record<string, string>,
    notify: Notify,
  ): Promise<void> {
    const { srf, domain } = this.#options;
    const [target] = targets;
    if (!target) return Promise.reject(new Error('nobody to ring'));
    const localSdp = withDirection(old.localSdp, 'sendrecv');
    // A phone that has a call with a caller of the same name takes no second one from it.
    const from = call.status.direction === 'inbound' ? call.status.dialled : 'page';
    return new Promise((resolve, reject) => {
      let hasRung = false;
      const proxy = target.party.binding && nextHopOf(target.party.binding);
      const answered = (dialog: SipDialog) => {
        const sdp = { remote: dialog.remote.sdp, local: localSdp };
        const fresh = new Leg(target.party, dialog, sdp, old.mediaTag);
        this.#join(call, old, fresh).then(resolve, (error: unknown) => {
          fresh.bye(503, messageOf(error));
          reject(error instanceof Error ? error : new Error(String(error)));
        });
      };
      const callId = randomUUID();
      call.tries(callId, target.party.kind);
      srf.invite(
        target.uri,
        {
          localSdp,
          callingNumber: from,
          ...(proxy !== undefined && { proxy }),
          headers: {
            ...headers,
            ...sessionOffer(undefined, this.#options.sessionSeconds),
            'Call-ID': callId,
            'Referred-By': `<sip:${old.party.name}@${domain()}>`,
            'P-Asserted-Identity': `<sip:${from}@${domain()}>`,
          },
        },
        {
          cbProvisional: () => {
            if (!hasRung) notify(180, 'Ringing');
            hasRung = true;
          },
        },
        answered,
        ({ status, reason }) => reject(new RingRefused(status, reason)),
      );
    });
  }

  async #join(call: Call, old: Leg, fresh: Leg): Promise<void> {
    if (!call.legs.includes(old)) throw new Error('the call has ended');
    call.tries(fresh.dialog.sip.callId, fresh.kind);
    await call.substitute(old, fresh);
    this.#options.joined(call, fresh);
  }

  #find({ callId, toTag, fromTag }: Replaces): { call: Call; leg: Leg } | undefined {
    for (const call of this.#options.calls()) {
      const leg = call.legs.find(
        ({ dialog: { sip } }) =>
          sip.callId === callId && sip.localTag === toTag && sip.remoteTag === fromTag,
      );
      if (leg) return { call, leg };
    }
    return undefined;
  }

  #notify(leg: Leg, status: number, reason: string): void {
    if (leg.hasEnded) return;
    const { contact } = leg.dialog.local;
    const { headers, ...rest } = progressOf(status, reason);
    // One who has hung up meanwhile does not answer, and need not.
    ask(leg.dialog, { ...rest, headers: { ...headers, Contact: contact } }).catch(() => undefined);
  }

  /** What a phone says of the transfer it was asked for. */
  #outcomeOf(leg: Leg): { settled: Promise<{ status: number; reason: string }>; stop: () => void } {
    let timer: NodeJS.Timeout | undefined;
    const settled = new Promise<{ status: number; reason: string }>((resolve) => {
      timer = setTimeout(() => resolve({ status: 408, reason: 'No answer' }), DIALLING_MS).unref();
      this.#waiting.set(leg, (sipfrag) => {
        const said = statusIn(sipfrag);
        if (said && said.status >= 200) resolve(said);
      });
      // A phone that hangs up on us has dialled, and has nothing more to say.
      leg.dialog.on('destroy', () => resolve({ status: 200, reason: 'The phone hung up' }));
    });
    return {
      settled,
      stop: () => {
        clearTimeout(timer);
        this.#waiting.delete(leg);
      },
    };
  }
}

type Notify = (status: number, reason: string) => void;
type Plan =
  | { readonly run: (notify: Notify) => Promise<void> }
  | { readonly status: number; readonly reason: string };

class RingRefused extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

function refusalIn(error: unknown): { status: number; reason: string } {
  const status = error instanceof RingRefused ? error.status : 503;
  return { status, reason: messageOf(error) };
}

function failed(why: string): BridgeError {
  return new BridgeError('TRANSFER_FAILED', `The call was not transferred: ${why}.`);
}
