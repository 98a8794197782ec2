/**
 * A call made from here: INVITE with MicroSIP's headers, its provisional answers (PRACK where the
 * server requires it, RFC 3262), CANCEL and the one 2xx that is taken
 * (RFC 3261 section 13.2, https://www.rfc-editor.org/rfc/rfc3261#section-13.2).
 */
import { BridgeError, messageOf } from '../common/errors.ts';
import { cancelOf } from '../signaling/sip/build.ts';
import type { ClientTransaction } from '../signaling/sip/client-transaction.ts';
import { Headers } from '../signaling/sip/headers.ts';
import { newCallId, newCSeq, newTag } from '../signaling/sip/ids.ts';
import { SipRequest, type SipResponse } from '../signaling/sip/message.ts';
import { parseUri } from '../signaling/sip/uri.ts';
import { Call, sayBye } from './call.ts';
import { CallMedia, type CallMediaOptions } from './call-media.ts';
import { Dialog } from './dialog.ts';
import { addSessionHeaders, setSdp } from './renegotiation.ts';
import { ALLOW, type UserAgent } from './user-agent.ts';

export interface DialOptions extends CallMediaOptions {
  /** An extension, or a whole sip: URI. */
  readonly to: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export class OutgoingCall extends Call {
  readonly to: string;
  readonly #uri: string;
  readonly #headers: Readonly<Record<string, string>>;
  protected override readonly media: CallMedia;
  #cseq = newCSeq() % 32_768;
  #transaction: ClientTransaction | undefined;
  #early: Dialog | undefined;
  #earlySdp = '';
  #provisional = false;
  #cancelled = false;
  #cancelTimer: NodeJS.Timeout | undefined;

  /** Opens the ports; `start` sends the INVITE. */
  static async open(agent: UserAgent, options: DialOptions): Promise<OutgoingCall> {
    const uri = uriOf(options.to, agent);
    return new OutgoingCall(agent, uri, options, await CallMedia.open(options));
  }

  private constructor(agent: UserAgent, uri: string, options: DialOptions, media: CallMedia) {
    super(agent, newCallId(), newTag());
    this.to = options.to;
    this.#uri = uri;
    this.#headers = options.headers ?? {};
    this.media = media;
  }

  /** Sends the INVITE; the outcome is told by the call's promises. */
  start(): void {
    void this.#invite();
  }

  /** Gives up before the answer: CANCEL, 487, ACK. Resolves with `ended`. */
  async cancel(): Promise<void> {
    if (this.state === 'calling' || this.state === 'ringing') this.abandon();
    await this.ended;
  }

  protected override abandon(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    // Before the first provisional there is nothing to cancel yet (RFC 3261 section 9.1).
    if (this.#provisional) this.#sendCancel();
  }

  async #invite(): Promise<void> {
    const invite = this.#build();
    try {
      const response = await this.agent.request(invite, this.#uri, {
        nextCSeq: () => (this.#cseq += 1),
        mayRetry: () => !this.#cancelled,
        onTransaction: (transaction) => {
          this.#transaction = transaction;
          this.#provisional = false;
        },
        onProvisional: (provisional) => this.#proceed(provisional),
        onRepeated: (repeated) => this.#acknowledgeAgain(repeated),
      });
      if (response.status < 300) this.#accept(response);
      else await this.#refuse(response);
    } catch (error) {
      const cause = this.#cancelled ? 'cancelled' : 'timeout';
      const by = this.#cancelled ? 'local' : 'remote';
      await this.end(
        { cause, by, reason: messageOf(error) },
        undefined,
        error instanceof Error ? error : undefined,
      );
    } finally {
      clearTimeout(this.#cancelTimer);
    }
  }

  #build(): SipRequest {
    const headers = new Headers()
      .add('Max-Forwards', '70')
      .add('From', `${this.agent.identity};tag=${this.localTag}`)
      .add('To', `<${withoutPort(this.#uri)}>`)
      .add('Contact', this.agent.contact())
      .add('Call-ID', this.callId)
      .add('CSeq', `${this.#cseq} INVITE`)
      .add('Allow', ALLOW);
    const invite = new SipRequest('INVITE', this.#uri, headers);
    addSessionHeaders(invite);
    headers.add('User-Agent', this.agent.userAgent);
    for (const [name, value] of Object.entries(this.#headers)) headers.add(name, value);
    setSdp(invite, this.media.offer());
    return invite;
  }

  #proceed(response: SipResponse): void {
    this.#provisional = true;
    if (this.#cancelled) this.#sendCancel();
    if (response.status === 100) {
      this.times.tryingMs ??= performance.now();
      return;
    }
    if (response.status === 180 || response.status === 183) this.markRinging();
    if (response.body.length > 0) this.#earlySdp = response.body.toString();
    if (response.headers.list('require').includes('100rel')) this.#prack(response);
  }

  #prack(response: SipResponse): void {
    const sequence = response.headers.get('rseq');
    const invite = this.#transaction?.request;
    if (sequence === undefined || !invite) return;
    const dialog = this.#dialogOf(invite, response);
    const prack = dialog.request('PRACK');
    prack.headers.add('RAck', `${sequence} ${invite.headers.get('cseq') ?? ''}`);
    this.agent
      .request(prack, dialog.nextHop, { nextCSeq: () => dialog.nextCSeq() })
      .catch((error: unknown) =>
        this.agent.log('debug', messageOf(error), { callId: this.callId }),
      );
  }

  /** The dialog of this To tag: each callee of a forked INVITE has its own. */
  #dialogOf(invite: SipRequest, response: SipResponse): Dialog {
    if (this.#early?.remoteTag !== response.toTag) this.#early = Dialog.ofCaller(invite, response);
    return this.#early;
  }

  #accept(response: SipResponse): void {
    const invite = this.#transaction?.request;
    if (!invite) return;
    const dialog = this.#dialogOf(invite, response);
    dialog.confirm(response);
    this.dialog = dialog;
    this.#acknowledge(dialog, invite);
    if (this.#cancelled) {
      void this.end({ cause: 'cancelled', by: 'local' }, sayBye(this.agent, dialog));
      return;
    }
    try {
      const sdp = response.body.toString();
      this.media.accept(sdp === '' ? this.#earlySdp : sdp);
      this.establish(dialog, this.media, response);
    } catch (error) {
      void this.end(
        { cause: 'failed', by: 'local', reason: messageOf(error) },
        sayBye(this.agent, dialog),
        error instanceof Error ? error : undefined,
      );
    }
  }

  #acknowledge(dialog: Dialog, invite: SipRequest): void {
    const cseq = invite.cseq?.number ?? 0;
    this.agent.send(dialog.request('ACK', { cseq }), dialog.nextHop);
  }

  /** Our ACK was lost, or a second callee of a forked INVITE picked up too. */
  #acknowledgeAgain(response: SipResponse): void {
    const invite = this.#transaction?.request;
    if (!invite) return;
    if (this.dialog?.remoteTag === response.toTag) {
      this.#acknowledge(this.dialog, invite);
      return;
    }
    const other = Dialog.ofCaller(invite, response);
    this.#acknowledge(other, invite);
    sayBye(this.agent, other).catch(() => undefined);
  }

  async #refuse({ status, reason }: SipResponse): Promise<void> {
    if (this.#cancelled) {
      await this.end({ cause: 'cancelled', by: 'local', status, reason });
      return;
    }
    const sentence = `${this.to} did not answer: ${status} ${reason}.`;
    await this.end(
      { cause: 'refused', by: 'remote', status, reason },
      undefined,
      new BridgeError('CALL_FAILED', sentence),
    );
  }

  #sendCancel(): void {
    const transaction = this.#transaction;
    if (!transaction || this.#cancelTimer) return;
    const cancel = cancelOf(transaction.request);
    cancel.headers.add('User-Agent', this.agent.userAgent);
    this.agent.sendOn(transaction, cancel);
    // A server that forgets the 487 is not waited for forever (RFC 3261 section 9.1).
    this.#cancelTimer = setTimeout(() => {
      transaction.terminate();
      void this.end({ cause: 'cancelled', by: 'local' });
    }, this.agent.patienceMs);
  }
}

function uriOf(to: string, agent: UserAgent): string {
  const uri = to.includes(':') ? to : `sip:${to.includes('@') ? to : `${to}@${agent.serverName}`}`;
  if (!parseUri(uri)) {
    throw new BridgeError('BAD_FLAG', `"${to}" is neither an extension nor a sip: URI.`);
  }
  return uri;
}

/** To and From carry no port (RFC 3261 section 19.1.1). */
function withoutPort(uri: string): string {
  const parsed = parseUri(uri);
  return parsed
    ? `${parsed.scheme}:${parsed.user ?? ''}${parsed.user ? '@' : ''}${parsed.host}`
    : uri;
}
