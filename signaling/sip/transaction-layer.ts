/**
 * Matches messages to transactions (branch, sent-by, method; RFC 2543 peers by Call-ID, From tag
 * and CSeq) and is the one door through which SIP goes in and out. Used by servers and user agents.
 * RFC 3261 §17.1.3 and §17.2.3: https://www.rfc-editor.org/rfc/rfc3261#section-17.2.3
 */
import { BridgeError } from '../../common/errors.ts';
import { silent, type Log } from '../../common/log.ts';
import { responseTo } from './build.ts';
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
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts';
import {
  InviteServerTransaction,
  NonInviteServerTransaction,
  type ServerTransaction,
} from './server-transaction.ts';
import { after, DEFAULT_TIMERS, type After, type TimerValues } from './timers.ts';
import { splitOutside } from './tokens.ts';
import type { Trace } from './trace.ts';
import { isReliable, type Flow, type TransportSink } from './transport.ts';
import { formatVia, MAGIC_COOKIE, stampVia, type Via } from './via.ts';
import { hostOf } from './uri.ts';
import { newBranch } from './ids.ts';

export interface LayerOptions {
  readonly timers?: Partial<TimerValues>;
  readonly after?: After;
  readonly log?: Log;
  readonly trace?: Trace;
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
  };
  private readonly options: LayerOptions;
  private readonly log: Log;
  private readonly clients = new Map<string, ClientTransaction>();
  private readonly servers = new Map<string, ServerTransaction>();

  constructor(options: LayerOptions) {
    this.options = options;
    this.after = options.after ?? after;
    this.timers = { ...DEFAULT_TIMERS, ...options.timers };
    this.log = options.log ?? silent;
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

  message(data: Buffer, flow: Flow): void {
    this.counters.received++;
    this.trace('in', data, flow);
    let message: SipMessage;
    try {
      message = parseMessage(data);
    } catch (error) {
      this.garbage(flow, error instanceof Error ? error : new Error(String(error)));
      this.refuseUnreadable(data, flow);
      return;
    }
    if (message.kind === 'response') this.receiveResponse(message, flow);
    else this.receiveRequest(message, flow);
  }

  garbage(flow: Flow, error: Error): void {
    this.counters.malformed++;
    this.log('debug', error.message, {
      ...(error instanceof BridgeError && { code: error.code }),
      peer: `${flow.protocol}/${flow.remote.address}:${flow.remote.port}`,
    });
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
    const { via } = request;
    if (via === undefined) {
      this.garbage(flow, new BridgeError('SIP_MALFORMED', 'A request without a Via was dropped.'));
      return;
    }
    stamp(request, via, flow);
    const fault = faultOf(request);
    if (fault !== undefined) {
      this.garbage(flow, new BridgeError('SIP_MALFORMED', `A request was refused: ${fault}.`));
      if (request.method !== 'ACK')
        this.send(responseTo(request, 400, { reason: `Bad Request - ${fault}` }), flow);
      return;
    }
    const key = serverKey(request, request.method === 'ACK' ? 'INVITE' : request.method);
    const existing = this.servers.get(key);
    if (request.method === 'ACK') {
      if (existing instanceof InviteServerTransaction && existing.acknowledged()) return;
      this.options.onAck(request, flow);
    } else if (existing !== undefined) {
      this.counters.repeated++;
      existing.repeated();
    } else if (request.version !== '2.0') {
      this.send(responseTo(request, 505), flow);
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

  /** A request whose framing is wrong may still say whom to tell. */
  private refuseUnreadable(data: Buffer, flow: Flow): void {
    if (isReliable(flow)) return;
    const head = data.toString('latin1').split('\r\n\r\n')[0] ?? '';
    if (head.startsWith('SIP/') || head.startsWith('ACK ')) return;
    let request: SipMessage;
    try {
      request = parseMessage(
        Buffer.from(
          `${head.replace(/\r\n(content-length|l)[ \t]*:[^\r]*/gi, '')}\r\n\r\n`,
          'latin1',
        ),
      );
    } catch {
      return;
    }
    if (request.kind !== 'request' || faultOf(request) !== undefined || !request.via) return;
    stamp(request, request.via, flow);
    this.send(responseTo(request, 400), flow);
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
  const [, ...others] = splitOutside(request.headers.get('via') ?? '', ',');
  request.headers.replaceFirst('Via', [formatVia(via), ...others].join(', '));
}

function clientKey(message: SipMessage): string {
  return `${message.via?.params.get('branch') ?? ''}|${message.cseq?.method ?? ''}`;
}

function serverKey(request: SipRequest, method: string): string {
  const { via } = request;
  const branch = via?.params.get('branch') ?? '';
  const sentBy = `${via?.host ?? ''}:${via?.port ?? ''}`;
  if (branch.startsWith(MAGIC_COOKIE)) return `${branch}|${sentBy}|${method}`;
  // RFC 2543 clients: no unique branch, but these do not change between INVITE, ACK and CANCEL.
  return `${request.callId}|${request.fromTag}|${request.cseq?.number ?? ''}|${sentBy}|${method}`;
}
