/**
 * The two server transactions as pure machines: INVITE with the Accepted state of RFC 6026, and
 * non-INVITE. They answer repeated requests with the last response and repeat failures until ACK.
 * RFC 3261 §17.2, RFC 6026 §7: https://www.rfc-editor.org/rfc/rfc3261#section-17.2
 */
import type { TransactionHost } from './client-transaction.ts';
import type { SipRequest, SipResponse } from './message.ts';
import { repeat } from './timers.ts';
import { isReliable, type Flow } from './transport.ts';

export type ServerState =
  'trying' | 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';

export abstract class ServerTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** A final response was not acknowledged in time (Timer H). */
  onTimeout: (() => void) | undefined;
  protected readonly host: TransactionHost;
  protected readonly reliable: boolean;
  protected last: Buffer | undefined;
  private current: ServerState;
  private readonly ended: () => void;
  private stops: (() => void)[] = [];

  constructor(
    host: TransactionHost,
    request: SipRequest,
    flow: Flow,
    ended: () => void,
    state: ServerState,
  ) {
    this.host = host;
    this.request = request;
    this.flow = flow;
    this.ended = ended;
    this.reliable = isReliable(flow);
    this.current = state;
  }

  get state(): ServerState {
    return this.current;
  }

  /** No final response was given yet. */
  get open(): boolean {
    return this.current === 'trying' || this.current === 'proceeding';
  }

  /** Sends a response and returns its bytes. After a final response only repetitions are sent. */
  abstract respond(response: SipResponse): Buffer;
  /** The same request came again. */
  abstract repeated(): void;

  terminate(): void {
    if (this.current === 'terminated') return;
    this.enter('terminated');
    this.ended();
  }

  protected enter(state: ServerState): void {
    this.current = state;
    for (const stop of this.stops) stop();
    this.stops = [];
  }

  protected stopLater(stop: () => void): void {
    this.stops.push(stop);
  }

  protected endIn(ms: number): void {
    if (ms === 0) this.terminate();
    else this.stopLater(this.host.after(ms, () => this.terminate()));
  }

  protected transmit(data: Buffer): void {
    this.last = data;
    this.host.transmit(data, this.flow);
  }
}

export class InviteServerTransaction extends ServerTransaction {
  constructor(host: TransactionHost, request: SipRequest, flow: Flow, ended: () => void) {
    super(host, request, flow, ended, 'proceeding');
  }

  /** Repeating a 2xx until its ACK is the user's task: each copy is sent by calling this again. */
  respond(response: SipResponse): Buffer {
    const data = response.toBuffer();
    const { t1, t2 } = this.host.timers;
    const success = response.status >= 200 && response.status < 300;
    if (this.state === 'accepted' && success) this.transmit(data);
    if (this.state !== 'proceeding') return data;
    this.transmit(data);
    if (success) {
      // Timer L
      this.enter('accepted');
      this.endIn(64 * t1);
    } else if (response.status >= 300) {
      this.enter('completed');
      // Timer G
      if (!this.reliable)
        this.stopLater(repeat(this.host.after, t1, t2, () => this.host.transmit(data, this.flow)));
      // Timer H
      this.stopLater(
        this.host.after(64 * t1, () => {
          this.terminate();
          this.onTimeout?.();
        }),
      );
    }
    return data;
  }

  repeated(): void {
    if (this.last === undefined) return;
    if (this.state === 'proceeding' || this.state === 'completed')
      this.host.transmit(this.last, this.flow);
  }

  /** True when the ACK belongs to this transaction and ends here: the final was a failure. */
  acknowledged(): boolean {
    if (this.state === 'completed') {
      // Timer I
      this.enter('confirmed');
      this.endIn(this.reliable ? 0 : this.host.timers.t4);
      return true;
    }
    return this.state === 'confirmed';
  }
}

export class NonInviteServerTransaction extends ServerTransaction {
  constructor(host: TransactionHost, request: SipRequest, flow: Flow, ended: () => void) {
    super(host, request, flow, ended, 'trying');
  }

  respond(response: SipResponse): Buffer {
    const data = response.toBuffer();
    if (!this.open) return data;
    this.transmit(data);
    if (response.status < 200) this.enter('proceeding');
    else {
      this.enter('completed');
      // Timer J
      this.endIn(this.reliable ? 0 : 64 * this.host.timers.t1);
    }
    return data;
  }

  repeated(): void {
    if (this.last !== undefined) this.host.transmit(this.last, this.flow);
  }
}
