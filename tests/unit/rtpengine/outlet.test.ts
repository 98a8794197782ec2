import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { decodeG711 } from '../../../audio/g711.ts';
import { formatsOf } from '../../../rtpengine/embedded/codec.ts';
import type { Leg } from '../../../rtpengine/embedded/leg.ts';
import { Outlet } from '../../../rtpengine/embedded/outlet.ts';
import { Playback, digitSource } from '../../../rtpengine/embedded/sources.ts';
import { rtpPacket } from '../../support/rtp.ts';

const EVENTS = formatsOf(['m=audio 4 RTP/AVP 8 101', 'a=rtpmap:101 telephone-event/8000']);
const SPEECH = formatsOf(['m=audio 4 RTP/AVP 0']);

let sent: { readonly at: number; readonly packet: Buffer }[];
let outlet: Outlet;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  outlet = new Outlet(() => Date.now());
  outlet.leg = {
    send: (packet: Buffer) => sent.push({ at: Date.now() - start, packet }) > 0,
  } as unknown as Leg;
});
afterEach(() => vi.useRealTimers());
let start = 0;
beforeEach(() => (start = Date.now()));

test('a recording leaves a frame every 20 ms, by the clock of its beginning', () => {
  outlet.say(new Playback(new Int16Array(800), SPEECH));
  vi.advanceTimersByTime(200);
  expect(sent.map(({ at }) => at)).toEqual([0, 20, 40, 60, 80]);
  expect(outlet.isSpeaking).toBe(false);
});

test('a recording may be repeated', () => {
  outlet.say(new Playback(new Int16Array(320), SPEECH, 3));
  vi.advanceTimersByTime(500);
  expect(sent).toHaveLength(6);
});

test('while it is heard, the other party is not', () => {
  const theirs = rtpPacket({ sequence: 1, timestamp: 160, ssrc: 5 });
  outlet.say(new Playback(new Int16Array(320), SPEECH));
  expect(outlet.pass(theirs)).toBe(true);
  expect(sent.map(({ packet }) => packet.readUInt32BE(8))).not.toContain(5);
  vi.advanceTimersByTime(100);
  outlet.pass(theirs);
  expect(sent.at(-1)?.packet.readUInt32BE(8)).toBe(5);
});

test('hush ends it at once', () => {
  outlet.say(new Playback(new Int16Array(80_000), SPEECH));
  vi.advanceTimersByTime(50);
  outlet.hush();
  vi.advanceTimersByTime(500);
  expect(sent).toHaveLength(3);
});

test('a digit is an event of the length asked for, its end told three times, then a pause', () => {
  const digit = { code: 5, ms: 100, pauseMs: 100, volume: -10 };
  outlet.say(digitSource(digit, EVENTS));
  outlet.say(digitSource({ ...digit, code: 11 }, EVENTS));
  vi.advanceTimersByTime(1000);
  const told = sent.map(({ at, packet }) => [
    at,
    packet[12],
    ((packet[13] ?? 0) & 0x80) !== 0,
    packet.readUInt16BE(14),
  ]);
  expect(told).toEqual([
    [0, 5, false, 160],
    [20, 5, false, 320],
    [40, 5, false, 480],
    [60, 5, false, 640],
    [80, 5, true, 800],
    [80, 5, true, 800],
    [80, 5, true, 800],
    [200, 11, false, 160],
    [220, 11, false, 320],
    [240, 11, false, 480],
    [260, 11, false, 640],
    [280, 11, true, 800],
    [280, 11, true, 800],
    [280, 11, true, 800],
  ]);
  expect(new Set(sent.map(({ packet }) => packet.readUInt32BE(4))).size).toBe(2);
});

test('a party without events hears the two tones of the key', () => {
  outlet.say(digitSource({ code: 1, ms: 100, pauseMs: 100, volume: -8 }, SPEECH));
  vi.advanceTimersByTime(1000);
  expect(sent).toHaveLength(10);
  const heard = new Int16Array(800);
  sent.slice(0, 5).forEach(({ packet }, n) => {
    decodeG711('pcmu', packet.subarray(12), heard.subarray(n * 160));
  });
  const level = (hertz: number): number => {
    let [re, im] = [0, 0];
    heard.forEach((sample, i) => {
      re += sample * Math.cos((2 * Math.PI * hertz * i) / 8000);
      im += sample * Math.sin((2 * Math.PI * hertz * i) / 8000);
    });
    return Math.hypot(re, im) / heard.length;
  };
  expect(level(697)).toBeGreaterThan(1000);
  expect(level(1209)).toBeGreaterThan(1000);
  expect(level(941)).toBeLessThan(200);
  expect(Math.max(...heard.subarray(0, 160))).toBeGreaterThan(4000);
});
