import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Status } from '../../../common/api.ts';
import type { BridgeEvent } from '../../../common/events.ts';
import { NO_COUNTERS } from '../../../common/figures.ts';
import { Histogram } from '../../../common/histogram.ts';
import { FiguresStore } from '../../../server/figures/store.ts';
import { CallTally } from '../../../server/metrics/call-tally.ts';
import { Exposition } from '../../../server/metrics/exposition.ts';
import { metricsOf } from '../../../server/metrics/metrics.ts';
import { ProcessMetrics } from '../../../server/metrics/process.ts';
import { Receptions } from '../../../server/metrics/receptions.ts';
import { root } from '../../../server/root.ts';
import type { DrachtioCounters } from '../../../signaling/drachtio/server.ts';
import { NO_HOPS } from '../../support/figures.ts';

const part = (ok: boolean) => ({ kind: 'embedded', address: '127.0.0.1:1', ok }) as const;
const STATUS = {
  version: '1.2.3',
  registrations: [{ kind: 'phone' }, { kind: 'phone' }, { kind: 'page' }],
  calls: [{ state: 'answered' }],
  engines: { drachtio: part(true), rtpengine: part(false) },
  agent: part(true),
} as unknown as Status;

/** Every figure the embedded SIP server has: its type says so. */
const SIP: Readonly<Record<keyof DrachtioCounters, number>> = {
  received: 12,
  sent: 0,
  malformed: 0,
  repeated: 0,
  stray: 0,
  tooLarge: 1,
  flooded: 0,
  overloaded: 0,
  transactions: 0,
  dialogs: 2,
};

function text(): string {
  const store = new FiguresStore({ isLive: () => true, onTurn: () => undefined });
  const turn = new Histogram();
  for (const ms of [400, 900, 20_000]) turn.record(ms);
  store.take('a', {
    counters: { ...NO_COUNTERS, packets: 50, concealedMs: 250 },
    hops: { ...NO_HOPS, turn: turn.read() },
    turns: [],
    answers: [],
  });
  const receptions = new Receptions();
  const good = { packets: 10, lost: 0, duplicates: 0, 'out of order': 0, jitter: 500 };
  receptions.note('ended', 'phone', { ...good, lost: 2 });
  receptions.forget('ended');
  receptions.note('a', 'phone', good);
  receptions.note('a', 'phone', { ...good, packets: 20, lost: 3 });
  receptions.note('a', 'phone', { ...good, packets: 21, lost: 2, jitter: 1500 });
  receptions.note('a', 'phone', { ...good, packets: 5, 'out of order': 1, jitter: 2000 });
  receptions.note('b', 'phone', good);
  const tally = new CallTally();
  const call = (callId: string, more: object) =>
    tally.note({
      type: 'call',
      at: '',
      callId,
      call: { callId, startedAt: '2026-01-01T00:00:00.000Z', ...more },
    } as unknown as BridgeEvent);
  const answeredAt = '2026-01-01T00:00:00.090Z';
  call('a', { state: 'ringing' });
  call('a', { state: 'answered', answeredAt });
  call('a', { state: 'answered', answeredAt, heldBy: ['page'] });
  for (const callId of ['a', 'b', 'c', 'd']) call(callId, { state: 'ended', outcome: 'completed' });
  call('e', { state: 'ended', outcome: 'busy' });
  const about = { at: '', callId: 'a', sentence: '' };
  tally.note({ ...about, type: 'agent', what: 'connected', tookMs: 12 });
  tally.note({ ...about, type: 'agent', what: 'failed', code: 'AGENT_REFUSED' });
  for (const state of ['failed', 'silent'] as const) {
    tally.note({ ...about, type: 'media', state, code: 'MEDIA_NO_PHONE_RTP' });
  }
  tally.note({ ...about, type: 'media', state: 'flowing' });
  const process = new ProcessMetrics();
  try {
    return metricsOf({
      refused: { sip: 2, rtp: 0, http: 1 },
      status: () => STATUS,
      sums: () => store.sums(),
      tally,
      reception: (leg) => receptions.sums(leg),
      sip: () => SIP,
      process,
    });
  } finally {
    process.close();
  }
}

it('says how things are', () => {
  const lines = text().split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'bridge_info{version="1.2.3"} 1',
      'bridge_calls{state="answered"} 1',
      'bridge_calls_total{outcome="completed"} 4',
      'bridge_calls_total{outcome="busy"} 1',
      'bridge_problems_total{code="AGENT_REFUSED"} 1',
      'bridge_problems_total{code="MEDIA_NO_PHONE_RTP"} 2',
      'bridge_call_setup_seconds_bucket{le="0.075"} 0',
      'bridge_call_setup_seconds_bucket{le="0.1"} 1',
      'bridge_call_setup_seconds_count 1',
      'bridge_agent_connect_seconds_sum 0.012',
      'bridge_sources_refused_total{part="sip"} 2',
      'bridge_registrations{kind="phone"} 2',
      'bridge_registrations{kind="page"} 1',
      'bridge_up{part="rtpengine",kind="embedded"} 0',
      'bridge_rtp_packets_total 50',
      'bridge_rtp_concealed_seconds_total 0.25',
      'bridge_relay_packets_total{leg="phone"} 46',
      'bridge_relay_lost_packets_total{leg="phone"} 5',
      'bridge_relay_reordered_packets_total{leg="phone"} 1',
      'bridge_relay_packets_total{leg="page"} 0',
      'bridge_relay_jitter_seconds{leg="phone",quantile="0.5"} 0.0005',
      'bridge_relay_jitter_seconds{leg="phone",quantile="1"} 0.002',
      'bridge_sip_received_total 12',
      'bridge_sip_too_large_total 1',
      '# TYPE bridge_sip_dialogs gauge',
      'bridge_sip_dialogs 2',
    ]),
  );
});

it('has cumulative buckets in seconds', () => {
  const lines = text().split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '# TYPE bridge_turn_seconds histogram',
      'bridge_turn_seconds_bucket{le="0.3"} 0',
      'bridge_turn_seconds_bucket{le="0.5"} 1',
      'bridge_turn_seconds_bucket{le="1"} 2',
      'bridge_turn_seconds_bucket{le="10"} 2',
      'bridge_turn_seconds_bucket{le="+Inf"} 3',
      'bridge_turn_seconds_sum 21.3',
      'bridge_turn_seconds_count 3',
    ]),
  );
});

it('is of the format: every sample belongs to the family announced above it', () => {
  let family = '';
  for (const line of text().trimEnd().split('\n')) {
    const [, announced] = /^# (?:HELP|TYPE) (\S+) \S/.exec(line) ?? [];
    if (announced !== undefined) family = announced;
    else {
      expect(line).toMatch(/^[a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? -?[\d.e+-]+$/);
      expect(line.startsWith(family)).toBe(true);
    }
  }
});

it('escapes what a label may hold', () => {
  const exposition = new Exposition();
  exposition.gauge('x', 'help', [[{ a: 'say "a\\b"\n' }, 1]]);
  expect(exposition.toString()).toContain('x{a="say \\"a\\\\b\\"\\n"} 1\n');
});

it('is what the Grafana dashboard shows, all of it, and nothing else', () => {
  const dashboard = readFileSync(join(root, 'docs', 'grafana', 'bridge.json'), 'utf8');
  const shown = new Set(
    [...dashboard.matchAll(/\b(?:bridge|process|nodejs)_[a-z_]+/g)].map(([name]) =>
      name.replace(/_(bucket|sum|count)$/, ''),
    ),
  );
  const families = [...text().matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
  expect([...shown].sort()).toEqual(families.sort());
});
