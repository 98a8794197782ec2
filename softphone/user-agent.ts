/**
 * The SIP side all calls of a softphone share: one transport, the transaction layer, who we are and
 * how a request gets its answer, with one try at a digest challenge. The header set is MicroSIP's.
 */
import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import { BridgeError, messageOf } from '../common/errors.ts';
import { silent, type Log } from '../common/log.ts';
import type { ClientTransaction } from '../signaling/sip/client-transaction.ts';
import type { SipRequest, SipResponse } from '../signaling/sip/message.ts';
import type { ServerTransaction } from '../signaling/sip/server-transaction.ts';
import { isWildcard, localAddressTowards } from '../signaling/sip/local-address.ts';
import { repeat, type TimerValues } from '../signaling/sip/timers.ts';
import { addVia, TransactionLayer } from '../signaling/sip/transaction-layer.ts';
import type { Flow, Transport } from '../signaling/sip/transport.ts';
import { openTransport } from '../signaling/sip/transports.ts';
import type { Trace } from '../signaling/sip/trace.ts';
import { hostPort, parseUri } from '../signaling/sip/uri.ts';
import { authorized, challengeIn } from './authorization.ts';

export const ALLOW =
  'PRACK, INVITE, ACK, BYE, CANCEL, UPDATE, INFO, SUBSCRIBE, NOTIFY, REFER, MESSAGE, OPTIONS';
export const SUPPORTED = 'replaces, 100rel, timer, norefersub';

export interface UserAgentOptions {
  readonly server: { readonly host: string; readonly port: number };
  readonly transport: 'udp' | 'tcp';
  readonly user: string;
  readonly password?: string | undefined;
  readonly localHost: string;
  readonly userAgent: string;
  readonly timers?: Partial<TimerValues> | undefined;
  readonly trace?: Trace | undefined;
  readonly log?: Log | undefined;
  readonly onRequest: (transaction: ServerTransaction) => void;
}

export interface RequestHooks {
  /** The number of a request that is repeated with credentials. */
  readonly nextCSeq: () => number;
  /** Each transaction: the second one has the credentials. */
  readonly onTransaction?: (transaction: ClientTransaction) => void;
  readonly onProvisional?: (response: SipResponse) => void;
  /** A 2xx to INVITE that came again, from this callee or another. */
  readonly onRepeated?: (response: SipResponse) => void;
  /** False when a challenge shall not be answered any more. */
  readonly mayRetry?: () => boolean;
}

export class UserAgent {
  readonly log: Log;
  /** The AOR as From and To carry it: without a port (RFC 3261 section 20.20). */
  readonly identity: string;
  readonly serverName: string;
  /** While registered, the Contact says so (`ob`, RFC 5626). */
  registered = false;
  readonly #options: UserAgentOptions;
  readonly #transport: Transport;
  readonly #layer: TransactionLayer;
  readonly #serverAddress: string;
  /** Answers to INVITE that wait for their ACK, by Call-ID and CSeq. */
  readonly #unacknowledged = new Map<string, (ack?: SipRequest) => void>();
  /** Requests that wait for their answer: closing ends the waiting. */
  readonly #pending = new Set<() => void>();
  #closed: Promise<void> | undefined;

  static async open(options: UserAgentOptions): Promise<UserAgent> {
    const { host } = options.server;
    let address = host;
    if (!isIPv4(host)) {
      try {
        ({ address } = await lookup(host, { family: 4 }));
      } catch (error) {
        throw new BridgeError(
          'SIP_TIMEOUT',
          `The server name ${host} has no IPv4 address: ${messageOf(error)}.`,
          { cause: error },
        );
      }
    }
    // The layer delivers to the agent and the transport to the layer; all three know each other.
    const late: { agent?: UserAgent } = {};
    const layer = new TransactionLayer({
      ...(options.timers && { timers: options.timers }),
      ...(options.trace && { trace: options.trace }),
      ...(options.log && { log: options.log }),
      onRequest: (transaction) => options.onRequest(transaction),
      onAck: (ack) => late.agent?.acknowledged(ack),
    });
    const transport = await openTransport(
      { protocol: options.transport, host: options.localHost, port: 0 },
      layer,
    );
    return (late.agent = new UserAgent(options, transport, layer, address));
  }

  private constructor(
    options: UserAgentOptions,
    transport: Transport,
    layer: TransactionLayer,
    serverAddress: string,
  ) {
    this.#options = options;
    this.#transport = transport;
    this.#layer = layer;
    this.#serverAddress = serverAddress;
    this.log = options.log ?? silent;
    const { host, port } = options.server;
    this.serverName = port === 5060 ? host : hostPort(host, port);
    this.identity = `<sip:${options.user}@${host}>`;
  }

  get user(): string {
    return this.#options.user;
  }

  get transport(): 'udp' | 'tcp' {
    return this.#options.transport;
  }

  get userAgent(): string {
    return this.#options.userAgent;
  }

