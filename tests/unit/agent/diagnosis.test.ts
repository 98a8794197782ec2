/** One test per remark: what makes it appear, and what is near to it and must not. */
import { describe, expect, it } from 'vitest';
import { EchoDetector } from '../../../agent/diagnosis/echo.ts';
import { FlowDiagnosis, type FlowSample } from '../../../agent/diagnosis/flow.ts';
import { PaceMeter } from '../../../agent/diagnosis/pace.ts';
import { VoiceDiagnosis } from '../../../agent/diagnosis/voice.ts';
import type { AgentEvent } from '../../../agent/dialects/types.ts';
import { pcmBytes } from '../../../agent/endpoint/pcm-bytes.ts';

const GOOD: FlowSample = {
  at: 0,
  isOpen: true,
  sentMs: 0,
  droppedFrames: 0,
  backlogBytes: 0,
  receivedBytes: 1,
  receivedMs: 0,
  queuedMs: 0,
  playedMs: 0,
  peakDbfs: -6,
};

/** Looks once a second; what each second says goes over the sample of a good call. */
function run(seconds: readonly Partial<FlowSample>[], events: readonly AgentEvent[][] = []) {
  const diagnosis = new FlowDiagnosis();
  let remarks: ReturnType<FlowDiagnosis['look']> = [];
  seconds.forEach((sample, second) => {
    const at = second * 1_000;
    for (const event of events[second] ?? []) diagnosis.onEvent(event, at);
    remarks = diagnosis.look({ ...GOOD, at, sentMs: at, ...sample });
  });
  return remarks;
}

const times = <T>(count: number, make: (n: number) => T) =>
  Array.from({ length: count }, (_, n) => make(n));
const codes = (remarks: ReturnType<FlowDiagnosis['look']>) => remarks.map(({ code }) => code);
const ANSWER: AgentEvent = { type: 'llm_response', text: 'Yes.' };

describe('FlowDiagnosis', () => {
  it('has nothing to say about a call that does well', () => {
    const busy = times(60, (n) => ({
      receivedMs: n * 900,
      queuedMs: 500,
      receivedBytes: n * 30_000,
    }));
    const turns: AgentEvent[][] = times(60, (n) =>
      n % 10 === 5 ? [ANSWER] : n % 10 === 8 ? [{ type: 'turn_complete' }] : [],
    );
    expect(run(busy, turns)).toEqual([]);
  });

  it('AGENT_NO_AUDIO: it listened for 8 s and sent nothing', () => {
    const mute = { receivedBytes: 0, peakDbfs: -100 };
    expect(run(times(8, () => mute))).toEqual([]);
    const [remark] = run(times(43, () => mute));
    expect(remark?.sentence).toMatch(/^The agent accepted 42\.0 s of audio and sent 0 bytes\./);
    expect(run(times(43, () => ({ ...mute, isOpen: false })))).toEqual([]);
  });

  it('AGENT_NO_AUDIO: it announces answers, but its sender of audio has stopped', () => {
    const spoke = times(30, () => ({ receivedBytes: 5_000 }));
    const answers: AgentEvent[][] = times(30, (n) =>
      n % 5 === 4 ? [ANSWER, { type: 'turn_complete' }] : [],
    );
    const [remark] = run(spoke, answers);
    expect(remark?.code).toBe('AGENT_NO_AUDIO');
    expect(remark?.sentence).toContain('its audio sender has stopped');
    const speaks = times(30, (n) => ({ receivedBytes: 5_000 + n * 1_000 }));
    expect(run(speaks, answers)).toEqual([]);
  });

  it('AGENT_ENDLESS: far ahead and still faster than real time', () => {
    const flood = times(30, (n) => ({ receivedMs: n * 6_000, queuedMs: n * 5_000 }));
    const [remark] = run(flood);
    expect(remark?.code).toBe('AGENT_ENDLESS');
    expect(remark?.sentence).toMatch(/145\.0 s ahead .* 6\.0 times as fast/);
    // A minute at once, and then no more of it.
    expect(run(times(30, () => ({ receivedMs: 60_000, queuedMs: 60_000 })))).toEqual([]);
  });

  it('AGENT_SILENCE: seconds of audio without a sound', () => {
    expect(codes(run([{ playedMs: 5_000, peakDbfs: -100 }]))).toEqual(['AGENT_SILENCE']);
    expect(run([{ playedMs: 4_000, peakDbfs: -100 }])).toEqual([]);
  });

  it('AGENT_OPEN_TURN: an answer that was begun is never complete', () => {
    expect(
      codes(
        run(
          times(40, () => ({})),
          [[ANSWER]],
        ),
      ),
    ).toEqual(['AGENT_OPEN_TURN']);
    expect(
      run(
        times(40, () => ({ queuedMs: 100 })),
        [[ANSWER]],
      ),
    ).toEqual([]);
    expect(
      run(
        times(40, () => ({})),
        [[ANSWER], [{ type: 'barge_in' }]],
      ),
    ).toEqual([]);
  });

  it('AGENT_SLOW: frames are lost, or wait', () => {
    const [remark] = run([{}, { droppedFrames: 7 }, { droppedFrames: 7 }]);
    expect(remark?.code).toBe('AGENT_SLOW');
    expect(remark?.sentence).toContain('7 frames were dropped');
    expect(codes(run([{ backlogBytes: 20_000 }]))).toEqual(['AGENT_SLOW']);
    // Lost while there was no connection: that has another cause and another sentence.
    expect(run([{ isOpen: false }, { droppedFrames: 7 }])).toEqual([]);
    expect(run([{}, { droppedFrames: 7 }, ...times(12, () => ({ droppedFrames: 7 }))])).toEqual([]);
  });
});

