/**
 * Keeps one address of record bound to this softphone: REGISTER, its refresh five seconds before the
 * granted time ends, CRLF keep-alives meanwhile (RFC 5626 section 3.5.1) and the farewell with
 * Expires 0 (RFC 3261 section 10, https://www.rfc-editor.org/rfc/rfc3261#section-10).
 */
import { randomUUID } from 'node:crypto';
import { BridgeError, messageOf } from '../common/errors.ts';
import { Headers } from '../signaling/sip/headers.ts';
import { newCallId, newCSeq, newTag } from '../signaling/sip/ids.ts';
import { SipRequest, type SipResponse } from '../signaling/sip/message.ts';
import { parseNameAddr } from '../signaling/sip/name-addr.ts';
import { ALLOW, type UserAgent } from './user-agent.ts';

const REFRESH_BEFORE_SECONDS = 5;
const RETRY_SECONDS = 30;
const KEEP_ALIVE_MS = { udp: 15_000, tcp: 90_000 } as const;

export class Registration {
  readonly #agent: UserAgent;
  readonly #callId = newCallId();
  readonly #tag = newTag();
  readonly #instance = randomUUID();
  #cseq = newCSeq() % 32_768;
  #expires = 300;
  #refresh: NodeJS.Timeout | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #wanted = false;

  constructor(agent: UserAgent) {
    this.#agent = agent;
  }

  /** Resolves with the granted seconds. */
  async register(expires: number): Promise<number> {
    this.#expires = expires;
    this.#wanted = true;
    const granted = await this.#bind();
    this.#agent.registered = true;
    this.#keepAlive ??= setInterval(() => this.#ping(), KEEP_ALIVE_MS[this.#agent.transport]);
    return granted;
  }

  async unregister(): Promise<void> {
    if (!this.#agent.registered) return;
    this.stop();
    const response = await this.#send(0);
    if (response.status >= 300) throw this.#refused(response);
  }

  /** Without a word to the server: the binding runs out by itself. */
  stop(): void {
    clearTimeout(this.#refresh);
    clearInterval(this.#keepAlive);
    this.#keepAlive = undefined;
    this.#wanted = false;
    this.#agent.registered = false;
  }

  async #bind(): Promise<number> {
    let response = await this.#send(this.#expires);
    const minimum = Number(response.headers.get('min-expires'));
    if (response.status === 423 && minimum > this.#expires) {
      this.#expires = minimum;
      response = await this.#send(minimum);
    }
    if (response.status >= 300) throw this.#refused(response);
    const granted = this.#granted(response);
    this.#refreshIn(Math.max(1, granted - REFRESH_BEFORE_SECONDS));
    return granted;
  }

  #refreshIn(seconds: number): void {
    clearTimeout(this.#refresh);
    if (!this.#wanted) return;
    this.#refresh = setTimeout(() => {
      this.#bind().catch((error: unknown) => {
        if (!this.#wanted) return;
        this.#agent.log('warn', `The registration was not refreshed: ${messageOf(error)}`, {
          code: error instanceof BridgeError ? error.code : 'REGISTER_REFUSED',
        });
        this.#refreshIn(RETRY_SECONDS);
      });
    }, seconds * 1000);
  }

  #send(expires: number): Promise<SipResponse> {
    const agent = this.#agent;
    const uri = `sip:${agent.serverName}`;
    const stream = agent.transport === 'tcp';
    // Outbound is for connections (RFC 5626): over UDP PJSIP leaves it out.
    const outbound = stream ? `;reg-id=1;+sip.instance="<urn:uuid:${this.#instance}>"` : '';
    const headers = new Headers()
      .add('Max-Forwards', '70')
      .add('From', `${agent.identity};tag=${this.#tag}`)
      .add('To', agent.identity)
      .add('Call-ID', this.#callId)
      .add('CSeq', `${this.#nextCSeq()} REGISTER`);
    if (stream) headers.add('Supported', 'outbound, path');
    headers
      .add('User-Agent', agent.userAgent)
      .add('Contact', `${agent.contact(true)}${outbound}`)
      .add('Expires', String(expires));
    if (expires > 0) headers.add('Allow', ALLOW);
    return agent.request(new SipRequest('REGISTER', uri, headers), uri, {
      nextCSeq: () => this.#nextCSeq(),
    });
  }

  #nextCSeq(): number {
    this.#cseq += 1;
    return this.#cseq;
  }

  /** The time of our own contact, else of the whole answer, else what was asked for. */
  #granted(response: SipResponse): number {
    const ours = parseNameAddr(this.#agent.contact(true))?.uri;
    for (const value of response.headers.list('contact')) {
      const contact = parseNameAddr(value);
      const expires = Number(contact?.params.get('expires') ?? NaN);
      if (contact?.uri === ours && expires > 0) return expires;
    }
    const expires = Number(response.headers.get('expires') ?? NaN);
    return expires > 0 ? expires : this.#expires;
  }

  #ping(): void {
    this.#agent.sendRaw(Buffer.from(this.#agent.transport === 'udp' ? '\r\n' : '\r\n\r\n'));
  }

  #refused({ status, reason }: SipResponse): BridgeError {
    const cure =
      status === 401 || status === 403 || status === 407
        ? 'Check the user name and the password.'
        : 'The log of the server says why.';
    return new BridgeError(
      'REGISTER_REFUSED',
      `${this.#agent.serverName} refused to register ${this.#agent.user}: ${status} ${reason}. ${cure}`,
    );
  }
}
