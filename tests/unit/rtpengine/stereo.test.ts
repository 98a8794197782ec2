import { describe, expect, test } from 'vitest';
import { StereoTimeline } from '../../../rtpengine/embedded/stereo.ts';

const FRAME = 160;

function recorded(put: (timeline: StereoTimeline) => void, endMs: number): [number[], number[]] {
  const out: number[] = [];
  const timeline = new StereoTimeline(1000, (samples) => out.push(...samples));
  put(timeline);
  timeline.finish(endMs);
  return [out.filter((_, i) => i % 2 === 0), out.filter((_, i) => i % 2 === 1)];
}
const frame = (value: number): Int16Array => new Int16Array(FRAME).fill(value);

describe('stereo timeline', () => {
  test('each party on its side, at its time, silence elsewhere', () => {
    const [left, right] = recorded((timeline) => {
      timeline.put(0, { ssrc: 1, timestamp: 5000 }, frame(7), 1100);
      timeline.put(1, { ssrc: 2, timestamp: 90 }, frame(9), 1110);
    }, 1200);
    expect(left).toHaveLength(1600);
    expect(right).toHaveLength(1600);
    expect([left.indexOf(7), left.lastIndexOf(7)]).toEqual([800, 959]);
    expect([right.indexOf(9), right.lastIndexOf(9)]).toEqual([880, 1039]);
  });

  test('jitter and order of arrival move nothing', () => {
    const [left] = recorded((timeline) => {
      timeline.put(0, { ssrc: 1, timestamp: 0xffff_ff60 }, frame(1), 1000);
      timeline.put(0, { ssrc: 1, timestamp: 160 }, frame(3), 1045);
      timeline.put(0, { ssrc: 1, timestamp: 0 }, frame(2), 1046);
    }, 1060);
    expect(left.filter((_, i) => i % FRAME === 80)).toEqual([1, 2, 3]);
  });

  test('a stream that starts anew lies where it arrives', () => {
    const [left] = recorded((timeline) => {
      timeline.put(0, { ssrc: 1, timestamp: 0 }, frame(1), 1000);
      timeline.put(0, { ssrc: 2, timestamp: 77_777 }, frame(2), 1100);
      timeline.put(0, { ssrc: 2, timestamp: 5 }, frame(3), 1200);
    }, 1300);
    expect([1, 2, 3].map((value) => left.indexOf(value))).toEqual([0, 800, 1600]);
  });

  test('an hour of hold is an hour of silence, and what comes too late is left out', () => {
    const hour = 3_600_000;
    const chunks: number[] = [];
    const timeline = new StereoTimeline(0, (samples) => chunks.push(samples.length / 2));
    timeline.put(0, { ssrc: 1, timestamp: 0 }, frame(1), 0);
    timeline.put(0, { ssrc: 1, timestamp: hour * 8 }, frame(2), hour);
    timeline.put(1, { ssrc: 2, timestamp: 0 }, frame(3), hour - 900);
    timeline.finish(hour + 20);
    expect(chunks.reduce((sum, count) => sum + count, 0)).toBe(hour * 8 + FRAME);
    expect(Math.max(...chunks)).toBeLessThanOrEqual(32_000);
  });
});
