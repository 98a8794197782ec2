/**
 * One call: a back-to-back user agent between the phone's leg (we are UAS) and the page's leg (we
 * are UAC), with the media engine between them. Two dialogs, one id: the phone leg's Call-ID.
 *
 * Whatever happens in whatever order (CANCEL while the engine works, BYE while the page answers,
 * an engine that fails), the call ends once, both legs are told, and the engine session is deleted.
 */
import { HEADER_CALL_ID, HEADER_DIALLED, type CallStatus } from '../common/api.ts';
import { BridgeError, messageOf, type ErrorCode } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import type { Binding } from './bindings.ts';
import type { CallMedia } from './media.ts';
import { answerDirection, directionOf, lockCodec } from './sdp.ts';
import type { InviteRefusal, SipDialog, SipReply, SipRequest, SrfPort } from './srf.ts';

export interface CallDependencies {
  readonly srf: SrfPort;
  readonly media: CallMedia;
  readonly log: Log;
  /** A page that does not even say 180 within this time is frozen or gone; the caller is told. */
  readonly pageReactionMs: number;
  /** The state changed; after `ended` the call is never heard of again. */
  readonly changed: (call: Call) => void;
}

export class Call {
  readonly callId: string;
  readonly page: Binding;
  readonly #deps: CallDependencies;
  readonly #request: SipRequest;
  readonly #reply: SipReply;
  readonly #leg: { readonly callId: string; readonly fromTag: string };
  readonly #startedAt = new Date();
  #answeredAt: Date | undefined;
  #state: CallStatus['state'] = 'ringing';
  #phoneDialog: SipDialog | undefined;
  #pageDialog: SipDialog | undefined;
  #pageRequest: SipRequest | undefined;
  #reaction: NodeJS.Timeout | undefined;
  #released: Promise<void> | undefined;