/** Speech's loudness: words of changing length and strength, the same for the same seed. */
function voice(seconds: number, seed: number): Int16Array[] {
  let state = seed;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const frames: Int16Array[] = [];
  while (frames.length < seconds * 50) {
    const level = random() < 0.4 ? 0 : 500 + random() * 9_000;
    const length = 4 + Math.floor(random() * 12);
    for (let i = 0; i < length; i += 1) {
      frames.push(Int16Array.from({ length: 160 }, (_, n) => level * Math.sin(n / 3)));
    }
  }
  return frames;
}

function echoOf(caller: readonly Int16Array[], agent: readonly Int16Array[]): number | undefined {
  const detector = new EchoDetector();
  let found: number | undefined;
  for (let i = 0; i < Math.min(caller.length, agent.length); i += 1) {
    detector.hearCaller(caller[i] ?? new Int16Array(160));
    detector.hearAgent(agent[i] ?? new Int16Array(160));
    if (i % 50 === 49) found = detector.look() ?? found;
  }
  return found;
}

describe('EchoDetector', () => {
  const silence = (frames: number) => times(frames, () => new Int16Array(160));

  it('finds the caller’s voice in the agent’s, and how late it is', () => {
    const caller = voice(10, 1);
    const quieter = caller.map((frame) => frame.map((sample) => sample / 3));
    expect(echoOf(caller, [...silence(9), ...quieter])).toBe(180);
  });

  it('is not misled by another voice, by an answer that repeats, nor by a hum', () => {
    expect(echoOf(voice(20, 1), voice(20, 77))).toBeUndefined();
    const word = voice(2, 5);
    const said = [...word, ...silence(150), ...word, ...silence(150), ...word, ...silence(150)];
    expect(echoOf(said, [...silence(125), ...said])).toBeUndefined();
    const hum = times(500, () => new Int16Array(160).fill(3_000));
    expect(echoOf(hum, hum)).toBeUndefined();
  });
});

describe('PaceMeter', () => {
  const likely = (set: number, real: number, chunkMs = 20, seconds = 5) => {
    const meter = new PaceMeter(set);
    for (let at = 0; at < seconds * 1_000; at += chunkMs) meter.push((chunkMs * real) / set, at);
    return meter.likelyRate;
  };

  it.each([
    [16_000, 24_000],
    [16_000, 8_000],
    [16_000, 48_000],
    [24_000, 16_000],
    [8_000, 16_000],
  ])('set to %i, sent at %i in real time: noticed', (set, real) => {
    expect(likely(set, real)).toBe(real);
    expect(likely(set, real, 60)).toBe(real);
  });

  it('has nothing against the right rate, nor a pace that fits none', () => {
    expect(likely(16_000, 16_000)).toBeUndefined();
    expect(likely(16_000, 16_000 * 0.667)).toBeUndefined();
    expect(likely(16_000, 24_000, 20, 2)).toBeUndefined();
  });

  it('does not judge an agent that sends in bursts', () => {
    const meter = new PaceMeter(16_000);
    for (let at = 0; at < 30_000; at += 400) meter.push(at % 2_000 === 0 ? 3_000 : 10, at);
    expect(meter.likelyRate).toBeUndefined();
  });
});

describe('VoiceDiagnosis', () => {
  it('says what to set', () => {
    const diagnosis = new VoiceDiagnosis({ encoding: 's16le', sampleRate: 16_000 });
    const bytes = pcmBytes(
      Int16Array.from({ length: 480 }, (_, i) => 9_000 * Math.sin(i / 9)),
      'f32le',
    );
    for (let at = 0; at < 5_000; at += 20) diagnosis.hearBytes(bytes, 30, at);
    expect(diagnosis.look()).toEqual([
      {
        code: 'AGENT_FORMAT',
        sentence: expect.stringContaining('set its output to f32le') as string,
      },
      {
        code: 'AGENT_RATE',
        sentence: expect.stringContaining('it probably is 24000 Hz') as string,
      },
    ]);
    diagnosis.setFormat({ encoding: 'f32le', sampleRate: 24_000 });
    for (let at = 0; at < 5_000; at += 20) diagnosis.hearBytes(bytes, 20, 10_000 + at);
    expect(diagnosis.look()).toEqual([]);
  });
});
