import { describe, expect, it } from 'vitest';
import { writeWav } from '../../../audio/wav.ts';
import { Happenings } from '../../../web/bridge/happenings.ts';
import { logToConsole, topicsOf } from '../../../web/debug/console-log.ts';
import { eventStream } from '../../../web/debug/event-stream.ts';
import { samplesOf } from '../../../web/debug/sound.ts';
import { UserTiming, type Performance } from '../../../web/debug/user-timing.ts';

describe('bridge.events', () => {
  it('gives a loop everything from its beginning on, and nobody anything after its end', async () => {
    const happenings = new Happenings();
    happenings.note('page', 'before', undefined);
    const events = eventStream(happenings);
    const reader = events[Symbol.asyncIterator]();
    const first = reader.next();
    happenings.note('agent', 'transcript', 'c1', { text: 'hello' });
    happenings.note('page', 'log', undefined, { text: 'x' });
    expect((await first).value).toMatchObject({
      from: 'agent',
      type: 'transcript',
      callId: 'c1',
      text: 'hello',
    });
    expect((await reader.next()).value).toMatchObject({ type: 'log' });
    const waiting = reader.next();
    await reader.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    happenings.note('page', 'after', undefined);
    expect((await reader.next()).done).toBe(true);
  });

  it('keeps the newest thousand for a loop that does not keep up', async () => {
    const happenings = new Happenings();
    const reader = eventStream(happenings)[Symbol.asyncIterator]();
    for (let i = 0; i < 1_500; i += 1) happenings.note('page', `${i}`, undefined);
    expect((await reader.next()).value).toMatchObject({ type: '500' });
    expect(happenings.recent.length).toBe(500);
  });
});

describe('what can be injected', () => {
  it('is a tone of that pitch, length and level, without clicks', async () => {
    const { samples, sampleRate } = await samplesOf({ hz: 1_000, ms: 100, dbfs: -6 });
    expect(sampleRate).toBe(16_000);
    expect(samples.length).toBe(1_600);
    expect(Math.max(...samples)).toBeGreaterThan(16_000);
    expect(Math.max(...samples)).toBeLessThan(16_500);
    expect([samples[0], samples[1_599]]).toEqual([0, 0]);
    let crossings = 0;
    for (let i = 1; i < samples.length; i += 1) {
      if ((samples[i - 1] ?? 0) < 0 && (samples[i] ?? 0) >= 0) crossings += 1;
    }
    expect(crossings).toBeGreaterThanOrEqual(98);
    expect(crossings).toBeLessThanOrEqual(100);
  });

  it('is a WAV file, or an error that says what is wrong', async () => {
    const wav = writeWav({ sampleRate: 8_000, channels: [Int16Array.of(1, 2, 3)] });
    const { samples, sampleRate } = await samplesOf(new Blob([wav.slice()]));
    expect([sampleRate, ...samples]).toEqual([8_000, 1, 2, 3]);
    await expect(samplesOf(new ArrayBuffer(3))).rejects.toMatchObject({ code: 'BAD_WAV' });
    await expect(samplesOf({ hz: -1 })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('?debug', () => {
  it('names topics and how much of each', () => {
    expect([...topicsOf('?start')]).toEqual([]);
    expect([...topicsOf('?debug')].map(([topic]) => topic)).toEqual(['sip', 'media', 'agent']);
    expect([...topicsOf('?debug=sip:info,agent,other,media:loud')]).toEqual([
      ['sip', 'info'],
      ['agent', 'debug'],
    ]);
  });

  it('logs each at its level, and nothing that was not asked for', () => {
    const happenings = new Happenings();
    const lines: string[] = [];
    const say = (level: string) => (text: unknown) => lines.push(`${level} ${String(text)}`);
    logToConsole(happenings, topicsOf('?debug=sip:info,agent'), {
      debug: say('debug'),
      info: say('info'),
      warn: say('warn'),
      error: say('error'),
    });
    happenings.note('page', 'sip', 'c', { summary: 'INVITE' });
    happenings.tell({ at: '', from: 'bridge', type: 'call' });
    happenings.note('agent', 'transcript', 'c', {});
    happenings.note('page', 'log', 'c', { level: 'warn', kind: 'agent' });
    happenings.note('page', 'log', 'c', { level: 'warn', kind: 'media' });
    expect(lines).toEqual(['info [sip] call', 'info [agent] transcript', 'warn [agent] log']);
  });
});

describe('UserTiming', () => {
  it('draws a turn once, by its parts, in a group of its call, and clears the oldest', () => {
    const measures = new Map<string, PerformanceMeasureOptions>();
    const performance: Performance = {
      timeOrigin: 1_000_000,
      measure: (name, options) => measures.set(name, options),
      clearMeasures: (name) => void measures.delete(name),
    };
    const timing = new UserTiming(performance);
    const turn = {
      id: 1,
      callerStartedMs: 1_000,
      callerEndedMs: 2_000,
      transcriptMs: 2_200,
      llmStartedMs: 2_250,
      llmEndedMs: 2_600,
      audioMs: 2_650,
      agentStartedMs: 2_700,
      agentEndedMs: 4_000,
      latencyMs: 700,
    };
    timing.turn('anna', 1_010_000, { id: 2, callerStartedMs: 5_000 });
    timing.turn('anna', 1_010_000, turn);
    timing.turn('anna', 1_010_000, turn);
    expect([...measures.keys()]).toEqual([
      'anna: Caller speaks (turn 1)',
      'anna: Waits 700 ms (turn 1)',
      'anna: Agent speaks (turn 1)',
      'anna: Transcript (turn 1)',
      'anna: LLM (turn 1)',
      'anna: First audio → heard (turn 1)',
    ]);
    expect(measures.get('anna: Waits 700 ms (turn 1)')).toEqual({
      start: 12_000,
      end: 12_700,
      detail: {
        devtools: {
          dataType: 'track-entry',
          track: 'Turns',
          trackGroup: 'anna',
          color: 'primary',
        },
      },
    });
    for (let id = 2; id < 200; id += 1) timing.turn('anna', 1_010_000, { ...turn, id });
    expect(measures.size).toBe(300);
    expect(measures.has('anna: Waits 700 ms (turn 1)')).toBe(false);
  });
});
