/**
 * One trace for each call: its name goes to the agent (`traceparent`), so that the agent's own spans
 * are part of it, and where spans are exported, the call, its connections to the agent and its turns
 * are spans in it. Fed by the events that clients of the bridge see.
 */
import type { BridgeEvent } from '../../common/events.ts';
import type { Attributes, Span, Spans } from './spans.ts';
import {
  formatTraceparent,
  HEADER,
  newContext,
  parseTraceparent,
  type TraceContext,
} from './trace-context.ts';

export interface CallTracesOptions {
  /** Undefined: nothing is exported. */
  readonly spans: Spans | undefined;
  /** The headers configured for the agent of a call; a `traceparent` among them is its parent. */
  readonly headersFor: (callId: string) => Readonly<Record<string, string>>;
}

interface Traced {
  readonly context: TraceContext;
  readonly span: Span | undefined;
  /** Where the page's times begin. */
  answeredAt: number | undefined;
}

type EventOf<Type extends BridgeEvent['type']> = Extract<BridgeEvent, { readonly type: Type }>;

export class CallTraces {
  readonly #options: CallTracesOptions;
  readonly #calls = new Map<string, Traced>();

  constructor(options: CallTracesOptions) {
    this.#options = options;
  }

  /** The headers of a connection to the agent of a call, one that says which trace it is part of. */
  headersFor(callId: string): Readonly<Record<string, string>> {
    const headers = this.#options.headersFor(callId);
    const others = Object.entries(headers).filter(([name]) => name.toLowerCase() !== HEADER);
    const context = this.#calls.get(callId)?.context ?? newContext(this.#parent(callId)?.traceId);
    return { ...Object.fromEntries(others), [HEADER]: formatTraceparent(context) };
  }

  /** For log lines. */
  traceIdOf(callId: string): string | undefined {
    return this.#calls.get(callId)?.context.traceId;
  }

  note(event: BridgeEvent): void {
    switch (event.type) {
      case 'call':
        this.#call(event);
        break;
      case 'agent':
        this.#agent(event);
        break;
      case 'media':
        if (event.state === 'flowing') break;
        this.#calls.get(event.callId)?.span?.event('media', Date.parse(event.at), {
          'bridge.media.state': event.state,
          ...(event.code && { 'bridge.code': event.code }),
        });
        break;
      case 'turn':
        this.#turn(event);
        break;
    }
  }

  close(): Promise<void> {
    for (const { span } of this.#calls.values())
      span?.end(Date.now(), {}, 'The bridge was stopped.');
    this.#calls.clear();
    return this.#options.spans?.close() ?? Promise.resolve();
  }

  #parent(callId: string): TraceContext | undefined {
    const given = Object.entries(this.#options.headersFor(callId)).find(
      ([name]) => name.toLowerCase() === HEADER,
    );
    return given && parseTraceparent(given[1]);
  }

  #call({ call }: EventOf<'call'>): void {
    const traced = this.#calls.get(call.callId);
    if (call.state === 'ended') {
      this.#calls.delete(call.callId);
      const { outcome = 'failed', status, reason, endedAt } = call;
      const error = outcome === 'failed' ? (reason ?? 'failed') : undefined;
      traced?.span?.end(
        endedAt === undefined ? Date.now() : Date.parse(endedAt),
        {
          'bridge.call.outcome': outcome,
          ...(status !== undefined && { 'sip.status_code': status }),
          ...(reason !== undefined && { 'bridge.call.reason': reason }),
        },
        error,
      );
      return;
    }
    const known = traced ?? this.#begin(call);
    if (call.answeredAt !== undefined && known.answeredAt === undefined) {
      known.answeredAt = Date.parse(call.answeredAt);
      known.span?.event('answered', known.answeredAt, {});
    }
  }

  #begin({ callId, direction, extension, startedAt }: EventOf<'call'>['call']): Traced {
    const parent = this.#parent(callId);
    const attributes: Attributes = {
      'sip.call_id': callId,
      'bridge.call.direction': direction,
      'bridge.extension': extension,
    };
    const span = this.#options.spans?.begin('call', Date.parse(startedAt), parent, attributes);
    const context = span?.context ?? newContext(parent?.traceId);
    const traced: Traced = { context, span, answeredAt: undefined };
    this.#calls.set(callId, traced);
    return traced;
  }

  #agent({ callId, what, at, code, sentence, tookMs }: EventOf<'agent'>): void {
    const span = this.#calls.get(callId)?.span;
    const now = Date.parse(at);
    if (what === 'connected' || what === 'failed') {
      const error = what === 'failed' ? sentence : undefined;
      const attributes: Attributes = code === undefined ? {} : { 'bridge.code': code };
      span?.child('agent.connect', now - (tookMs ?? 0), now, attributes, error);
    } else span?.event(`agent.${what}`, now, code === undefined ? {} : { 'bridge.code': code });
  }

  /** From the caller's last sound to the agent's first: what the caller waited. */
  #turn({ callId, turn }: EventOf<'turn'>): void {
    const { span, answeredAt } = this.#calls.get(callId) ?? {};
    const { id, callerEndedMs, agentStartedMs, latencyMs, overlapped, claims } = turn;
    if (answeredAt === undefined || agentStartedMs === undefined) return;
    span?.child(
      'turn',
      answeredAt + Math.min(callerEndedMs ?? agentStartedMs, agentStartedMs),
      answeredAt + agentStartedMs,
      {
        'bridge.turn.id': id,
        ...(latencyMs !== undefined && { 'bridge.turn.latency_ms': latencyMs }),
        ...(overlapped === true && { 'bridge.turn.overlapped': true }),
        ...(claims?.totalMs !== undefined && { 'bridge.turn.claimed_ms': claims.totalMs }),
      },
    );
  }
}