  /** Our address as the server must see it. */
  get localAddress(): string {
    const { host } = this.#transport;
    return isWildcard(host) ? localAddressTowards(this.#serverAddress) : host;
  }

  contact(outbound = this.registered): string {
    const transport = this.#options.transport === 'tcp' ? ';transport=TCP' : '';
    const ob = outbound ? ';ob' : '';
    return `<sip:${this.#options.user}@${hostPort(this.localAddress, this.#transport.port)}${transport}${ob}>`;
  }

  #serverFlow(): Flow {
    return this.#flow({ address: this.#serverAddress, port: this.#options.server.port });
  }

  /** Sends a request without Via to the next hop and resolves with the final response. */
  async request(first: SipRequest, nextHop: string, hooks: RequestHooks): Promise<SipResponse> {
    let request = first;
    for (let attempt = 0; ; attempt += 1) {
      const response = await this.#once(request, nextHop, hooks);
      const { status } = response;
      const { password, user } = this.#options;
      const challenge = challengeIn(response);
      // Once, and a second time only when the server says that just its nonce was too old.
      const worthIt = attempt === 0 || (attempt === 1 && challenge?.stale === true);
      if (!challenge || password === undefined || !worthIt) return response;
      if (hooks.mayRetry?.() === false) return response;
      const credentials = { username: user, password };
      request = authorized(request, { status, challenge }, credentials, hooks.nextCSeq());
    }
  }

  /** Sends what is part of no transaction (the ACK of a 2xx). */
  send(request: SipRequest, nextHop: string): void {
    const flow = this.#flowTo(nextHop);
    addVia(request, flow);
    this.#layer.send(request, flow);
  }

  /** Sends what shares its Via with another request (CANCEL). */
  sendOn(transaction: ClientTransaction, request: SipRequest): void {
    this.#layer.request(request, transaction.flow, {
      response: () => undefined,
      timeout: () => undefined,
      failed: () => undefined,
    });
  }

  sendRaw(data: Buffer): void {
    this.#serverFlow().send(data);
  }

  /** A 2xx to INVITE, repeated until its ACK comes (RFC 3261 section 13.3.1.4); the ACK, if any. */
  answerInvite(
    transaction: ServerTransaction,
    response: SipResponse,
  ): Promise<SipRequest | undefined> {
    const key = inviteKey(transaction.request);
    const { t1, t2 } = this.#layer.timers;
    transaction.respond(response);
    return new Promise((resolve) => {
      const finish = (ack?: SipRequest): void => {
        stopRepeating();
        stopWaiting();
        this.#unacknowledged.delete(key);
        resolve(ack);
      };
      const stopRepeating = repeat(this.#layer.after, t1, t2, () => transaction.respond(response));
      const stopWaiting = this.#layer.after(64 * t1, finish);
      this.#unacknowledged.set(key, finish);
    });
  }

  /** 64 × T1: how long an endpoint waits before it gives up on the other. */
  get patienceMs(): number {
    return 64 * this.#layer.timers.t1;
  }

  acknowledged(ack: SipRequest): void {
    this.#unacknowledged.get(inviteKey(ack))?.(ack);
  }

  inviteOf(cancel: SipRequest): ServerTransaction | undefined {
    return this.#layer.inviteOf(cancel);
  }

  /** Ends everything at once; requests still waiting for an answer fail. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    for (const abandon of [...this.#pending]) abandon();
    for (const stop of [...this.#unacknowledged.values()]) stop();
    this.#layer.close();
    await this.#transport.close();
  }

  #once(request: SipRequest, nextHop: string, hooks: RequestHooks): Promise<SipResponse> {
    const flow = this.#flowTo(nextHop);
    addVia(request, flow);
    const place = hostPort(flow.remote.address, flow.remote.port);
    const over = flow.protocol.toUpperCase();
    return new Promise((resolve, reject) => {
      let answered = false;
      const settle = (): void => {
        answered = true;
        this.#pending.delete(abandon);
      };
      const fail = (why: string, cause?: Error): void => {
        settle();
        reject(new BridgeError('SIP_TIMEOUT', why, { cause }));
      };
      const abandon = (): void => fail('The softphone was closed.');
      this.#pending.add(abandon);
      const transaction = this.#layer.request(request, flow, {
        response: (response) => {
          if (response.status < 200) hooks.onProvisional?.(response);
          else if (answered) hooks.onRepeated?.(response);
          else {
            settle();
            resolve(response);
          }
        },
        timeout: () =>
          fail(`No answer from ${place} over ${over} to ${request.method}: is the bridge running?`),
        failed: (error) =>
          fail(
            `${place} cannot be reached over ${over} (${error.message}): is the bridge running?`,
            error,
          ),
      });
      hooks.onTransaction?.(transaction);
    });
  }

  /** The next hop's address; names other than the server's own go to the server. */
  #flowTo(nextHop: string): Flow {
    const uri = parseUri(nextHop);
    if (!uri || !isIPv4(uri.host)) return this.#serverFlow();
    return this.#flow({ address: uri.host, port: uri.port ?? 5060 });
  }

  #flow(remote: { address: string; port: number }): Flow {
    const flow = this.#closed === undefined ? this.#transport.flowTo(remote) : undefined;
    if (!flow) throw new BridgeError('CALL_FAILED', 'The softphone has been closed.');
    return flow;
  }
}

function inviteKey(request: SipRequest): string {
  return `${request.callId} ${request.cseq?.number ?? ''}`;
}
