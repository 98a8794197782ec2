import { describe, expect, test } from 'vitest';
import { decodeG711, encodeG711, type Law } from '../../../audio/g711.ts';
import { Resampler } from '../../../audio/resampler.ts';
import {
  chooseCapture,
  type Capture,
  type CaptureChoice,
  type CaptureMode,
} from '../../../web/media/capture.ts';
import { CallerAudio, type EncodedFrame } from '../../../web/media/caller-audio.ts';
import { isG711Offer } from '../../../web/media/offered-codec.ts';
import { Scope } from '../../../web/media/scope.ts';
import { CLIPPED } from '../../../web/timeline/envelope.ts';

function listen(): {
  readonly audio: CallerAudio;
  readonly frames: number[][];
  readonly digits: string[];
  readonly unknown: string[];
  readonly captures: string[];
} {
  const frames: number[][] = [];
  const digits: string[] = [];
  const unknown: string[] = [];
  const captures: string[] = [];
  const audio = new CallerAudio({
    input: { sampleRate: 16_000, frameMs: 20 },
    send: (frame) => frames.push([...frame]),
    onDigit: (digit) => digits.push(digit),
    onKey: () => undefined,
    onCodec: (mimeType, canDecode) => {
      if (!canDecode) unknown.push(mimeType);
    },
    onCapture: (capture) => captures.push(capture),
  });
  return { audio, frames, digits, unknown, captures };
}

function packet(mimeType: string, rtpTimestamp: number, payload: Uint8Array): EncodedFrame {
  return {
    data: Uint8Array.from(payload).buffer,
    metadata: { mimeType, rtpTimestamp, synchronizationSource: 7 },
  };
}

function chirp(law: Law, n: number): Uint8Array {
  const samples = Int16Array.from({ length: 160 }, (_, i) => {
    const t = n * 160 + i;
    return Math.round(8_000 * Math.sin(t * 0.05 + t * t * 0.00002));
  });
  const bytes = new Uint8Array(160);
  encodeG711(law, samples, bytes);
  return bytes;
}

describe('CallerAudio', () => {
  test.each([
    ['audio/PCMU', 'pcmu'],
    ['audio/PCMA', 'pcma'],
  ] as const)('makes frames of 20 ms at 16 kHz of %s', (mimeType, law) => {
    const { audio, frames } = listen();
    const resampler = new Resampler({ from: 8_000, to: 16_000 });
    const expected: number[][] = [];
    for (let n = 0; n < 20; n += 1) {
      const bytes = chirp(law, n);
      const samples = new Int16Array(160);
      decodeG711(law, bytes, samples);
      expected.push([...resampler.process(samples)]);
      audio.pushEncoded(packet(mimeType, 1_000 + n * 160, bytes), n * 20);
    }
    expect(frames).toEqual(expected);
    expect(audio.packets).toBe(20);
  });

  test('50 frames a second from the start, before and between packets', () => {
    const { audio, frames } = listen();
    for (let now = 0; now <= 2_000; now += 20) {
      if (now >= 300 && now < 1_000) {
        const n = (now - 300) / 20;
        audio.pushEncoded(packet('audio/PCMU', n * 160, chirp('pcmu', n)), now);
      }
      audio.tick(now);
    }
    expect(frames.length).toBeGreaterThanOrEqual(98);
    expect(frames.length).toBeLessThanOrEqual(100);
  });

  test('a lost packet is concealed, the stream stays whole', () => {
    const { audio, frames } = listen();
    for (let n = 0; n < 50; n += 1) {
      if (n !== 20) audio.pushEncoded(packet('audio/PCMU', n * 160, chirp('pcmu', n)), n * 20);
      audio.tick(n * 20 + 10);
    }
    expect(frames).toHaveLength(50);
    expect(audio.timeline.counters.concealedMs).toBe(20);
  });

  test('each key press is told once, however often its packets are repeated', () => {
    const { audio, digits } = listen();
    for (const [timestamp, event] of [
      [0, 5],
      [0, 5],
      [0, 5],
      [800, 5],
      [1_600, 11],
      [1_600, 11],
    ] as const) {
      audio.pushEncoded(
        packet('audio/telephone-event', timestamp, Uint8Array.of(event, 0x0a, 0, 160)),
        0,
      );
    }
    expect(digits).toEqual(['5', '5', '#']);
  });

  test('a codec that cannot be decoded is told once; broken packets change nothing', () => {
    const { audio, frames, unknown } = listen();
    for (let n = 0; n < 3; n += 1) audio.pushEncoded(packet('audio/G722', n, chirp('pcmu', n)), 0);
    audio.pushEncoded(packet('audio/CN', 0, Uint8Array.of(64)), 0);
    audio.pushEncoded(packet('audio/PCMU', 0, new Uint8Array(0)), 0);
    audio.pushEncoded(packet('audio/PCMU', 0, new Uint8Array(20_000)), 0);
    audio.pushEncoded(packet('audio/telephone-event', 0, Uint8Array.of(200, 0, 0, 0)), 0);
    expect(unknown).toEqual(['audio/G722']);
    expect(frames).toEqual([]);
  });

  test('decoded audio follows the rate the browser delivers', () => {
    const { audio, frames, captures } = listen();
    audio.use('track');
    expect(captures).toEqual(['track']);
    for (let n = 0; n < 3; n += 1) audio.pushDecoded('track', new Int16Array(480), 48_000, n * 10);
    for (let n = 3; n < 100; n += 1) {
      audio.pushDecoded('track', new Int16Array(80).fill(9), 8_000, n * 10);
    }
    // A track fills its own gaps: the clock does not add to it.
    audio.tick(1_000);
    expect(frames).toHaveLength(50);
  });

  test('a track that stops is filled by the clock', () => {
    const { audio, frames } = listen();
    audio.use('track');
    audio.tick(0);
    for (let now = 10; now <= 500; now += 10) {
      audio.pushDecoded('track', new Int16Array(80).fill(9), 8_000, now);
    }
    for (let now = 510; now <= 2_000; now += 10) audio.tick(now);
    expect(frames.length).toBeGreaterThanOrEqual(97);
    expect(frames.length).toBeLessThanOrEqual(100);
  });

  test('the way can be changed in the middle of a word: not a sample more or less', () => {
    const { audio, frames, captures } = listen();
    const heard: number[] = [];
    const said = (n: number) => {
      const samples = new Int16Array(160);
      decodeG711('pcmu', chirp('pcmu', n % 60), samples);
      return samples;
    };
    for (let now = 0; now < 4_000; now += 10) {
      if (now === 1_000) audio.use('track');
      if (now === 2_500) audio.use('encoded');
      if (now % 20 === 0) {
        const n = now / 20;
        audio.pushEncoded(packet('audio/PCMU', n * 160, chirp('pcmu', n % 60)), now);
      }
      // The jitter buffer: 40 ms behind, 10 ms at a time.
      if (audio.needs('track') && now >= 40) {
        const half = ((now - 40) % 20) * 8;
        const samples = said(Math.floor((now - 40) / 20)).subarray(half, half + 80);
        audio.pushDecoded('track', samples, 8_000, now);
      }
      audio.tick(now);
    }
    expect(captures).toEqual(['track', 'encoded']);
    const resampler = new Resampler({ from: 8_000, to: 16_000 });
    for (let n = 0; n < 200; n += 1) heard.push(...resampler.process(said(n)));
    expect(frames.flat()).toEqual(heard);
  });
});

