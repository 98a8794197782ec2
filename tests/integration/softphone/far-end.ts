/**
 * The other side of a softphone under test: a scripted SIP server on the project's own transaction
 * layer, on an ephemeral port of the loopback. Keeps every request it got.
 */
import { createHash } from 'node:crypto';
import { responseTo } from '../../../signaling/sip/build.ts';
import type { SipRequest, SipResponse } from '../../../signaling/sip/message.ts';
import type { ServerTransaction } from '../../../signaling/sip/server-transaction.ts';
import { addVia, TransactionLayer } from '../../../signaling/sip/transaction-layer.ts';
import type { Flow, Transport } from '../../../signaling/sip/transport.ts';
import { openTransport } from '../../../signaling/sip/transports.ts';

export const HOST = '127.0.0.1';
export const TO_TAG = 'far-end';

type Script = (transaction: ServerTransaction, farEnd: FarEnd) => void;

export class FarEnd {
  readonly requests: SipRequest[] = [];
  readonly #transport: Transport;
  readonly #layer: TransactionLayer;
  readonly #waiting = new Set<() => void>();

  static async open(script: Script, protocol: 'udp' | 'tcp' = 'udp'): Promise<FarEnd> {
    const late: { farEnd?: FarEnd } = {};
    const layer = new TransactionLayer({
      onRequest: (transaction) => {
        const { farEnd } = late;
        if (!farEnd) return;
        farEnd.#keep(transaction.request);
        script(transaction, farEnd);
      },
      onAck: (ack) => {
        const { farEnd } = late;
        if (farEnd) farEnd.#keep(ack);
      },
    });
    const transport = await openTransport({ protocol, host: HOST, port: 0 }, layer);
    return (late.farEnd = new FarEnd(transport, layer));
  }

  private constructor(transport: Transport, layer: TransactionLayer) {
    this.#transport = transport;
    this.#layer = layer;
  }

  get server(): { host: string; port: number } {
    return { host: HOST, port: this.#transport.port };
  }

  get contact(): string {
    const transport = this.#transport.protocol === 'tcp' ? ';transport=tcp' : '';
    return `<sip:far@${HOST}:${this.#transport.port}${transport}>`;
  }

  /** The n-th request of a method, now or when it comes. */
  async seen(method: string, nth = 1): Promise<SipRequest> {
    for (;;) {
      const found = this.requests.filter((request) => request.method === method)[nth - 1];
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Sends a request and resolves with its final response. */
  request(request: SipRequest, flow: Flow): Promise<SipResponse> {
    addVia(request, flow);
    return new Promise((resolve, reject) => {
      this.#layer.request(request, flow, {
        response: (response) => {
          if (response.status >= 200) resolve(response);
        },
        timeout: () => reject(new Error('timeout')),
        failed: reject,
      });
    });
  }

  flowTo(port: number): Flow {
    const flow = this.#transport.flowTo({ address: HOST, port });
    if (!flow) throw new Error('closed');
    return flow;
  }

  send(request: SipRequest, flow: Flow): void {
    addVia(request, flow);
    this.#layer.send(request, flow);
  }

  async close(): Promise<void> {
    this.#layer.close();
    await this.#transport.close();
  }

  #keep(request: SipRequest): void {
    this.requests.push(request);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

export function respond(
  transaction: ServerTransaction,
  status: number,
  options: { reason?: string; headers?: Record<string, string>; sdp?: string } = {},
): void {
  const response = responseTo(transaction.request, status, {
    toTag: TO_TAG,
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  });
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    response.headers.add(name, value);
  }
  if (options.sdp !== undefined) {
    response.headers.add('Content-Type', 'application/sdp');
    response.body = Buffer.from(options.sdp);
  }
  transaction.respond(response);
}

/** Whether the request carries right credentials; computed apart from the code under test. */
export function authorizedBy(request: SipRequest, header: string, password: string): boolean {
  const value = request.headers.get(header);
  if (value === undefined) return false;
  const field = (name: string): string =>
    new RegExp(`[ ,]${name}="?([^",]*)"?`).exec(value)?.[1] ?? '';
  const hash = (text: string): string =>
    createHash(field('algorithm') === 'SHA-256' ? 'sha256' : 'md5')
      .update(text)
      .digest('hex');
  const a1 = hash(`${field('username')}:${field('realm')}:${password}`);
  const a2 = hash(`${request.method}:${field('uri')}`);
  const middle = `${field('nonce')}:${field('nc')}:${field('cnonce')}:${field('qop')}`;
  return field('response') === hash(`${a1}:${middle}:${a2}`);
}
