/**
 * What the small charts of a call's network show, and from where on a figure is a trouble. The limits
 * are those people go by with telephony: ITU-T G.114 for delay (https://www.itu.int/rec/T-REC-G.114),
 * a MOS of 4 and 3.6 as users are satisfied, or many are not (G.107 annex B).
 */
import type { Sample, StreamFigures, StreamName } from '../timeline/types.ts';

export type Verdict = 'good' | 'fair' | 'bad';

export interface ChartLine {
  readonly name: string;
  /** A custom property of the palette. */
  readonly colour: string;
  /** Dashes tell two lines of one colour apart. */
  readonly dash?: readonly number[];
  readonly of: (sample: Sample) => number | undefined;
}

export interface Chart {
  readonly key: string;
  readonly name: string;
  /** What it means, in a sentence. */
  readonly meaning: string;
  readonly unit: string;
  readonly digits: number;
  readonly lines: readonly ChartLine[];
  /** From where on it is fair, and bad; falling where less is worse. None: no figure is a trouble. */
  readonly limits?: { readonly fair: number; readonly bad: number };
  /** The scale reaches at least from here to there. */
  readonly range: readonly [number, number];
}

const STREAMS: readonly (Omit<ChartLine, 'of'> & { readonly stream: StreamName })[] = [
  { stream: 'fromPhone', name: 'phone → bridge', colour: '--caller' },
  { stream: 'toPage', name: 'bridge → page', colour: '--caller', dash: [4, 3] },
  { stream: 'fromPage', name: 'page → bridge', colour: '--agent' },
  { stream: 'toPhone', name: 'bridge → phone', colour: '--agent', dash: [4, 3] },
];

function streams(figure: keyof StreamFigures): readonly ChartLine[] {
  return STREAMS.map(({ stream, ...line }) => ({
    ...line,
    of: ({ streams }) => streams[stream]?.[figure],
  }));
}

export const CHARTS: readonly Chart[] = [
  {
    key: 'loss',
    name: 'Loss',
    meaning: 'RTP packets that never came, of those of the last second.',
    unit: '%',
    digits: 1,
    lines: streams('lossPercent'),
    limits: { fair: 1, bad: 5 },
    range: [0, 2],
  },
  {
    key: 'jitter',
    name: 'Jitter',
    meaning: 'How unevenly packets come.',
    unit: 'ms',
    digits: 1,
    lines: streams('jitterMs'),
    limits: { fair: 20, bad: 50 },
    range: [0, 10],
  },
  {
    key: 'round-trip',
    name: 'Round trip',
    meaning: 'From page to phone and back, as RTCP measures it.',
    unit: 'ms',
    digits: 1,
    // Both of the page's statistics tell the same round trip.
    lines: [
      {
        name: 'page ↔ phone',
        colour: '--ink-2',
        of: ({ streams }) => streams.toPhone?.roundTripMs,
      },
    ],
    limits: { fair: 150, bad: 300 },
    range: [0, 20],
  },
  {
    key: 'mos',
    name: 'MOS',
    meaning: 'How people would rate the sound, 1 to 4.4, estimated from the three.',
    unit: '',
    digits: 1,
    lines: streams('mos'),
    limits: { fair: 4, bad: 3.6 },
    range: [1, 4.5],
  },
  {
    key: 'playout',
    name: 'Playout',
    meaning: 'Audio of the agent that waits to be played.',
    unit: 'ms',
    digits: 0,
    lines: [{ name: 'agent', colour: '--agent', of: ({ playoutMs }) => playoutMs }],
    range: [0, 200],
  },
  {
    key: 'socket',
    name: 'Agent’s socket',
    meaning: 'Bytes of the caller’s audio that the agent has not taken yet; 32 kB are a second.',
    unit: 'B',
    digits: 0,
    lines: [{ name: 'caller', colour: '--caller', of: ({ socketBytes }) => socketBytes }],
    limits: { fair: 8_000, bad: 32_000 },
    range: [0, 2_000],
  },
  {
    key: 'skew',
    name: 'Clock skew',
    meaning: 'How much slower (+) or faster (−) the phone’s clock is than this computer’s.',
    unit: 'ppm',
    digits: 0,
    lines: [{ name: 'phone', colour: '--caller', of: ({ skewPpm }) => skewPpm }],
    range: [-20, 20],
  },
];

/** The samples as uPlot takes them: seconds, then each line; what is not known is null. */
export function columnsOf({ lines }: Chart, samples: readonly Sample[]): (number | null)[][] {
  return [
    samples.map(({ at }) => at / 1_000),
    ...lines.map(({ of }) => samples.map((sample) => of(sample) ?? null)),
  ];
}

export function judge({ limits }: Chart, value: number): Verdict {
  if (limits === undefined) return 'good';
  const { fair, bad } = limits;
  const isFalling = bad < fair;
  if (isFalling ? value < bad : value >= bad) return 'bad';
  return (isFalling ? value < fair : value >= fair) ? 'fair' : 'good';
}

/** The worst of all lines in one sample, or else in the newest that has any. */
export function valueAt(
  { lines, limits }: Chart,
  samples: readonly Sample[],
  index = samples.length - 1,
): number | undefined {
  for (let i = index; i >= 0; i -= 1) {
    const sample = samples[i];
    const values = sample === undefined ? [] : lines.flatMap(({ of }) => of(sample) ?? []);
    if (values.length > 0) {
      return limits !== undefined && limits.bad < limits.fair
        ? Math.min(...values)
        : Math.max(...values);
    }
  }
  return undefined;
}

export function formatValue({ unit, digits }: Chart, value: number | undefined): string {
  if (value === undefined) return '–';
  const text = (Math.abs(value) < 10 ** -digits / 2 ? 0 : value).toFixed(digits).replace('-', '−');
  return unit === '' ? text : `${text} ${unit}`;
}
