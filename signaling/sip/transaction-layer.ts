/**
 * Matches messages to transactions (branch, sent-by, method; RFC 2543 peers by Call-ID, From tag
 * and CSeq) and is the one door through which SIP goes in and out. Used by servers and user agents.
 * RFC 3261 §17.1.3 and §17.2.3: https://www.rfc-editor.org/rfc/rfc3261#section-17.2.3
 */
import { BridgeError } from '../../common/errors.ts';
import { silent, type Log } from '../../common/log.ts';
import { refusalOf, responseTo } from './build.ts';
import {
  InviteClientTransaction,
  NonInviteClientTransaction,
  type ClientEvents,
  type ClientTransaction,
  type TransactionHost,
} from './client-transaction.ts';
import {
  faultOf,
  parseMessage,
  salvage,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts';
import { Complaints, DEFAULT_LIMITS, SourceRates, type Limits } from './limits.ts';
import {
  InviteServerTransaction,
  NonInviteServerTransaction,
  type ServerTransaction,
} from './server-transaction.ts';
import { after, DEFAULT_TIMERS, type After, type TimerValues } from './timers.ts';
import { endOfFirst } from './tokens.ts';
import type { Trace } from './trace.ts';
import type { Flow, TransportSink } from './transport.ts';
import { formatVia, MAGIC_COOKIE, stampVia, type Via } from './via.ts';
import { hostOf } from './uri.ts';
import { newBranch, newTag } from './ids.ts';

/** When a client that was refused for want of room may ask again. */
const RETRY_AFTER_S = 10;

export interface LayerOptions {
  readonly timers?: Partial<TimerValues>;
  readonly after?: After;
  readonly log?: Log;
  readonly trace?: Trace;
  readonly limits?: Partial<Limits>;
  /** Sources that may send as much as they like: the machine itself when left out. */
  readonly exempt?: (address: string) => boolean;
  /** Whether anything may come from that address; anything may when left out. */
  readonly admits?: (address: string) => boolean;
  readonly now?: () => number;
  /** A new request other than ACK; its top Via carries `received` and `rport`. */
  readonly onRequest: (transaction: ServerTransaction) => void;
  /** An ACK that belongs to a dialog: one for a 2xx. */
  readonly onAck: (ack: SipRequest, flow: Flow) => void;
  /** A response that no transaction waits for. */
  readonly onStray?: (response: SipResponse, flow: Flow) => void;
}

export interface LayerCounters {
  received: number;
  sent: number;
  /** Dropped or answered 400. */
  malformed: number;
  /** Requests that came again and were answered from the transaction. */
  repeated: number;
  /** Responses without a transaction. */
  stray: number;
  /** Messages with too many bytes or headers. */
  tooLarge: number;
  /** Messages dropped unread because their source sent too many. */
  flooded: number;
  /** Requests refused, and connections closed, because there were too many. */
  overloaded: number;
}

export class TransactionLayer implements TransportSink, TransactionHost {
  readonly after: After;
  readonly timers: TimerValues;
  readonly counters: LayerCounters = {
    received: 0,
    sent: 0,
    malformed: 0,
    repeated: 0,
    stray: 0,
    tooLarge: 0,
    flooded: 0,
    overloaded: 0,
  };
  readonly limits: Limits;
  private readonly rates: SourceRates;
  private readonly complaints: Complaints;
  private readonly options: LayerOptions;
  private readonly log: Log;
  private readonly clients = new Map<string, ClientTransaction>();
  private readonly servers = new Map<string, ServerTransaction>();

  constructor(options: LayerOptions) {
    this.options = options;
    this.after = options.after ?? after;
    this.timers = { ...DEFAULT_TIMERS, ...options.timers };
    this.log = options.log ?? silent;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    const now = options.now ?? Date.now;
    this.rates = new SourceRates(this.limits.messagesPerSecond, now, options.exempt);
    this.complaints = new Complaints(this.log, now);
  }

  /** Transactions alive now. */
  get size(): number {
    return this.clients.size + this.servers.size;
  }

  /** Starts a client transaction for a request whose top Via is complete (see `addVia`). */
  request(request: SipRequest, flow: Flow, events: ClientEvents): ClientTransaction {
    const key = clientKey(request);
    const ended = (): void => {
      this.clients.delete(key);
    };
    const transaction =
      request.method === 'INVITE'
        ? new InviteClientTransaction(this, request, flow, events, ended)
        : new NonInviteClientTransaction(this, request, flow, events, ended);
    this.clients.set(key, transaction);
    transaction.start();
    return transaction;
  }

  /** Outside any transaction: an ACK for a 2xx, a stateless answer. */
  send(message: SipMessage, flow: Flow): Buffer {
    const data = message.toBuffer();
    this.transmit(data, flow);
    return data;
  }

  transmit(data: Buffer, flow: Flow, failed?: (error: Error) => void): void {
    this.counters.sent++;
    this.trace('out', data, flow);
    flow.send(data, failed);
  }

  /** The INVITE that a CANCEL is for, when its transaction is still known. */
  inviteOf(cancel: SipRequest): InviteServerTransaction | undefined {
    const found = this.servers.get(serverKey(cancel, 'INVITE'));
    return found instanceof InviteServerTransaction ? found : undefined;
  }

  admits(address: string): boolean {
    return this.options.admits?.(address) ?? true;
  }

  message(data: Buffer, flow: Flow): void {
    // Connections have been asked about when they came in.
    if (flow.protocol === 'udp' && !this.admits(flow.remote.address)) return;
    this.counters.received++;
    if (!this.rates.admits(flow.remote.address)) {
      this.counters.flooded++;
      this.complaints.say(
        'SIP_FLOOD',
        `${flow.remote.address} sends more than ${this.limits.messagesPerSecond} SIP messages a second; the rest is dropped.`,
      );
      return;
    }
    this.trace('in', data, flow);
    let message: SipMessage;
    try {
      if (data.length > this.limits.messageBytes)
        throw new BridgeError('SIP_TOO_LARGE', `A SIP message has ${data.length} bytes.`);
      message = parseMessage(data, this.limits.headers);
    } catch (error) {
      const fault = error instanceof Error ? error : new Error(String(error));
      this.garbage(flow, fault);
      const request = salvage(data);
      const large = fault instanceof BridgeError && fault.code === 'SIP_TOO_LARGE';
      if (request !== undefined) this.refuse(request, flow, large ? 513 : 400);
      return;
    }
    if (message.kind === 'response') this.receiveResponse(message, flow);
    else this.receiveRequest(message, flow);
  }

  garbage(flow: Flow, error: Error): void {
    const peer = `${flow.protocol}/${flow.remote.address}:${flow.remote.port}`;
    const code = error instanceof BridgeError ? error.code : undefined;
    if (code === 'SIP_TOO_LARGE') {
      this.counters.tooLarge++;
      this.complaints.say(code, error.message, { peer });
    } else {
      this.counters.malformed++;
      this.log('debug', error.message, { ...(code && { code }), peer });
    }
  }

  /** Something was refused because there is too much of it already. */
  overload(what: string): void {
    this.counters.overloaded++;
    this.complaints.say('SIP_OVERLOAD', `${what}; new ones are refused.`);
  }

  /** Ends every transaction without a word; timers are released. */
  close(): void {
    for (const transaction of [...this.clients.values(), ...this.servers.values()])
      transaction.terminate();
  }

  private receiveResponse(response: SipResponse, flow: Flow): void {
    const fault = faultOf(response);
    if (fault !== undefined) {
      this.garbage(flow, new BridgeError('SIP_MALFORMED', `A response was dropped: ${fault}.`));
      return;
    }
    const transaction = this.clients.get(clientKey(response));
    if (transaction !== undefined) transaction.receive(response);
    else {
      this.counters.stray++;
      this.options.onStray?.(response, flow);
    }
  }

  private receiveRequest(request: SipRequest, flow: Flow): void {
    if (request.version !== '2.0') {
      this.refuse(request, flow, 505);
      return;
    }
    const fault = faultOf(request);
    if (fault !== undefined) {
      this.garbage(flow, new BridgeError('SIP_MALFORMED', `A request was refused: ${fault}.`));
      this.refuse(request, flow, 400, `Bad Request - ${fault}`);
      return;
    }
    if (request.via !== undefined) stamp(request, request.via, flow);
    const key = serverKey(request, request.method === 'ACK' ? 'INVITE' : request.method);
    const existing = this.servers.get(key);
    if (request.method === 'ACK') {
      if (existing instanceof InviteServerTransaction && existing.acknowledged()) return;
      this.options.onAck(request, flow);
    } else if (existing !== undefined) {
      this.counters.repeated++;
      existing.repeated();
    } else if (this.isFull(request)) {
      this.overload(`${this.size} SIP transactions are under way`);
      const busy = responseTo(request, 503, { toTag: newTag() });
      busy.headers.add('Retry-After', String(RETRY_AFTER_S));
      this.send(busy, flow);
    } else {
      const ended = (): void => {
        this.servers.delete(key);
      };
      const transaction =
        request.method === 'INVITE'
          ? new InviteServerTransaction(this, request, flow, ended)
          : new NonInviteServerTransaction(this, request, flow, ended);
      this.servers.set(key, transaction);
      this.options.onRequest(transaction);
    }
  }

  /** What belongs to a call, or ends one, is let in for longer than what begins something new. */
  private isFull(request: SipRequest): boolean {
    const begins = request.toTag === '' && request.method !== 'CANCEL';
    return this.size >= this.limits.transactions * (begins ? 1 : 2);
  }

  /** Answers what cannot become a transaction; never an ACK, nor what does not say who sent it. */
  private refuse(request: SipRequest, flow: Flow, status: number, reason?: string): void {
    if (request.method === 'ACK' || !request.headers.has('via')) return;
    if (request.via !== undefined) stamp(request, request.via, flow);
    this.send(refusalOf(request, status, reason), flow);
  }

  private trace(direction: 'in' | 'out', data: Buffer, flow: Flow): void {
    this.options.trace?.({
      at: Date.now(),
      direction,
      protocol: flow.protocol,
      local: flow.local,
      remote: flow.remote,
      text: data.toString(),
    });
  }
}

/** Puts a Via for this flow on top. `rport` asks UDP peers to answer to our source (RFC 3581). */
export function addVia(request: SipRequest, flow: Flow, branch = newBranch()): void {
  request.headers.addFirst('Via', viaFor(flow, branch));
}

export function viaFor(flow: Flow, branch: string): string {
  const { address, port } = flow.local;
  const rport = flow.protocol === 'udp' ? ';rport' : '';
  const place = port === 5060 ? hostOf(address) : `${hostOf(address)}:${port}`;
  return `SIP/2.0/${flow.protocol.toUpperCase()} ${place}${rport};branch=${branch}`;
}

function stamp(request: SipRequest, via: Via, flow: Flow): void {
  stampVia(via, flow.remote.address, flow.remote.port);
  const value = request.headers.get('via') ?? '';
  // What stands behind the first element stays as it is, however odd.
  const end = endOfFirst(value, ',');
  request.headers.replaceFirst('Via', formatVia(via) + value.slice(end));
}

function clientKey(message: SipMessage): string {
  return `${message.via?.params.get('branch') ?? ''}|${message.cseq?.method ?? ''}`;
}

function serverKey(request: SipRequest, method: string): string {
  const { via } = request;
  const branch = via?.params.get('branch') ?? '';
  const sentBy = `${via?.host ?? ''}:${via?.port ?? ''}`;
  // The cookie alone names no transaction. RFC 4475 §3.2.1.
  if (branch.startsWith(MAGIC_COOKIE) && branch.length > MAGIC_COOKIE.length)
    return `${branch}|${sentBy}|${method}`;
  // RFC 2543 clients: no unique branch, but these do not change between INVITE, ACK and CANCEL.
  return `${request.callId}|${request.fromTag}|${request.cseq?.number ?? ''}|${sentBy}|${method}`;
}
