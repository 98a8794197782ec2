import { describe, expect, it } from 'vitest';
import { Recorder } from '../../../softphone/recorder.ts';

const SSRC = 7;

function put(recorder: Recorder, timestamp: number, arrivalMs: number, value: number, ssrc = SSRC) {
  const position = recorder.place(ssrc, timestamp >>> 0, arrivalMs);
  recorder.room(position, 160)?.fill(value);
  return position;
}

describe('recorder', () => {
  it('anchors the first packet by its arrival and all others by their timestamps', () => {
    const recorder = new Recorder(1000);
    expect(put(recorder, 5000, 1012.5, 1)).toBe(100);
    // 40 ms late on the network: its place is still right behind the first.
    expect(put(recorder, 5160, 1075, 2)).toBe(260);
    const samples = recorder.samples(1000, 1052.5);
    expect(samples).toHaveLength(420);
    expect(samples[99]).toBe(0);
    expect(samples[100]).toBe(1);
    expect(samples[259]).toBe(1);
    expect(samples[260]).toBe(2);
    expect(samples[419]).toBe(2);
  });

  it('leaves a lost packet as silence and puts a late one where it belongs', () => {
    const recorder = new Recorder(0);
    put(recorder, 0, 0, 1);
    put(recorder, 480, 60, 4);
    put(recorder, 160, 65, 2);
    const samples = recorder.samples(0, 80);
    expect(samples).toHaveLength(640);
    const packets = [0, 1, 2, 3].map((n) => new Set(samples.subarray(n * 160, (n + 1) * 160)));
    expect(packets).toEqual([new Set([1]), new Set([2]), new Set([0]), new Set([4])]);
  });

  it('goes on over a wrap of the timestamp, out of order too', () => {
    const recorder = new Recorder(0);
    put(recorder, 2 ** 32 - 160, 0, 1);
    expect(put(recorder, 160, 41, 3)).toBe(320);
    expect(put(recorder, 0, 42, 2)).toBe(160);
    expect(put(recorder, 320, 60, 4)).toBe(480);
  });

  it('keeps minutes of silence suppression at their true length', () => {
    const recorder = new Recorder(0);
    put(recorder, 0, 0, 1);
    expect(put(recorder, 8000 * 120, 120_003, 2)).toBe(8000 * 120);
  });

  it('anchors a restarted stream by its arrival', () => {
    const recorder = new Recorder(0);
    put(recorder, 0, 0, 1);
    expect(put(recorder, 3_000_000_000, 100, 2)).toBe(800);
    expect(put(recorder, 3_000_000_160, 121, 3)).toBe(960);
    expect(put(recorder, 42, 200, 4, SSRC + 1)).toBe(1600);
  });

  it('cuts from any moment to any other', () => {
    const recorder = new Recorder(0);
    put(recorder, 0, 0, 1);
    put(recorder, 160, 20, 2);
    expect([...new Set(recorder.samples(10, 40).subarray(0, 80))]).toEqual([1]);
    expect(recorder.samples(10, 40)).toHaveLength(240);
    expect(recorder.samples(100, 200)).toEqual(new Int16Array(800));
    // What has already come is kept even when it lies beyond the end.
    expect(recorder.samples(0, 10)).toHaveLength(320);
  });

  it('drops what lies before its origin', () => {
    const recorder = new Recorder(1000);
    put(recorder, 160, 1000, 2);
    expect(put(recorder, 0, 1001, 1)).toBe(-160);
    expect(recorder.samples(1000, 1020)).toEqual(new Int16Array(160).fill(2));
  });
});
