/**
 * A caller that has not been answered yet: the INVITE a phone or a page sent us, and everything it
 * may be told until it is answered or refused. It is told one final answer only, whatever happens.
 */
import { HEADER_CALL_ID } from '../common/api.ts';
import { phraseOf } from './call-phrases.ts';
import { Leg, type LegParty } from './leg.ts';
import { lists, sessionAnswer } from './session.ts';
import type { SipReply, SipRequest, SrfPort } from './srf.ts';

export class IncomingInvite {
  readonly party: LegParty;
  readonly request: SipRequest;
  readonly #reply: SipReply;
  readonly #srf: SrfPort;
  #cancelled = false;
  #hasRung = false;

  constructor(srf: SrfPort, request: SipRequest, reply: SipReply, party: LegParty) {
    this.#srf = srf;
    this.request = request;
    this.#reply = reply;
    this.party = party;
  }

  /** The Call-ID of this leg. */
  get callId(): string {
    return this.request.get('Call-ID') ?? '';
  }

  get tag(): string {
    return this.request.getParsedHeader('from').params['tag'] ?? '';
  }

  onCancel(gaveUp: () => void): void {
    this.request.on('cancel', () => {
      this.#cancelled = true;
      gaveUp();
    });
  }

  /**
   * It rings; a page learns from it what the call is called. Always 180: early media (183 with SDP) is
   * not passed on, and of a 183 without any the caller would hear nothing at all.
   */
  ring(callId: string): void {
    if (this.#isSettled()) return;
    const headers = { [HEADER_CALL_ID]: callId };
    if (!lists(this.request, 'Require', '100rel')) {
      this.#reply.send(180, { headers });
      return;
    }
    // RFC 3262 §3: reliably, and no second one before the PRACK of the first; one says it all.
    if (this.#hasRung) return;
    this.#hasRung = true;
    this.#reply.send(
      180,
      { headers: { ...headers, Require: '100rel' } },
      () => undefined,
      ({ res }) => res.send(200),
    );
  }

  refuse(status: number, reason: string): void {
    if (!this.#isSettled()) this.#reply.send(status, phraseOf(reason));
  }

  /** `answered` runs in the tick the dialog is made in; `failed` has no reason where the caller gave up. */
  accept(
    sdp: string,
    callId: string,
    answered: (leg: Leg) => void,
    failed: (reason: string | undefined) => void,
  ): void {
    if (this.#isSettled()) return;
    const answer = {
      localSdp: sdp,
      headers: { [HEADER_CALL_ID]: callId, ...sessionAnswer(this.request) },
    };
    this.#srf.accept(
      this.request,
      this.#reply,
      answer,
      (dialog) => answered(new Leg(this.party, dialog, { remote: this.request.body, local: sdp })),
      failed,
    );
  }

  /** The server answers a cancelled INVITE by itself. */
  #isSettled(): boolean {
    return this.#cancelled || this.#reply.finalResponseSent;
  }
}
