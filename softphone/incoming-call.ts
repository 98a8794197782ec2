/**
 * A call that comes in: 100 at once, then whatever its taker decides: 180, 200 or a refusal
 * (RFC 3261 section 13.3, https://www.rfc-editor.org/rfc/rfc3261#section-13.3).
 */
import { BridgeError } from '../common/errors.ts';
import { responseTo } from '../signaling/sip/build.ts';
import { newTag } from '../signaling/sip/ids.ts';
import type { SipResponse } from '../signaling/sip/message.ts';
import type { ServerTransaction } from '../signaling/sip/server-transaction.ts';
import { Call, sayBye } from './call.ts';
import { CallMedia, type CallMediaOptions } from './call-media.ts';
import { Dialog } from './dialog.ts';
import { addAnswerHeaders, setSdp } from './renegotiation.ts';
import { ALLOW, type UserAgent } from './user-agent.ts';

export class IncomingCall extends Call {
  /** The caller's URI. */
  readonly from: string;
  readonly transaction: ServerTransaction;
  readonly #contact: string;
  readonly #mediaDefaults: CallMediaOptions;

  constructor(agent: UserAgent, transaction: ServerTransaction, mediaDefaults: CallMediaOptions) {
    super(agent, transaction.request.callId, newTag());
    this.from = transaction.request.from?.uri ?? '';
    this.transaction = transaction;
    this.#contact = agent.contact();
    this.#mediaDefaults = mediaDefaults;
    transaction.respond(responseTo(transaction.request, 100));
  }

  ring(): void {
    if (!this.transaction.open) return;
    const ringing = this.#response(180);
    ringing.headers.add('Contact', this.#contact).add('Allow', ALLOW);
    this.transaction.respond(ringing);
    this.markRinging();
  }

  /** Resolves when the caller has acknowledged. */
  async answer(options: Partial<CallMediaOptions> = {}): Promise<void> {
    const { request } = this.transaction;
    const media = await CallMedia.open({ ...this.#mediaDefaults, ...options });
    this.media = media;
    const offered = request.body.length > 0;
    const sdp = offered ? media.answer(request.body.toString()) : media.offer();
    if (!this.transaction.open || sdp === undefined) {
      await media.rtp.close();
      if (sdp === undefined) this.reject(488);
      throw new BridgeError(
        'CALL_FAILED',
        'The call cannot be answered: it is over or has no codec of ours.',
      );
    }
    const response = this.#response(200);
    addAnswerHeaders(response, this.#contact);
    setSdp(response, sdp);
    const dialog = Dialog.ofCallee(request, this.localTag, this.#contact);
    const acknowledged = this.agent.answerInvite(this.transaction, response);
    if (offered) this.establish(dialog, media, response);
    const ack = await acknowledged;
    if (this.state === 'ended') return;
    if (!ack) {
      await this.end({ cause: 'timeout', by: 'remote' }, sayBye(this.agent, dialog));
      throw new BridgeError('SIP_TIMEOUT', 'The caller never acknowledged the answer.');
    }
    if (!offered) {
      media.accept(ack.body.toString());
      this.establish(dialog, media, response);
    }
  }

  reject(status = 486, reason?: string): void {
    if (!this.transaction.open) return;
    this.transaction.respond(this.#response(status, reason));
    void this.end({
      cause: 'refused',
      by: 'local',
      status,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  /** The caller's CANCEL. */
  cancelled(): void {
    if (!this.transaction.open) return;
    this.transaction.respond(this.#response(487));
    void this.end({ cause: 'cancelled', by: 'remote' });
  }

  protected override abandon(): void {
    this.reject();
  }

  #response(status: number, reason?: string): SipResponse {
    return responseTo(this.transaction.request, status, {
      toTag: this.localTag,
      ...(reason === undefined ? {} : { reason }),
    });
  }
}
