/**
 * New offers in the middle of a call, ours and theirs: re-INVITE and UPDATE
 * (RFC 3261 section 14, RFC 3311, https://www.rfc-editor.org/rfc/rfc3261#section-14). Two at once
 * are refused with 491.
 */
import { BridgeError, messageOf } from '../common/errors.ts';
import { responseTo } from '../signaling/sip/build.ts';
import type { SipRequest, SipResponse } from '../signaling/sip/message.ts';
import type { ServerTransaction } from '../signaling/sip/server-transaction.ts';
import type { CallMedia } from './call-media.ts';
import type { Dialog } from './dialog.ts';
import { ALLOW, SUPPORTED, type UserAgent } from './user-agent.ts';

export class Renegotiation {
  readonly #agent: UserAgent;
  readonly #dialog: Dialog;
  readonly #media: CallMedia;
  #busy = false;

  constructor(agent: UserAgent, dialog: Dialog, media: CallMedia) {
    this.#agent = agent;
    this.#dialog = dialog;
    this.#media = media;
  }

  /** Tells the far end by re-INVITE; when it refuses, everything stays as it was. */
  async setHeld(held: boolean): Promise<void> {
    const before = this.#media.held;
    this.#media.held = held;
    try {
      const { status, reason } = await this.reinvite();
      if (status < 300) return;
      const what = held ? 'be put on hold' : 'be taken off hold';
      throw new BridgeError('CALL_FAILED', `The far end refused to ${what}: ${status} ${reason}.`);
    } catch (error) {
      this.#media.held = before;
      throw error;
    }
  }

  /** Offers anew what we have; also a sign of life for session timers. */
  async reinvite(): Promise<SipResponse> {
    const agent = this.#agent;
    const dialog = this.#dialog;
    const invite = dialog.request('INVITE', { withContact: true });
    invite.headers.add('Allow', ALLOW);
    addSessionHeaders(invite);
    invite.headers.add('User-Agent', agent.userAgent);
    setSdp(invite, this.#media.offer());
    let sent = invite;
    const acknowledge = (): void => {
      const cseq = sent.cseq?.number ?? 0;
      agent.send(dialog.request('ACK', { cseq }), dialog.nextHop);
    };
    this.#busy = true;
    try {
      const response = await agent.request(invite, dialog.nextHop, {
        nextCSeq: () => dialog.nextCSeq(),
        onTransaction: ({ request }) => (sent = request),
        onRepeated: acknowledge,
      });
      if (response.status >= 300) return response;
      dialog.refreshTarget(response);
      acknowledge();
      this.#media.accept(response.body.toString());
      return response;
    } finally {
      this.#busy = false;
    }
  }

  /** An UPDATE without an offer: only a sign of life. */
  async update(): Promise<SipResponse> {
    const dialog = this.#dialog;
    const update = dialog.request('UPDATE', { withContact: true });
    addSessionHeaders(update);
    const response = await this.#agent.request(update, dialog.nextHop, {
      nextCSeq: () => dialog.nextCSeq(),
    });
    if (response.status < 300) dialog.refreshTarget(response);
    return response;
  }

  /** Theirs: a new offer, a request for ours, or only a sign of life. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (this.#busy) {
      transaction.respond(responseTo(request, 491));
      return;
    }
    const invite = request.method === 'INVITE';
    const offered = request.body.length > 0;
    let sdp: string | undefined;
    if (offered) sdp = this.#media.answer(request.body.toString());
    else if (invite) sdp = this.#media.offer();
    if (offered && sdp === undefined) {
      transaction.respond(responseTo(request, 488));
      return;
    }
    this.#dialog.refreshTarget(request);
    const response = responseTo(request, 200);
    addAnswerHeaders(response, this.#dialog.contact);
    const interval = request.headers.get('session-expires');
    if (interval !== undefined) {
      // Who asks refreshes (RFC 4028 section 9), unless the request says otherwise.
      const refresher = interval.includes('refresher=') ? '' : ';refresher=uac';
      response.headers.add('Require', 'timer').add('Session-Expires', interval + refresher);
    }
    if (sdp !== undefined) setSdp(response, sdp);
    if (invite) void this.#answerInvite(transaction, response, offered);
    else transaction.respond(response);
  }

  async #answerInvite(
    transaction: ServerTransaction,
    response: SipResponse,
    offered: boolean,
  ): Promise<void> {
    const ack = await this.#agent.answerInvite(transaction, response);
    if (offered || !ack) return;
    try {
      this.#media.accept(ack.body.toString());
    } catch (error) {
      const { callId } = this.#dialog;
      this.#agent.log('warn', messageOf(error), { callId, code: 'NO_CODEC' });
    }
  }
}

/** As MicroSIP asks for session timers in INVITE and UPDATE. */
export function addSessionHeaders(request: SipRequest): void {
  request.headers.add('Supported', SUPPORTED).add('Session-Expires', '1800').add('Min-SE', '90');
}

export function addAnswerHeaders(response: SipResponse, contact: string): void {
  response.headers.add('Allow', ALLOW).add('Contact', contact).add('Supported', SUPPORTED);
}

export function setSdp(message: SipRequest | SipResponse, sdp: string): void {
  message.headers.add('Content-Type', 'application/sdp');
  message.body = Buffer.from(sdp);
}
