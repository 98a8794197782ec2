/**
 * The two client transactions as pure machines: INVITE with the Accepted state of RFC 6026, and
 * non-INVITE. They repeat requests on UDP, absorb what is repeated to them and acknowledge failures.
 * RFC 3261 §17.1, RFC 6026 §7: https://www.rfc-editor.org/rfc/rfc3261#section-17.1
 */
import { ackTo } from './build.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { repeat, type After, type TimerValues } from './timers.ts';
import { isReliable, type Flow } from './transport.ts';

/** What a transaction needs from the layer that holds it. */
export interface TransactionHost {
  readonly after: After;
  readonly timers: TimerValues;
  transmit(data: Buffer, flow: Flow, failed?: (error: Error) => void): void;
}

/** What the transaction user hears. At most one of a final response, timeout and failed comes. */
export interface ClientEvents {
  /** Every provisional and the final response; for a 2xx to INVITE also each repetition of it. */
  response(response: SipResponse): void;
  /** No final response in time (Timer B or F). */
  timeout(): void;
  /** The request could not be sent or its connection is gone. */
  failed(error: Error): void;
}

export type ClientState =
  'calling' | 'trying' | 'proceeding' | 'completed' | 'accepted' | 'terminated';

export abstract class ClientTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** The request as put on the wire. */
  readonly data: Buffer;
  protected readonly host: TransactionHost;
  protected readonly events: ClientEvents;
  protected readonly reliable: boolean;
  private current: ClientState;
  private readonly ended: () => void;
  private stopRetransmitting: () => void = () => undefined;
  private stopTimeout: () => void = () => undefined;
  private readonly stopWatching: () => void;

  constructor(
    host: TransactionHost,
    request: SipRequest,
    flow: Flow,
    events: ClientEvents,
    ended: () => void,
    state: ClientState,
  ) {
    this.host = host;
    this.request = request;
    this.flow = flow;
    this.events = events;
    this.ended = ended;
    this.reliable = isReliable(flow);
    this.current = state;
    this.data = request.toBuffer();
    this.stopWatching = flow.onClose(() => this.fail(new Error('the connection was closed')));
  }

  get state(): ClientState {
    return this.current;
  }

  abstract start(): void;
  abstract receive(response: SipResponse): void;

  /** Forgets the transaction at once, without a word to its user. */
  terminate(): void {
    if (this.current === 'terminated') return;
    this.current = 'terminated';
    this.stopRetransmitting();
    this.stopTimeout();
    this.stopWatching();
    this.ended();
  }

  protected begin(cap: number): void {
    const { t1 } = this.host.timers;
    this.transmit();
    if (this.current === 'terminated') return;
    if (!this.reliable)
      this.stopRetransmitting = repeat(this.host.after, t1, cap, () => this.transmit());
    this.stopTimeout = this.host.after(64 * t1, () => {
      this.terminate();
      this.events.timeout();
    });
  }

  /** The same request again at a fixed pace: Timer E once a provisional has come. */
  protected slowDown(interval: number): void {
    if (this.reliable) return;
    this.stopRetransmitting();
    this.stopRetransmitting = repeat(this.host.after, interval, interval, () => this.transmit());
  }

  protected enter(state: ClientState): void {
    this.current = state;
  }

  protected quiet(): void {
    this.stopRetransmitting();
    this.stopRetransmitting = () => undefined;
  }

  protected noTimeout(): void {
    this.stopTimeout();
    this.stopTimeout = () => undefined;
  }

  /** Stays for late repetitions, then ends. */
  protected linger(state: ClientState, ms: number): void {
    this.current = state;
    this.quiet();
    this.noTimeout();
    if (ms === 0) this.terminate();
    else this.stopTimeout = this.host.after(ms, () => this.terminate());
  }

  private transmit(): void {
    this.host.transmit(this.data, this.flow, (error) => this.fail(error));
  }

  private fail(error: Error): void {
    const waiting = ['calling', 'trying', 'proceeding'].includes(this.current);
    this.terminate();
    if (waiting) this.events.failed(error);
  }
}

export class InviteClientTransaction extends ClientTransaction {
  private ack: Buffer | undefined;

  constructor(
    host: TransactionHost,
    request: SipRequest,
    flow: Flow,
    events: ClientEvents,
    ended: () => void,
  ) {
    super(host, request, flow, events, ended, 'calling');
  }

  /** Timers A and B. */
  start(): void {
    this.begin(Number.POSITIVE_INFINITY);
  }

  receive(response: SipResponse): void {
    const { status } = response;
    if (this.state === 'completed') {
      if (status >= 300) this.acknowledge();
      return;
    }
    if (this.state === 'accepted') {
      if (status >= 200 && status < 300) this.events.response(response);
      return;
    }
    if (this.state !== 'calling' && this.state !== 'proceeding') return;
    if (status < 200) {
      this.enter('proceeding');
      this.quiet();
      this.noTimeout();
    } else if (status < 300) {
      // Timer M
      this.linger('accepted', 64 * this.host.timers.t1);
    } else {
      this.ack = ackTo(this.request, response).toBuffer();
      this.acknowledge();
      // Timer D
      this.linger('completed', this.reliable ? 0 : Math.max(64 * this.host.timers.t1, 32_000));
    }
    this.events.response(response);
  }

  private acknowledge(): void {
    if (this.ack !== undefined) this.host.transmit(this.ack, this.flow);
  }
}

export class NonInviteClientTransaction extends ClientTransaction {
  constructor(
    host: TransactionHost,
    request: SipRequest,
    flow: Flow,
    events: ClientEvents,
    ended: () => void,
  ) {
    super(host, request, flow, events, ended, 'trying');
  }

  /** Timers E and F. */
  start(): void {
    this.begin(this.host.timers.t2);
  }

  receive(response: SipResponse): void {
    if (this.state !== 'trying' && this.state !== 'proceeding') return;
    if (response.status < 200) {
      if (this.state === 'trying') {
        this.enter('proceeding');
        this.slowDown(this.host.timers.t2);
      }
    } else {
      // Timer K
      this.linger('completed', this.reliable ? 0 : this.host.timers.t4);
    }
    this.events.response(response);
  }
}
