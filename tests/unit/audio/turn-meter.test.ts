import { describe, expect, it } from 'vitest';
import { TurnMeter } from '../../../audio/turn-meter.ts';
import type { Turn } from '../../../common/figures.ts';
import { sine } from './signals.ts';

const RATE = 8000;
const FRAME = 160;
const LOUD = sine(440, RATE, FRAME, 8000);
const QUIET = new Int16Array(FRAME);

/** Runs 20 ms at a time; who speaks is given as spans of milliseconds. */
class Scene {
  readonly answered: Turn[] = [];
  readonly meter = new TurnMeter({
    sampleRate: RATE,
    onAnswer: (turn) => this.answered.push({ ...turn }),
  });
  #now = 5000;

  constructor() {
    this.meter.start(5000);
  }

  run(untilMs: number, caller: readonly Span[], agent: readonly Span[], answer = 1): this {
    for (; this.#now < 5000 + untilMs;) {
      this.#now += 20;
      const at = this.#now - 5000;
      const says = (spans: readonly Span[]) => spans.some(([from, to]) => at > from && at <= to);
      this.meter.hear(says(caller) ? LOUD : QUIET, this.#now);
      this.meter.speak(says(agent) ? LOUD : QUIET, this.#now, answer);
    }
    return this;
  }
}

type Span = readonly [from: number, to: number];

it('measures from the caller’s last sound to the agent’s first', () => {
  const { meter, answered } = new Scene().run(4000, [[500, 1500]], [[2100, 3000]]);
  expect(meter.turns).toEqual([
    {
      id: 1,
      callerStartedMs: 500,
      callerEndedMs: 1500,
      agentStartedMs: 2120,
      agentEndedMs: 3000,
      latencyMs: 620,
      answer: 1,
    },
  ]);
  expect(answered.map(({ latencyMs }) => latencyMs)).toEqual([620]);
});

it('is exact to 10 ms whatever the packets’ length', () => {
  const meter = new TurnMeter({ sampleRate: RATE, onAnswer: () => undefined });
  meter.start(0);
  // 60 ms packets, the last sound 20 ms into one of them.
  const voice = sine(440, RATE, 480 * 4 + 160, 8000);
  const stream = new Int16Array(480 * 20);
  stream.set(voice);
  for (let n = 0; n < 20; n++) meter.hear(stream.subarray(n * 480, n * 480 + 480), (n + 1) * 60);
  expect(meter.turns[0]?.callerEndedMs).toBe(260);
});

it('takes a pause within the caller’s speech for a part of it', () => {
  const { meter } = new Scene().run(
    4000,
    [
      [200, 800],
      [1300, 1800],
    ],
    [[2300, 3000]],
  );
  expect(meter.turns).toHaveLength(1);
  expect(meter.turns[0]).toMatchObject({
    callerStartedMs: 200,
    callerEndedMs: 1800,
    latencyMs: 520,
  });
});

it('an agent quicker than the end of speech is detected has its true latency', () => {
  const { meter } = new Scene().run(2000, [[200, 1000]], [[1080, 1500]]);
  expect(meter.turns[0]).toMatchObject({ callerEndedMs: 1000, latencyMs: 100 });
});

it('a greeting is a turn without a latency', () => {
  const { meter } = new Scene().run(2000, [], [[100, 1000]]);
  expect(meter.turns).toEqual([{ id: 1, agentStartedMs: 120, agentEndedMs: 1000, answer: 1 }]);
});

it('an answer is one turn whatever its pauses; after a long one the agent speaks anew', () => {
  const spoken: Span[] = [
    [100, 1000],
    [1600, 2500],
    [5000, 6000],
  ];
  const { meter, answered } = new Scene().run(7000, [], spoken);
  expect(meter.turns).toEqual([
    { id: 1, agentStartedMs: 120, agentEndedMs: 2500, answer: 1 },
    { id: 2, agentStartedMs: 5020, agentEndedMs: 6000, answer: 1 },
  ]);
  expect(answered).toHaveLength(2);
});

it('an answer that goes on while the caller says something has not begun anew', () => {
  const { meter } = new Scene().run(
    6000,
    [
      [200, 1000],
      [2500, 2700],
    ],
    [
      [1500, 3500],
      [4500, 5000],
    ],
  );
  expect(meter.turns.map(({ latencyMs }) => latencyMs)).toEqual([520, 1820]);
  expect(meter.turns[0]?.agentEndedMs).toBe(3500);
});

it('after a cut the next sound is a new answer, however soon it comes', () => {
  const scene = new Scene().run(3000, [[200, 1000]], [[1500, 3000]]);
  scene.meter.cut('agent');
  scene.run(5000, [[2700, 3400]], [[3600, 5000]], 2);
  expect(scene.meter.turns).toMatchObject([
    { latencyMs: 520, cutBy: 'agent', agentEndedMs: 3000, answer: 1 },
    { callerEndedMs: 3400, latencyMs: 220, answer: 2 },
  ]);
});

it('an agent that begins while the caller speaks has no latency', () => {
  const { meter } = new Scene().run(3000, [[200, 2000]], [[1000, 2500]]);
  expect(meter.turns).toHaveLength(1);
  expect(meter.turns[0]).toMatchObject({ overlapped: true, callerEndedMs: 2000 });
  expect(meter.turns[0]?.latencyMs).toBeUndefined();
});

describe('the agent’s own claims', () => {
  const claims = { totalMs: 300, llmMs: 200, ttsMs: 100 };

  it('belong to the answer that is being spoken', () => {
    const scene = new Scene().run(2500, [[200, 1000]], [[1500, 2500]]);
    scene.meter.claim(claims);
    expect(scene.meter.turns).toMatchObject([{ latencyMs: 520, claims }]);
  });

  it('may come before its first sound', () => {
    const scene = new Scene().run(1400, [[200, 1000]], []);
    scene.meter.claim(claims);
    scene.run(2000, [], [[1500, 2000]]);
    expect(scene.meter.turns).toMatchObject([{ latencyMs: 520, claims }]);
  });
});

it('keeps the newest hundred', () => {
  const scene = new Scene();
  for (let n = 0; n < 110; n++) {
    scene.run((n + 1) * 1000, [], [[n * 1000 + 500, n * 1000 + 560]], n);
  }
  expect(scene.meter.turns).toHaveLength(100);
  expect(scene.meter.turns.at(-1)?.id).toBe(110);
});
