import { describe, expect, it } from 'vitest';
import { UtteranceCutter } from '../../../agent/demo/utterance.ts';
import { Vad, type VadEvent } from '../../../audio/vad.ts';

const BLOCK = 160;

/** Deterministic noise of an RMS in dBFS. */
function noise(dbfs: number, length: number): Int16Array {
  const peak = 32_768 * 10 ** (dbfs / 20) * Math.sqrt(3);
  let state = 1;
  return Int16Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.round(peak * (state / 2 ** 31 - 1));
  });
}

/** Events with the ms at which the block that caused them ended. */
function eventsOf(samples: Int16Array, hangoverMs = 240): [VadEvent, number][] {
  const vad = new Vad({ sampleRate: 16_000, hangoverMs });
  const events: [VadEvent, number][] = [];
  for (let at = 0; at + BLOCK <= samples.length; at += BLOCK) {
    const event = vad.push(samples.subarray(at, at + BLOCK));
    if (event !== undefined) events.push([event, (at + BLOCK) / 16]);
  }
  return events;
}

function sequence(...parts: readonly (readonly [dbfs: number, ms: number])[]): Int16Array {
  return Int16Array.from(parts.flatMap(([dbfs, ms]) => [...noise(dbfs, ms * 16)]));
}

describe('the VAD', () => {
  it('begins after 50 ms of sound and ends a hangover after it', () => {
    expect(eventsOf(sequence([-90, 500], [-20, 600], [-90, 500]))).toEqual([
      ['speech_started', 550],
      ['speech_ended', 1340],
    ]);
  });

  it('is not fooled by a click', () => {
    expect(eventsOf(sequence([-90, 500], [-6, 40], [-90, 500]))).toEqual([]);
  });

  it('bridges pauses shorter than the hangover', () => {
    expect(eventsOf(sequence([-90, 200], [-20, 300], [-90, 230], [-20, 300], [-90, 400]))).toEqual([
      ['speech_started', 250],
      ['speech_ended', 1270],
    ]);
  });

  it('hears speech above a noisy line, and no speech in the noise alone', () => {
    const line = sequence([-45, 6000], [-22, 500], [-45, 500]);
    const events = eventsOf(line).filter(([, at]) => at > 5000);
    expect(events).toEqual([
      ['speech_started', 6050],
      ['speech_ended', 6740],
    ]);
  });

  it('rounds a hangover up to whole blocks', () => {
    expect(new Vad({ sampleRate: 8000, hangoverMs: 235 })).toMatchObject({
      hangoverMs: 240,
      blockSamples: 80,
    });
  });
});

describe('the cutter', () => {
  it('keeps what was said with 100 ms around it, whatever the packets', () => {
    const said = noise(-20, 600 * 16);
    const line = Int16Array.from([...noise(-90, 500 * 16), ...said, ...noise(-90, 500 * 16)]);
    const log: unknown[] = [];
    let utterance = new Int16Array();
    const cutter = new UtteranceCutter(16_000, 240, {
      onStart: () => log.push('start'),
      onProgress: (ms) => log.push(ms),
      onEnd: (samples, ms) => {
        utterance = Int16Array.from(samples);
        log.push(['end', ms]);
      },
    });
    for (let at = 0; at < line.length; at += 333) cutter.push(line.subarray(at, at + 333));
    expect(log).toEqual(['start', 400, ['end', 600]]);
    expect(utterance).toEqual(line.subarray(400 * 16, 1200 * 16));
  });

  it('cuts an endless utterance at half a minute', () => {
    let length = 0;
    const cutter = new UtteranceCutter(16_000, 240, {
      onStart: () => undefined,
      onProgress: () => undefined,
      onEnd: (samples) => (length = samples.length),
    });
    const minute = noise(-20, 60 * 16_000);
    for (let at = 0; at < minute.length; at += 3200) cutter.push(minute.subarray(at, at + 3200));
    cutter.push(new Int16Array(16_000));
    expect(length / 16_000).toBeGreaterThan(29);
    expect(length / 16_000).toBeLessThanOrEqual(30);
  });
});