test('the first format of the offer decides the capture', () => {
  const offer = (formats: string) => `v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF ${formats}\r\na=mid:0\r\n`;
  expect(isG711Offer(offer('0 101'))).toBe(true);
  expect(isG711Offer(offer('8'))).toBe(true);
  expect(isG711Offer(offer('9 0 8'))).toBe(false);
  expect(isG711Offer(offer('111 0'))).toBe(false);
  expect(isG711Offer('')).toBe(false);
});

test('the scope gives lowest, highest and RMS of every 20 ms, clipping, and the level', () => {
  const scope = new Scope();
  scope.push(new Int16Array(100).fill(-16_384));
  scope.push(new Int16Array(60).fill(8_192));
  scope.push(new Int16Array(160).fill(32_767));
  scope.push(new Int16Array(40));
  const { columns, peakDbfs } = scope.read();
  const rms = Math.floor(Math.sqrt((100 * 16_384 ** 2 + 60 * 8_192 ** 2) / 160));
  expect([...columns]).toEqual([-16_384, 8_192, rms, 0, 0, 32_767, 32_767, CLIPPED]);
  expect(peakDbfs).toBeCloseTo(0, 2);
  expect(scope.read().columns).toHaveLength(0);
});

test.each<[CaptureMode, Partial<CaptureChoice>, Capture | undefined]>([
  ['auto', { encoded: true, track: true, worklet: true }, 'encoded'],
  ['auto', { track: true, worklet: true }, 'track'],
  ['auto', { worklet: true }, 'worklet'],
  ['track', { encoded: true, track: true, worklet: true }, 'track'],
  ['worklet', { encoded: true, track: true, worklet: true }, 'worklet'],
  ['encoded', { track: true, worklet: true }, 'track'],
  ['track', { encoded: true, worklet: true }, 'encoded'],
  ['auto', {}, undefined],
])('capture %s with %j is %s', (mode, can, expected) => {
  const choice = { encoded: false, track: false, worklet: false, ...can };
  expect(chooseCapture(mode, choice)).toBe(expected);
});
