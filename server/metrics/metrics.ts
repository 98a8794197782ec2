/**
 * GET /metrics: what the bridge knows of itself, for Prometheus. Counters and histograms of calls
 * come from the pages (server/figures/), sums over ended calls included.
 */
import type { PartStatus, Status } from '../../common/api.ts';
import { HOP_NAMES, type HopName } from '../../common/figures.ts';
import type { FigureSums } from '../figures/store.ts';
import type { CallTally } from './call-tally.ts';
import { Exposition, type Sample } from './exposition.ts';
import type { ProcessMetrics } from './process.ts';
import { LEGS, type LegName, type ReceptionSums } from './receptions.ts';

export interface MetricsSources {
  readonly status: () => Status;
  readonly sums: () => FigureSums;
  readonly tally: Pick<CallTally, 'outcomes' | 'problems' | 'setup' | 'agentConnect'>;
  /** Of the embedded SIP server; undefined with an external one. */
  readonly sip: () => Readonly<Record<string, number>> | undefined;
  /** Of the RTP of phones, and of pages, at the media engine. */
  readonly reception: (leg: LegName) => ReceptionSums;
  /** What came from outside private networks, by the port it came to; undefined without `lan`. */
  readonly refused: Readonly<Record<string, number>> | undefined;
  readonly process: ProcessMetrics;
}

/** SIP figures that go up and down; the others only grow. */
const SIP_GAUGES: readonly string[] = ['transactions', 'dialogs'];

const HOPS: Readonly<Record<HopName, string>> = {
  receiveToSocket: 'RTP received by the browser to its audio on the socket of the agent.',
  playoutWait: 'First bytes of an answer on the socket until it may be played (start cushion).',
  socketToRtp: 'An answer that may be played to its first frame at the RTP sender.',
  playoutLate: 'How much later than due a frame of the agent went out.',
  flush: 'The barge_in event to the last frame of the cut answer.',
  turn: 'Turn latency as the caller hears it: last sound of the caller to the first of the agent.',
};

/** Counter of a page → metric, its unit converted by the factor. */
const MEDIA: readonly (readonly [
  counter: string,
  metric: string,
  help: string,
  factor?: number,
])[] = [
  ['packets', 'rtp_packets', 'RTP packets of callers that pages received.'],
  ['late', 'rtp_late_packets', 'RTP packets that came too late to be used.'],
  ['concealedMs', 'rtp_concealed_seconds', 'Audio of callers that was lost and concealed.', 1e-3],
  ['silenceMs', 'rtp_silence_seconds', 'Pauses in the packets of callers, filled.', 1e-3],
  ['framesToAgent', 'agent_frames_sent', 'Frames written to agents.'],
  ['framesDropped', 'agent_frames_dropped', 'Frames that no agent took in time.'],
  ['bytesFromAgent', 'agent_received_bytes', 'Audio received from agents.'],
  ['staleBytes', 'agent_stale_bytes', 'Audio of cut answers that came after the cut.'],
  ['clipped', 'agent_clipped_samples', 'Samples of agents beyond full scale.'],
  ['playedMs', 'playout_seconds', 'Audio of agents that went out to callers.', 1e-3],
  ['flushedMs', 'playout_flushed_seconds', 'Audio of agents thrown away by cuts.', 1e-3],
  ['overflowMs', 'playout_overflow_seconds', 'Audio lost to a full queue.', 1e-3],
  ['cuts', 'playout_cuts', 'Answers cut short.'],
  ['underruns', 'playout_underruns', 'Times an answer ran dry in its middle.'],
  ['resyncs', 'playout_resyncs', 'Times the playout clock had to start again.'],
  ['framesSkipped', 'playout_skipped_frames', 'Frames the browser did not take in time.'],
];

