import { describe, expect, it } from 'vitest';
import { atRate, turnsOf } from '../../../server/replay/conversation.ts';
import { parseTalk } from '../../../server/replay/options.ts';
import { reportOf, reportText } from '../../../server/replay/report.ts';
import { VoiceTape } from '../../../server/replay/voice-tape.ts';

const RATE = 16_000;
/** Loud between the times, in ms. */
function voice(durationMs: number, ...spoken: (readonly [from: number, to: number])[]): Int16Array {
  return Int16Array.from({ length: (durationMs * RATE) / 1000 }, (_, n) => {
    const ms = (n * 1000) / RATE;
    const isLoud = spoken.some(([from, to]) => ms >= from && ms < to);
    return isLoud ? 8000 * Math.sin((2 * Math.PI * 300 * n) / RATE) : 0;
  });
}

describe('turnsOf', () => {
  it('measures from the end of one voice to the beginning of the other', () => {
    const caller = voice(6000, [500, 1500], [3500, 4500]);
    const agent = voice(6000, [1900, 2800], [4700, 5500]);
    const turns = turnsOf({ sampleRate: RATE, caller, agent });
    expect(turns).toHaveLength(2);
    for (const [i, wanted] of [400, 200].entries()) {
      expect(Math.abs((turns[i]?.latencyMs ?? 0) - wanted)).toBeLessThanOrEqual(15);
    }
  });

  it('knows a greeting, and a turn without an answer', () => {
    const turns = turnsOf({
      sampleRate: RATE,
      caller: voice(5000, [3000, 4000]),
      agent: voice(2000, [200, 1500]),
    });
    expect(turns.map(({ latencyMs }) => latencyMs)).toEqual([undefined, undefined]);
    expect(turns[1]?.callerEndedMs).toBeGreaterThan(3900);
  });
});

describe('VoiceTape', () => {
  it('puts pieces behind each other however fast they come, and at their time when they are late', () => {
    const tape = new VoiceTape(1000, 20);
    tape.push(Int16Array.of(1, 2, 3), 2);
    tape.push(Int16Array.of(4, 5), 2);
    tape.push(Int16Array.of(6), 12);
    expect([...tape.samples]).toEqual([0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('loses on a cut what has not been heard, and what comes after the end', () => {
    const tape = new VoiceTape(1000, 8);
    tape.push(Int16Array.of(1, 2, 3, 4, 5), 0);
    tape.cut(2);
    tape.push(Int16Array.of(7), 3);
    tape.cut(7);
    tape.push(Int16Array.of(8, 8, 8), 7);
    tape.push(Int16Array.of(9), 7);
    expect([...tape.samples]).toEqual([1, 2, 0, 7, 0, 0, 0, 8]);
  });
});

it('atRate keeps the length and the level', () => {
  const up = atRate(voice(1000, [0, 1000]), RATE, 8000);
  expect(up).toHaveLength(8000);
  expect(Math.abs(Math.max(...up.subarray(1000, 7000)) - 8000)).toBeLessThan(200);
  const same = Int16Array.of(1, 2);
  expect(atRate(same, 8000, 8000)).toBe(same);
});

describe('the command line', () => {
  it('takes its own flags and leaves those of start', () => {
    expect(
      parseTalk([
        'call.wav',
        '--agent',
        'ws://127.0.0.1:1/x',
        '--out=kept',
        '--seconds',
        '12',
        '--json',
        '--dialect',
        'talky',
      ]),
    ).toMatchObject({
      file: 'call.wav',
      out: 'kept',
      seconds: 12,
      json: true,
      to: undefined,
      rest: ['--agent', 'ws://127.0.0.1:1/x', '--dialect', 'talky'],
    });
    expect(parseTalk(['--to', '1000', '--server', '127.0.0.1:5070'])).toMatchObject({
      to: '1000',
      server: { host: '127.0.0.1', port: 5070 },
      file: undefined,
    });
    expect(parseTalk(['-h'])).toBe('help');
  });

  it.each([
    [['--to'], '--to needs a value. See --help.'],
    [['--out='], '--out needs a value. See --help.'],
    [['--seconds', 'x'], '--seconds x: expected a number up to 3600.'],
    [['--server', ':1'], '--server :1: expected HOST or HOST:PORT, e.g. 127.0.0.1:5060.'],
  ])('refuses %j', (argv, message) => {
    expect(() => parseTalk(argv)).toThrow(message);
  });
});

it('the report puts replay and original side by side', () => {
  const turn = (id: number, callerEndedMs: number, latencyMs?: number) => ({
    id,
    callerStartedMs: 0,
    callerEndedMs,
    ...(latencyMs !== undefined && { latencyMs, agentStartedMs: callerEndedMs + latencyMs }),
  });
  const report = reportOf({
    with: 'demo',
    durationMs: 6000.4,
    turns: [turn(1, 1010, 480), turn(2, 4000)],
    original: [turn(1, 1000, 400), turn(2, 4000, 300)],
    saved: 'kept/x',
    heard: true,
    interrupted: false,
  });
  expect(report).toEqual({
    ok: true,
    exitCode: 0,
    with: 'demo',
    durationMs: 6000,
    turns: [
      { atMs: 1000, latencyMs: 480, originalMs: 400, deltaMs: 80 },
      { atMs: 4000, latencyMs: null, originalMs: 300, deltaMs: null },
    ],
    latency: { count: 1, p50: 480, p95: 480 },
    original: { count: 2, p50: 300, p95: 400 },
    saved: 'kept/x',
  });
  expect(reportText(report, true)).toBe(
    [
      'turn  caller silent at  agent after  originally  difference',
      '   1            1.00 s       480 ms      400 ms      +80 ms',
      '   2            4.00 s            –      300 ms           –',
      'replay: 1 answered turns, median 480 ms, 95 % 480 ms',
      'original: 2 answered turns, median 300 ms, 95 % 400 ms',
      'kept as kept/x.wav and kept/x.ndjson',
      '',
    ].join('\n'),
  );
});
