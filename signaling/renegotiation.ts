/**
 * Offers inside a call: hold and resume, another address, one codec out of several, a refresh, and
 * another phone in the place of the one there was. The
 * side that offers is answered here with what the other side said last, after the media engine has
 * been told; the other side's dialog is left alone, because nothing changes for it.
 * RFC 3261 §14, RFC 3311, RFC 3264 §8: https://www.rfc-editor.org/rfc/rfc3264#section-8
 */
import { messageOf } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import type { Leg } from './leg.ts';
import type { CallMedia, MediaLeg } from './media.ts';
import {
  asNextVersion,
  codecOf,
  isHold,
  lockEncoding,
  standingAnswer,
  withDirection,
} from './sdp.ts';
import { sessionAnswer } from './session.ts';
import { ask, type SipReply, type SipRequest } from './srf.ts';

export interface RenegotiationOptions {
  readonly media: CallMedia;
  /** As the answer of the call had it: the caller's offer. */
  readonly mediaLeg: MediaLeg;
  readonly caller: Leg;
  readonly callee: Leg;
  readonly log: Log;
  readonly callId: string;
  readonly changed: () => void;
}

export class Renegotiation {
  readonly #options: RenegotiationOptions;
  #legs: readonly Leg[];
  /** Legs whose offer is being worked on. */
  readonly #busy = new Set<Leg>();

  constructor(options: RenegotiationOptions) {
    this.#options = options;
    this.#legs = [options.caller, options.callee];
    for (const leg of this.#legs) this.#follow(leg);
  }

  /** `fresh` takes the place of `old`: the engine hears of its address as if `old` had moved. */
  async substitute(old: Leg, fresh: Leg): Promise<void> {
    this.#legs = this.#legs.map((leg) => (leg === old ? fresh : leg));
    this.#follow(fresh);
    const isMedia = (await this.#take(fresh, fresh.remoteSdp)) !== undefined;
    if (!isMedia) throw new Error('it speaks another codec');
  }

  /** The answer to the offer of one who wants to take `old`'s place. */
  async admit(old: Leg, sdp: string, receivedFrom: string): Promise<string | undefined> {
    return this.#agree(old, sdp, receivedFrom);
  }

  /**
   * Tells a leg that there is no audio either way, or again: its agent speaks to nobody meanwhile
   * and hears silence.
   * @throws Error when it does not agree
   */
  async setHeld(leg: Leg, isHeld: boolean): Promise<void> {
    if (leg.isHeld === isHeld) return;
    const answer = await this.offer(
      leg,
      withDirection(leg.localSdp, isHeld ? 'inactive' : 'sendrecv'),
    );
    if (!answer) return;
    leg.isHeld = isHeld;
    this.#log('info', isHeld ? `the ${leg.kind} was put on hold` : `the ${leg.kind} is off hold`);
    this.#options.changed();
  }

  /** A re-INVITE of ours; @returns the answer. */
  async offer(leg: Leg, sdp: string): Promise<string> {
    if (leg.isOffering || this.#busy.has(leg)) throw new Error('another offer is under way');
    leg.isOffering = true;
    try {
      const body = asNextVersion(sdp, leg.localSdp);
      const {
        status,
        reason,
        body: answer,
      } = await ask(leg.dialog, {
        method: 'INVITE',
        headers: { Contact: leg.dialog.local.contact, 'Content-Type': 'application/sdp' },
        body,
      });
      if (status >= 300) throw new Error(`${status} ${reason}`);
      leg.localSdp = body;
      return answer;
    } finally {
      leg.isOffering = false;
    }
  }

  #follow(leg: Leg): void {
    leg.dialog.on('modify', (request, reply) => void this.#onOffer(leg, request, reply));
    leg.dialog.on('update', (request, reply) => void this.#onOffer(leg, request, reply));
    leg.dialog.on('ack', ({ body }) => void this.#onAck(leg, body));
  }

  async #onOffer(leg: Leg, request: SipRequest, reply: SipReply): Promise<void> {
    if (leg.hasLeft) return;
    // RFC 3261 §14.2 and RFC 3311 §5.2: one offer at a time, in either direction.
    if (leg.isOffering) {
      reply.send(491);
      return;
    }
    if (this.#busy.has(leg)) {
      reply.send(500, { headers: { 'Retry-After': '1' } });
      return;
    }
    if (!request.body) {
      this.#onNoOffer(leg, request, reply);
      return;
    }
    this.#busy.add(leg);
    try {
      leg.receivedFrom = request.source_address;
      const answer = await this.#take(leg, request.body);
      if (answer === undefined) reply.send(488, 'The codec of a call cannot change');
      else reply.send(200, { headers: sessionAnswer(request), body: answer });
    } catch (error) {
      this.#log('warn', `an offer could not be answered: ${messageOf(error)}`);
      reply.send(503, messageOf(error).slice(0, 100));
    } finally {
      this.#busy.delete(leg);
    }
  }

  /** An UPDATE that only refreshes the session, or a re-INVITE that asks for our offer. */
  #onNoOffer(leg: Leg, request: SipRequest, reply: SipReply): void {
    const headers = sessionAnswer(request);
    reply.send(200, { headers, ...(request.method === 'INVITE' && { body: leg.localSdp }) });
  }

  /** The answer to an offer of ours. */
  async #onAck(leg: Leg, body: string): Promise<void> {
    if (!body || this.#busy.has(leg) || leg.isOffering || leg.hasLeft) return;
    try {
      await this.#take(leg, body);
    } catch (error) {
      this.#log('warn', `an answer was not understood: ${messageOf(error)}`);
    }
  }

  /** @returns what the leg is answered; undefined when it has left the codec that is in use. */
  async #take(leg: Leg, sdp: string): Promise<string | undefined> {
    const wasHold = isHold(leg.remoteSdp);
    const agreed = await this.#agree(leg, sdp);
    if (agreed === undefined) return undefined;
    leg.remoteSdp = sdp;
    leg.localSdp = leg.isHeld
      ? asNextVersion(withDirection(agreed, 'inactive'), leg.localSdp)
      : agreed;
    if (isHold(sdp) !== wasHold) {
      this.#log('info', `the ${leg.kind} ${wasHold ? 'took the call off hold' : 'put it on hold'}`);
      this.#options.changed();
    }
    return leg.localSdp;
  }

  /** The engine's agreement between what one side says now and what the other said last. */
  async #agree(
    leg: Leg,
    sdp: string,
    receivedFrom = leg.receivedFrom,
  ): Promise<string | undefined> {
    const { media, mediaLeg } = this.#options;
    const other = this.#legs.find((each) => each !== leg);
    if (!other) return undefined;
    const codec = codecOf(leg.localSdp);
    const offer = codec === undefined ? undefined : lockEncoding(sdp, codec);
    if (codec === undefined || offer === undefined) return undefined;
    const ids = { ...mediaLeg, fromTag: leg.mediaTag, toTag: other.mediaTag };
    await media.offer({ ...ids, receivedFrom }, offer, other.kind);
    const last = lockEncoding(other.remoteSdp, codec) ?? other.remoteSdp;
    const answer = await media.answer(
      { ...ids, receivedFrom: other.receivedFrom },
      standingAnswer(last, offer),
      leg.kind,
    );
    return asNextVersion(answer, leg.localSdp);
  }

  #log(level: Parameters<Log>[0], message: string): void {
    this.#options.log(level, message, { callId: this.#options.callId });
  }
}
