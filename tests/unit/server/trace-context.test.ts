import { describe, expect, it } from 'vitest';
import { CallTraces } from '../../../server/tracing/call-traces.ts';
import {
  formatTraceparent,
  newContext,
  parseTraceparent,
} from '../../../server/tracing/trace-context.ts';
import type { BridgeEvent } from '../../../common/events.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const GIVEN = `00-${TRACE}-${SPAN}-01`;

describe('traceparent', () => {
  it('is written as it is read', () => {
    const context = newContext();
    expect(formatTraceparent(context)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    expect(parseTraceparent(formatTraceparent(context))).toEqual(context);
    expect(parseTraceparent(GIVEN)).toEqual({ traceId: TRACE, spanId: SPAN });
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-00-what-comes-later`)?.traceId).toBe(TRACE);
  });

  it.each([
    '',
    'x',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  ])('%j is none', (text) => expect(parseTraceparent(text)).toBeUndefined());
});

const call = (callId: string, state: string) =>
  ({
    type: 'call',
    at: '',
    callId,
    call: { callId, state, startedAt: '2026-01-01T00:00:00.000Z', direction: 'inbound' },
  }) as unknown as BridgeEvent;

describe('the headers of a connection to the agent', () => {
  it('name one trace for each call, for all its connections, beside what is configured', () => {
    const traces = new CallTraces({ spans: undefined, headersFor: () => ({ Authorization: 'x' }) });
    traces.note(call('a', 'ringing'));
    traces.note(call('b', 'ringing'));
    const first = traces.headersFor('a');
    expect(first['Authorization']).toBe('x');
    expect(first['traceparent']).toMatch(/^00-/);
    traces.note(call('a', 'answered'));
    expect(traces.headersFor('a')).toEqual(first);
    expect(traces.headersFor('b')['traceparent']).not.toBe(first['traceparent']);
    expect(first['traceparent']).toContain(traces.traceIdOf('a'));
    traces.note(call('a', 'ended'));
    expect(traces.traceIdOf('a')).toBeUndefined();
  });

  it('continue a trace that is configured, under whatever case', () => {
    const headersFor = () => ({ Traceparent: GIVEN });
    const traces = new CallTraces({ spans: undefined, headersFor });
    traces.note(call('a', 'ringing'));
    const headers = traces.headersFor('a');
    expect(Object.keys(headers)).toEqual(['traceparent']);
    const context = parseTraceparent(headers['traceparent'] ?? '');
    expect(context?.traceId).toBe(TRACE);
    // The call is a span of its own, below the configured one.
    expect(context?.spanId).not.toBe(SPAN);
  });
});