export function metricsOf(sources: MetricsSources): string {
  const { status, sums, tally, sip, process } = sources;
  const exposition = new Exposition();
  const { version, calls, registrations, engines, agent } = status();
  exposition.gauge('bridge_info', 'The version that runs.', [[{ version }, 1]]);
  exposition.gauge(
    'bridge_calls',
    'Calls that are up.',
    countBy(calls, ({ state }) => ({ state })),
  );
  exposition.counter(
    'bridge_calls_total',
    'Calls that have ended, by how.',
    [...tally.outcomes].map(([outcome, count]) => [{ outcome }, count]),
  );
  exposition.counter(
    'bridge_problems_total',
    'What was told to be wrong with the media or the agent of a call, by code.',
    [...tally.problems].map(([code, count]) => [{ code }, count]),
  );
  exposition.histogram(
    'bridge_call_setup_seconds',
    'From the INVITE to its answer; ringing is part of it.',
    [[{}, tally.setup.read()]],
  );
  exposition.histogram(
    'bridge_agent_connect_seconds',
    'From the first try of a connection to an agent to its being open.',
    [[{}, tally.agentConnect.read()]],
  );
  exposition.gauge(
    'bridge_registrations',
    'Registered phones and pages.',
    countBy(registrations, ({ kind }) => ({ kind })),
  );
  const part = (name: string, { kind, ok }: PartStatus): Sample => [
    { part: name, kind },
    Number(ok),
  ];
  exposition.gauge('bridge_up', 'Whether the parts the bridge depends on answer.', [
    part('drachtio', engines.drachtio),
    part('rtpengine', engines.rtpengine),
    part('agent', agent),
  ]);
  writeMedia(exposition, sums());
  writeReception(exposition, sources.reception);
  for (const [name, value] of Object.entries(sip() ?? {})) {
    const metric = `bridge_sip_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    const help = `Of the embedded SIP server: ${name}.`;
    if (SIP_GAUGES.includes(name)) exposition.gauge(metric, help, value);
    else exposition.counter(`${metric}_total`, help, value);
  }
  exposition.counter(
    'bridge_sources_refused_total',
    'Packets, messages and connections from outside private networks, dropped.',
    Object.entries(sources.refused ?? {}).map(([part, count]) => [{ part }, count]),
  );
  process.write(exposition);
  return exposition.toString();
}

function writeMedia(exposition: Exposition, { counters, hops }: FigureSums): void {
  for (const [counter, metric, help, factor = 1] of MEDIA) {
    const value = (counters.get(counter) ?? 0) * factor;
    exposition.counter(`bridge_${metric}_total`, help, value);
  }
  for (const name of HOP_NAMES) {
    const metric = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    exposition.histogram(`bridge_${metric}_seconds`, HOPS[name], [[{}, hops[name].read()]]);
  }
}

function writeReception(exposition: Exposition, reception: MetricsSources['reception']): void {
  const sums = LEGS.map((leg) => [leg, reception(leg)] as const);
  const counter = (name: string, help: string, count: (sums: ReceptionSums) => number): void =>
    exposition.counter(
      `bridge_relay_${name}_total`,
      help,
      sums.map(([leg, of]) => [{ leg }, count(of)]),
    );
  counter('packets', 'RTP packets at the media engine, by who sent them.', (of) => of.packets);
  counter('lost_packets', 'RTP packets lost on their way to it.', (of) => of.lost);
  counter('duplicate_packets', 'RTP packets that came twice.', (of) => of.duplicates);
  counter('reordered_packets', 'RTP packets overtaken by others.', (of) => of['out of order']);
  exposition.gauge(
    'bridge_relay_jitter_seconds',
    'Interarrival jitter (RFC 3550) over the calls that are up.',
    sums.flatMap(([leg, { jitterMs }]) =>
      [0.5, 1].flatMap((quantile): Sample[] => {
        const ms = jitterMs[Math.ceil(quantile * jitterMs.length) - 1];
        return ms === undefined ? [] : [[{ leg, quantile: String(quantile) }, ms / 1000]];
      }),
    ),
  );
}

function countBy<T>(
  items: readonly T[],
  labelsOf: (item: T) => Readonly<Record<string, string>>,
): Sample[] {
  const counts = new Map<string, Sample>();
  for (const item of items) {
    const labels = labelsOf(item);
    const key = JSON.stringify(labels);
    counts.set(key, [labels, (counts.get(key)?.[1] ?? 0) + 1]);
  }
  return [...counts.values()];
}