  constructor(deps: CallDependencies, request: SipRequest, reply: SipReply, page: Binding) {
    this.#deps = deps;
    this.#request = request;
    this.#reply = reply;
    this.page = page;
    this.callId = request.get('Call-ID') ?? '';
    this.#leg = {
      callId: this.callId,
      fromTag: request.getParsedHeader('from').params['tag'] ?? '',
    };
  }

  get status(): CallStatus {
    return {
      callId: this.callId,
      caller: this.#request.callingNumber ?? 'anonymous',
      dialled: this.#request.calledNumber ?? '',
      state: this.#state,
      startedAt: this.#startedAt.toISOString(),
      ...(this.#answeredAt && { answeredAt: this.#answeredAt.toISOString() }),
    };
  }

  async start(): Promise<void> {
    this.#request.on('cancel', () => this.#end('the phone gave up'));
    const { caller, dialled } = this.status;
    this.#log('info', `call from ${caller} to ${dialled}`);
    const offer = lockCodec(this.#request.body);
    if (offer === undefined) {
      this.#refuse(488, 'No PCMU or PCMA in the offer', 'NO_CODEC');
      return;
    }
    try {
      const pageOffer = await this.#deps.media.offer(this.#leg, offer);
      if (this.#hasEnded()) return;
      this.#invite(pageOffer);
    } catch (error) {
      this.#mediaFailed(error);
    }
  }

  /** Ends the call from our side; resolves when the engine has let go of it. */
  async hangUp(why: string): Promise<void> {
    if (!this.#hasEnded() && !this.#phoneDialog) this.#reply.send(480, why);
    this.#end(why);
    await this.#released;
  }

  #invite(offer: string): void {
    const { caller, dialled } = this.status;
    const { callingName } = this.#request;
    this.#reaction = setTimeout(() => {
      this.#refuse(480, 'The page does not react. Reload it', 'CALL_FAILED');
    }, this.#deps.pageReactionMs);
    this.#deps.srf.invite(
      this.page.contact,
      {
        localSdp: offer,
        callingNumber: caller,
        ...(callingName && { callingName }),
        headers: { [HEADER_CALL_ID]: this.callId, [HEADER_DIALLED]: dialled },
      },
      {
        cbRequest: (_error, request) => {
          this.#pageRequest = request;
          if (this.#hasEnded()) this.#cancelPage();
        },
        cbProvisional: ({ status }) => {
          clearTimeout(this.#reaction);
          if (!this.#hasEnded() && status === 180) this.#reply.send(180);
        },
      },
      (dialog) => void this.#pageAnswered(dialog),
      (refusal) => this.#pageRefused(refusal),
    );
  }

  async #pageAnswered(dialog: SipDialog): Promise<void> {
    clearTimeout(this.#reaction);
    this.#pageRequest = undefined;
    this.#pageDialog = dialog;
    dialog.on('destroy', (bye, reason) => {
      this.#pageDialog = undefined;
      this.#end(reason ?? bye.get('Reason') ?? 'the page hung up');
    });
    if (this.#hasEnded()) {
      this.#byePage();
      return;
    }
    try {
      const leg = { ...this.#leg, toTag: dialog.sip.remoteTag };
      const answer = await this.#deps.media.answer(leg, dialog.remote.sdp);
      if (this.#hasEnded()) return;
      this.#deps.srf.accept(
        this.#request,
        this.#reply,
        answer,
        (phone) => this.#phoneAnswered(phone),
        ({ reason }) => this.#end(reason),
      );
    } catch (error) {
      this.#mediaFailed(error);
    }
  }

  #phoneAnswered(dialog: SipDialog): void {
    this.#phoneDialog = dialog;
    dialog.on('destroy', (bye, reason) => {
      this.#phoneDialog = undefined;
      this.#end(reason ?? bye.get('Reason') ?? 'the phone hung up');
    });
    dialog.on('modify', (request, reply) => this.#phoneReoffers(dialog, request, reply));
    if (this.#hasEnded()) {
      this.#byePhone();
      return;
    }
    this.#state = 'answered';
    this.#answeredAt = new Date();
    this.#log('info', 'answered', {
      pageCallId: this.#pageDialog?.sip.callId,
      ms: this.#answeredAt.getTime() - this.#startedAt.getTime(),
    });
    this.#deps.changed(this);
  }

  /** Hold and resume: the media path stays as it is, the direction is confirmed. */
  #phoneReoffers(dialog: SipDialog, request: SipRequest, reply: SipReply): void {
    if (!request.body) {
      reply.send(488, 'A re-INVITE needs an offer');
      return;
    }
    dialog.local.sdp = answerDirection(dialog.local.sdp, request.body);
    reply.send(200, { body: dialog.local.sdp });
    this.#log('info', `the phone re-offered ${directionOf(request.body)}`);
  }

  #pageRefused({ status, reason }: InviteRefusal): void {
    // A refusal that answers our own CANCEL, or comes after the caller was told.
    if (this.#hasEnded()) return;
    // 3xx would send the phone to an `.invalid` address, and 401/407 ask it for a password.
    const passed = status >= 400 && status !== 401 && status !== 407 ? status : 480;
    this.#refuse(passed, reason, 'CALL_FAILED');
  }

  #mediaFailed(error: unknown): void {
    if (this.#hasEnded()) return;
    const code = error instanceof BridgeError ? error.code : 'RTPENGINE_REFUSED';
    this.#refuse(503, messageOf(error), code);
  }

  #refuse(status: number, reason: string, code: ErrorCode): void {
    if (this.#hasEnded()) return;
    this.#log('warn', `refused with ${status} ${reason}`, { code });
    this.#reply.send(status, phraseOf(reason));
    this.#end(reason);
  }

  #end(why: string): void {
    if (this.#hasEnded()) return;
    this.#state = 'ended';
    clearTimeout(this.#reaction);
    this.#log('info', `ended: ${why}`);
    this.#byePhone();
    this.#byePage();
    this.#cancelPage();
    this.#released = this.#deps.media.release(this.#leg);
    this.#deps.changed(this);
  }

  #hasEnded(): boolean {
    return this.#state === 'ended';
  }

  #byePhone(): void {
    this.#phoneDialog?.destroy({}, () => undefined);
    this.#phoneDialog = undefined;
  }

  #byePage(): void {
    this.#pageDialog?.destroy({}, () => undefined);
    this.#pageDialog = undefined;
  }

  #cancelPage(): void {
    this.#pageRequest?.cancel({}, () => undefined);
    this.#pageRequest = undefined;
  }

  #log(level: Parameters<Log>[0], message: string, fields?: Parameters<Log>[2]): void {
    this.#deps.log(level, message, { callId: this.callId, ...fields });
  }
}

/** A reason phrase is one line of text (RFC 3261 §25.1), and phones show it on a narrow display. */
function phraseOf(reason: string): string {
  return reason.replace(/[\r\n]+/g, ' ').slice(0, 120);
}
