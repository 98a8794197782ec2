import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { RtpTimeline, type TimelineKind } from '../../../audio/rtp-timeline.ts';
import { compare } from '../../../audio/compare.ts';
import { concat, firstDifference, randomSource, sine, speechLike, steepest } from './signals.ts';

const RATE = 8000;
const SSRC = 0xdecafbad;

interface Emitted {
  readonly kind: TimelineKind;
  readonly samples: Int16Array;
  /** Position of the first sample. */
  readonly at: number;
  readonly now: number;
}

/** A timeline with a clock, a pacer that ticks every 10 ms, and everything that came out. */
class Bench {
  readonly out: Emitted[] = [];
  total = 0;
  now = 0;
  readonly timeline = new RtpTimeline({
    clockRate: RATE,
    emit: (samples, kind) => {
      this.out.push({ kind, samples: samples.slice(), at: this.total, now: this.now });
      this.total += samples.length;
    },
  });

  /** Ticks up to `now` and pushes a frame whose samples all hold `value`. */
  push(now: number, timestamp: number, value: number, length = 160, ssrc = SSRC): void {
    this.until(now);
    this.timeline.push(timestamp, ssrc, new Int16Array(length).fill(value), now);
  }

  until(now: number): void {
    for (let next = (Math.floor(this.now / 10) + 1) * 10; next <= now; next += 10) {
      this.now = next;
      this.timeline.tick(next);
    }
    this.now = now;
  }

  /** One letter per 20 ms: the frame's value, `c`oncealed or `.` for silence. */
  get picture(): string {
    return this.out
      .flatMap(({ kind, samples }) =>
        Array.from({ length: Math.round(samples.length / 160) }, (_, i) =>
          kind === 'audio' ? String(samples[i * 160 + 159]) : kind === 'concealed' ? 'c' : '.',
        ),
      )
      .join('');
  }
}

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
});

describe('in order', () => {
  it('emits each frame but the first the moment it arrives, bit for bit', () => {
    const voice = speechLike(RATE, 160 * 50);
    for (let i = 0; i < 50; i++) {
      bench.until(i * 20);
      bench.timeline.push(1000 + i * 160, SSRC, voice.subarray(i * 160, i * 160 + 160), i * 20);
      expect(bench.total).toBe(i === 0 ? 0 : (i + 1) * 160);
    }
    expect(concat(bench.out.map(({ samples }) => samples))).toEqual(voice);
    expect(bench.timeline.counters).toEqual({
      received: 50,
      late: 0,
      duplicate: 0,
      concealedMs: 0,
      silenceMs: 0,
      resyncs: 0,
      addedMs: 0,
      leftOutMs: 0,
    });
  });

  it('crosses the wrap of the 32-bit timestamp', () => {
    for (let i = 0; i < 6; i++) bench.push(i * 20, (0xffffffff - 319 + i * 160) % 2 ** 32, i);
    expect(bench.picture).toBe('012345');
    expect(bench.timeline.counters.resyncs).toBe(0);
  });

  it.each([10, 30, 60, 120])('takes packets of %d ms', (ptime) => {
    const length = ptime * 8;
    for (let i = 0; i < 10; i++) bench.push(i * ptime, i * length, i, length);
    bench.until(9 * ptime + 5);
    expect(bench.out.map(({ kind, samples }) => [kind, samples[0], samples.length])).toEqual(
      Array.from({ length: 10 }, (_, i) => ['audio', i, length]),
    );
  });

  it('takes a change of packet time in the middle', () => {
    bench.push(0, 0, 1);
    bench.push(20, 160, 2, 80);
    bench.push(30, 240, 3, 480);
    expect(bench.out.map(({ samples }) => samples.length)).toEqual([160, 80, 480]);
  });
});

describe('disorder and loss', () => {
  it('lets a frame wait for the one before it', () => {
    bench.push(0, 0, 0);
    bench.push(20, 320, 2);
    expect(bench.picture).toBe('0');
    bench.push(31, 160, 1);
    expect(bench.picture).toBe('012');
    expect(bench.timeline.counters.concealedMs).toBe(0);
  });

  it('waits one packet time at most, then conceals and goes on', () => {
    bench.push(0, 0, 0);
    bench.push(41, 320, 2);
    bench.until(60);
    expect(bench.picture).toBe('0');
    bench.until(61);
    bench.timeline.tick(61);
    expect(bench.picture).toBe('0c2');
    expect(bench.timeline.counters.concealedMs).toBe(20);
  });

  it('conceals by the next packet when nobody ticks', () => {
    const { timeline } = bench;
    for (const i of [0, 1, 3, 4, 5])
      timeline.push(i * 160, SSRC, new Int16Array(160).fill(i), i * 20);
    expect(bench.picture).toBe('01c345');
  });

  it('conceals two gaps, each in its own time', () => {
    bench.push(0, 0, 0);
    bench.push(40, 320, 2);
    bench.push(45, 640, 4);
    bench.until(60);
    expect(bench.picture).toBe('0c2');
    bench.until(70);
    expect(bench.picture).toBe('0c2c4');
  });

  it('drops a frame that comes after its concealment, and what comes twice', () => {
    bench.push(0, 0, 0);
    bench.push(40, 320, 2);
    bench.push(41, 320, 2);
    bench.push(60, 480, 3);
    bench.push(62, 160, 1);
    bench.push(63, 480, 3);
    expect(bench.picture).toBe('0c23');
    expect(bench.timeline.counters).toMatchObject({ received: 6, late: 1, duplicate: 2 });
  });

  it('fills a long gap with 60 ms of concealment and silence after that', () => {
    bench.push(0, 0, 7000);
    bench.push(20, 160, 7000);
    bench.push(120, 960, 1);
    bench.until(145);
    expect(bench.out.map(({ kind, samples }) => [kind, samples.length / 8])).toEqual([
      ['audio', 20],
      ['audio', 20],
      ['concealed', 60],
      ['silence', 20],
      ['audio', 20],
    ]);
  });

  it('is close to what was said where one packet in twenty is lost', () => {
    const voice = speechLike(RATE, 160 * 200);
    for (let i = 0; i < 200; i++) {
      bench.until(i * 20);
      if (i % 20 === 13) continue;
      bench.timeline.push(i * 160, SSRC, voice.subarray(i * 160, i * 160 + 160), i * 20);
    }
    bench.until(4000);
    const heard = concat(bench.out.map(({ samples }) => samples)).subarray(0, voice.length);
    const { correlation, offset } = compare(voice, heard, { maxOffset: 400 });
    expect(offset).toBeCloseTo(0, 1);
    expect(correlation).toBeGreaterThan(0.97);
  });
});

describe('when nothing comes', () => {
  /** `from`…`to` ms of packets, sent and received in real time. */
  function talk(from: number, to: number, delay = 0): void {
    for (let at = from; at < to; at += 20) bench.push(at + delay, at * 8, 1);
  }

  it('fills time by the wall clock: 50 frames a second, for ever', () => {
    talk(0, 200);
    for (let second = 1; second <= 60; second++) {
      bench.until(second * 1000 + 500);
      const due = (second * 1000 + 500) * 8;
      expect(due - bench.total).toBeGreaterThanOrEqual(0);
      expect(due - bench.total).toBeLessThanOrEqual(40 * 8);
    }
    expect(bench.picture.slice(0, 11)).toBe('1111111111.');
    expect(bench.out.slice(11).every(({ samples }) => samples.every((x) => x === 0))).toBe(true);
  });

  it('waits for 200 ms before it does', () => {
    talk(0, 100);
    bench.until(280);
    expect(bench.total).toBe(5 * 160);
    bench.until(290);
    expect(bench.total).toBeGreaterThan(5 * 160);
  });

  it('hears every word after a pause whose timestamps ran on (silence suppression)', () => {
    talk(0, 200);
    talk(1200, 1400);
    expect(bench.picture).toBe('1'.repeat(10) + '.'.repeat(50) + '1'.repeat(10));
    expect(bench.timeline.counters).toMatchObject({ late: 0, resyncs: 0, concealedMs: 0 });
  });

  it('keeps the part of a late frame that is not filled yet', () => {
    talk(0, 200);
    talk(1200, 1400, 30);
    const audio = bench.out.filter(({ kind }) => kind === 'audio').slice(10);
    expect(audio[0]?.samples.length).toBeLessThanOrEqual(160);
    expect(bench.total).toBe(1400 * 8);
    expect(bench.timeline.counters.late).toBeLessThanOrEqual(1);
  });

  it('stays in time over a stalled network: what is too late is lost, what is not is heard', () => {
    talk(0, 200);
    bench.until(600);
    for (let at = 200; at <= 600; at += 20)
      bench.timeline.push(at * 8, SSRC, new Int16Array(160).fill(2), 600);
    for (let at = 620; at < 800; at += 20) bench.push(at, at * 8, 3);
    expect(bench.total).toBe(800 * 8);
    expect(bench.picture).toMatch(/^1{10}\.{19}2{2}3{9}$/);
    expect(bench.timeline.counters).toMatchObject({ late: 19, resyncs: 0 });
  });

  it('does not go deaf when the path becomes longer for good', () => {
    talk(0, 200);
    talk(200, 3000, 500);
    const { late, resyncs } = bench.timeline.counters;
    expect(resyncs).toBe(1);
    expect(late).toBeLessThanOrEqual(6);
    // The pause and what was late were heard as silence; not a frame since.
    expect(bench.total).toBeGreaterThanOrEqual(3480 * 8 - 320);
    expect(bench.total).toBeLessThanOrEqual(3500 * 8);
  });

  it('drops a backlog that comes in slowly, and is back in the present after it', () => {
    talk(0, 200);
    for (let i = 0; i < 120; i++) bench.push(2200 + i * 4, 1600 + i * 160, 2);
    talk(2680, 3000);
    expect(bench.timeline.counters.resyncs).toBe(0);
    expect(bench.total).toBe(3000 * 8);
    expect(bench.picture.endsWith('1'.repeat(16))).toBe(true);
  });

  it('is not deaf after a caller who began with a burst and then paused', () => {
    for (let i = 0; i < 10; i++) bench.push(0, i * 160, 1);
    for (let i = 10; i < 1000; i++) bench.push((i - 9) * 20, i * 160, 1);
    const before = bench.timeline.counters.late;
    for (let i = 1100; i < 1150; i++) bench.push((i - 9) * 20, i * 160, 2);
    expect(bench.timeline.counters.late - before).toBe(0);
    expect(bench.picture.endsWith('2'.repeat(50))).toBe(true);
  });

  it('goes on after a hold during which the phone’s timestamps stood still', () => {
    talk(0, 200);
    for (let i = 0; i < 50; i++) bench.push(5200 + i * 20, 1600 + i * 160, 2);
    const { late, resyncs } = bench.timeline.counters;
    expect({ resyncs, late: late <= 6 }).toEqual({ resyncs: 1, late: true });
    expect(bench.picture.endsWith('2'.repeat(44))).toBe(true);
    expect(Math.abs(bench.total - 6200 * 8)).toBeLessThanOrEqual(320);
  });

  it('gives the agent time while the phone says nothing at all', () => {
    bench.until(2000);
    const silent = bench.total;
    expect(Math.abs(silent - 16_000)).toBeLessThanOrEqual(480);
    talk(2000, 2200);
    expect(Math.abs(bench.total - 2200 * 8)).toBeLessThanOrEqual(160);
    expect(bench.picture.endsWith('1'.repeat(10))).toBe(true);
    expect(bench.timeline.counters.resyncs).toBe(0);
  });

  it('excuses its caller’s own sleep: packets that wait to be read are heard', () => {
    talk(0, 200);
    bench.now = 900;
    bench.timeline.tick(900);
    for (let at = 200; at <= 900; at += 20)
      bench.timeline.push(at * 8, SSRC, new Int16Array(160).fill(2), 900);
    expect(bench.picture).toBe('1'.repeat(10) + '2'.repeat(36));
    expect(bench.timeline.counters).toMatchObject({ late: 0, silenceMs: 0 });
  });

  it('does not pour out the hours a machine was suspended', () => {
    talk(0, 200);
    bench.now = 3_600_000;
    bench.timeline.tick(3_600_000);
    bench.until(3_601_000);
    expect(bench.total).toBeLessThanOrEqual(1300 * 8);
    expect(bench.total).toBeGreaterThan(1000 * 8);
  });
});

describe('a new time base', () => {
  it.each([
    ['a new SSRC', 0x12345678, 999_999],
    ['a jump ahead', SSRC, 40 * 160 + 3_000_000_000],
    ['a jump of 2.5 s ahead', SSRC, 10 * 160 + 20_000],
    ['a jump back', SSRC, (2 ** 32 - 100_000) >>> 0],
  ])('%s goes on without a jump', (_, ssrc, timestamp) => {
    for (let i = 0; i < 10; i++) bench.push(i * 20, i * 160, 1);
    for (let i = 0; i < 10; i++)
      bench.push(200 + i * 20, (timestamp + i * 160) >>> 0, 2, 160, ssrc);
    expect(bench.picture).toBe('1'.repeat(10) + '2'.repeat(10));
    expect(bench.timeline.counters).toMatchObject({ resyncs: 1, late: 0, silenceMs: 0 });
  });

  it('fills the time that a change of stream took', () => {
    for (let i = 0; i < 10; i++) bench.push(i * 20, i * 160, 1);
    for (let i = 0; i < 10; i++) bench.push(260 + i * 20, 5_000_000 + i * 160, 2, 160, 1);
    expect(bench.picture).toBe('1'.repeat(10) + '...' + '2'.repeat(10));
  });

  it('gives out waiting frames before it changes', () => {
    bench.push(0, 0, 0);
    bench.push(20, 320, 2);
    bench.push(25, 77_777, 5, 160, 1);
    expect(bench.picture).toBe('0c25');
  });

  it('counts stragglers of the old stream as late', () => {
    for (let i = 0; i < 5; i++) bench.push(i * 20, i * 160, 1);
    bench.push(100, 77_777, 2, 160, 1);
    bench.push(105, 800, 1);
    bench.push(120, 77_937, 2, 160, 1);
    expect(bench.picture).toBe('1111122');
    expect(bench.timeline.counters).toMatchObject({ late: 1, resyncs: 1 });
  });

  it('forgets the timestamps of the old one', () => {
    bench.push(0, 1000, 1);
    bench.push(20, 1160, 1);
    bench.push(40, 1000, 2, 160, 1);
    expect(bench.picture).toBe('112');
    expect(bench.timeline.counters.duplicate).toBe(0);
  });
});

describe('a phone whose clock is not ours', () => {
  /** Speech with pauses, or without any. */
  function tenMinutes(ppm: number, voice: Int16Array, startsAt = 40): void {
    const random = randomSource(3);
    for (let i = 0; ; i++) {
      const now = startsAt + i * 20 * (1 + ppm / 1e6) + Math.abs(random()) * 6;
      if (now > 600_000) break;
      bench.until(now);
      const at = (i * 160) % (voice.length - 160);
      bench.timeline.push(i * 160, SSRC, voice.subarray(at, at + 160), now);
    }
    bench.until(600_000);
  }

  it.each([-200, 200])('is kept in step: 30,000 ± 1 frames in 10 minutes at %d ppm', (ppm) => {
    bench.until(0);
    bench.timeline.tick(0);
    tenMinutes(ppm, speechLike(RATE, 160 * 1000));
    expect(Math.abs(bench.total / 160 - 30_000)).toBeLessThanOrEqual(1);
    const { late, silenceMs, concealedMs, resyncs, addedMs, leftOutMs } = bench.timeline.counters;
    expect({ late, silenceMs, concealedMs, resyncs }).toEqual({
      late: 0,
      // The phone began 40 ms after the answer: that, too, is time of the call.
      silenceMs: 40,
      concealedMs: 0,
      resyncs: 0,
    });
    const wanted = 0.0006 * ppm * 1000;
    expect(Math.abs(addedMs - leftOutMs - wanted)).toBeLessThanOrEqual(60);
    expect(Math.abs((bench.timeline.skewPpm ?? NaN) - ppm)).toBeLessThan(5);
  });

  it.each([-200, 200])('is kept in step when the caller never pauses (%d ppm)', (ppm) => {
    bench.timeline.tick(0);
    tenMinutes(ppm, sine(440, RATE, 160 * 100 + 160, 9000));
    expect(Math.abs(bench.total / 160 - 30_000)).toBeLessThanOrEqual(1);
  });

  it.each([-200, 200])('is corrected without a click, where nothing is said (%d ppm)', (ppm) => {
    const voice = speechLike(RATE, 160 * 1000);
    tenMinutes(ppm, voice);
    const heard = concat(bench.out.map(({ samples }) => samples));
    // The loop over the voice has a step of its own where it begins anew.
    const bound = Math.max(steepest(voice), Math.abs((voice[0] ?? 0) - (voice.at(-161) ?? 0)));
    expect(steepest(heard)).toBeLessThanOrEqual(bound);
  });

  it.each([0, 7, 13, 90, 171, 230, 1_500])(
    'counts from the answer when the first packet comes %d ms after it, and leaves the words whole',
    (startsAt) => {
      const voice = speechLike(RATE, 160 * 500);
      bench.timeline.tick(0);
      for (let i = 0; i < 500; i++) {
        const now = startsAt + i * 20;
        bench.until(now);
        bench.timeline.push(i * 160, SSRC, voice.subarray(i * 160, i * 160 + 160), now);
      }
      const { addedMs, leftOutMs, silenceMs } = bench.timeline.counters;
      expect({ addedMs, leftOutMs }).toEqual({ addedMs: 0, leftOutMs: 0 });
      const elapsed = startsAt + 499 * 20;
      expect(Math.abs(bench.total / 160 - elapsed / 20)).toBeLessThanOrEqual(2);
      const heard = concat(bench.out.map(({ samples }) => samples)).subarray(silenceMs * 8);
      // The first 5 ms after a silence fade in.
      expect(firstDifference(heard.subarray(40), voice.subarray(40))).toBe(-1);
    },
  );

  it.each([0, 13, 90, 1_500])(
    'gives 30,000 ± 1 frames in the 10 minutes from the answer, first packet after %d ms',
    (startsAt) => {
      bench.timeline.tick(0);
      tenMinutes(0, speechLike(RATE, 160 * 1000), startsAt);
      expect(Math.abs(bench.total / 160 - 30_000)).toBeLessThanOrEqual(1);
    },
  );

  /** 20 s of speech whose first packets come late, all at once or all `apart` ms behind the first. */
  function heldUp(until: number, apart: number): Int16Array {
    const voice = speechLike(RATE, 160 * 1000);
    bench.timeline.tick(0);
    for (let i = 0; i < 1000; i++) {
      const now = Math.max(until + Math.min(i, 1) * apart, 50 + i * 20);
      bench.until(now);
      bench.timeline.push(i * 160, SSRC, voice.subarray(i * 160, i * 160 + 160), now);
    }
    return voice;
  }

  it.each([
    {
      what: 'that come all at once count from when they were said',
      until: 190,
      apart: 0,
      ahead: 0,
    },
    { what: 'of half a second, too', until: 550, apart: 0, ahead: 0 },
    { what: 'behind one that looks in time leave it ahead', until: 190, apart: 12, ahead: 140 },
  ])('leaves a call’s words whole: first packets $what', ({ until, apart, ahead }) => {
    const voice = heldUp(until, apart);
    const { late, addedMs, leftOutMs } = bench.timeline.counters;
    expect({ late, addedMs, leftOutMs }).toEqual({ late: 0, addedMs: 0, leftOutMs: 0 });
    expect(Math.abs(bench.total / 8 - ahead - (bench.now + 20))).toBeLessThanOrEqual(10);
    const spoken = concat(bench.out.map(({ samples }) => samples)).slice(-voice.length);
    // The first packet fades in after the silence before it.
    expect(firstDifference(spoken.slice(160), voice.slice(160))).toBe(-1);
  });

  it('gains on those in the first long pause, and leaves the words after it whole, too', () => {
    const voice = heldUp(190, 12);
    const random = randomSource(9);
    const room = Int16Array.from({ length: 160 * 40 }, () => 30 * random());
    const said = concat([room, voice.subarray(0, 160 * 100)]);
    for (let i = 0; i < said.length / 160; i++) {
      const now = 50 + (1000 + i) * 20;
      bench.until(now);
      const packet = said.subarray(i * 160, i * 160 + 160);
      bench.timeline.push((1000 + i) * 160, SSRC, packet, now);
    }
    expect(bench.timeline.counters.leftOutMs).toBeGreaterThanOrEqual(120);
    expect(Math.abs(bench.total / 160 - (bench.now / 20 + 1))).toBeLessThanOrEqual(1);
    const heard = concat(bench.out.map(({ samples }) => samples));
    const words = voice.subarray(0, 160 * 100);
    expect(firstDifference(heard.slice(-words.length), words)).toBe(-1);
  });

  it('gains on those that had been held up for longer', () => {
    heldUp(550, 12);
    const { late, addedMs, leftOutMs } = bench.timeline.counters;
    expect({ late, addedMs }).toEqual({ late: 0, addedMs: 0 });
    expect(leftOutMs).toBeGreaterThanOrEqual(280);
    expect(bench.total / 160 - bench.now / 20).toBeLessThanOrEqual(12);
  });

  it('leaves a phone of the same clock alone, to the bit', () => {
    const voice = speechLike(RATE, 160 * 3000);
    const random = randomSource(4);
    for (let i = 0; i < 3000; i++) {
      const now = i * 20 + Math.abs(random()) * 15;
      bench.until(now);
      bench.timeline.push(i * 160, SSRC, voice.subarray(i * 160, i * 160 + 160), now);
    }
    expect(firstDifference(concat(bench.out.map(({ samples }) => samples)), voice)).toBe(-1);
    expect(Math.abs(bench.timeline.skewPpm ?? NaN)).toBeLessThan(15);
  });
});

describe('an announced pause', () => {
  function talk(from: number, to: number): void {
    for (let at = from; at < to; at += 20) bench.push(at, at * 8, 4000);
  }

  it('is filled steadily, without the 200 ms that one waits for that comes unannounced', () => {
    talk(0, 200);
    bench.timeline.announcePause();
    bench.until(1200);
    talk(1200, 1400);
    expect(bench.total).toBe(1400 * 8);
    const pause = bench.out.filter(({ kind }) => kind === 'silence');
    expect(pause.length).toBeGreaterThanOrEqual(49);
    const late = pause.map(({ now, at }) => now - at / 8);
    expect(Math.max(...late)).toBeLessThanOrEqual(60);
  });

  it('goes on in time while a key is pressed', () => {
    talk(0, 200);
    bench.timeline.announcePause();
    bench.until(360);
    expect(bench.total).toBeGreaterThanOrEqual(300 * 8);
    talk(360, 500);
    expect(bench.total).toBe(500 * 8);
    expect(bench.timeline.counters).toMatchObject({ late: 0, resyncs: 0, silenceMs: 160 });
  });
});

it('keeps time and order whatever the network does', () => {
  const packet = fc.record({
    dice: fc.nat(99), // below 15: lost
    jitter: fc.nat(70),
    twice: fc.nat(20),
  });
  fc.assert(
    fc.property(
      fc.array(packet, { minLength: 1, maxLength: 150 }),
      fc.constantFrom(80, 160, 240, 480),
      fc.nat(0xffffffff),
      (packets, length, base) => {
        const own = new Bench();
        const ptime = length / 8;
        const arrivals = packets
          .flatMap(({ dice, jitter, twice }, i) =>
            i > 0 && dice < 15
              ? []
              : [
                  { i, now: i * ptime + (i === 0 ? 0 : jitter) },
                  ...(twice === 0 ? [{ i, now: i * ptime + jitter + 15 }] : []),
                ],
          )
          .sort((a, b) => a.now - b.now);
        for (const { i, now } of arrivals) {
          own.push(now, (base + i * length) >>> 0, i + 1, length);
        }
        const end = packets.length * ptime + 500;
        own.until(end);

        // Frames leave in order, and each where its timestamp says; unless all of them came so late
        // that the timeline rightly took the path for a longer one.
        const { counters } = own.timeline;
        let last = 0;
        for (const { kind, samples, at } of own.out) {
          if (kind !== 'audio') continue;
          const value = samples[samples.length - 1] ?? 0;
          expect(value).toBeGreaterThan(last);
          last = value;
          if (counters.resyncs === 0) expect(at + samples.length).toBe(value * length);
        }
        // And the stream as a whole is as long as the call.
        expect(own.total).toBeLessThanOrEqual(end * 8 + length);
        expect(own.total).toBeGreaterThanOrEqual((end - 40) * 8 - length - 160);
        expect(counters.resyncs).toBeLessThanOrEqual(2);
        expect(counters.received).toBe(arrivals.length);
        const filled = (counters.concealedMs + counters.silenceMs) * 8;
        const audio = own.out.filter(({ kind }) => kind === 'audio');
        expect(filled + audio.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(
          own.total,
        );
      },
    ),
    { numRuns: 300 },
  );
});

it('is never ahead of the call and never far behind it, whatever phone and network do', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('talk' as const), frames: fc.nat(60), delay: fc.nat(700) }),
    fc.record({ do: fc.constant('pause' as const), ms: fc.nat(3000) }),
    fc.record({ do: fc.constant('hold with its clock stopped' as const), ms: fc.nat(3000) }),
    fc.record({ do: fc.constant('new stream' as const), timestamp: fc.nat(0xffffffff) }),
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const own = new Bench();
      const packets: { now: number; timestamp: number; ssrc: number; value: number }[] = [];
      let [sent, offset, ssrc, value] = [0, 0, 1, 0];
      for (const action of steps) {
        if (action.do === 'pause') sent += action.ms - (action.ms % 20);
        if (action.do === 'new stream') [ssrc, offset] = [ssrc + 1, action.timestamp];
        if (action.do === 'hold with its clock stopped') {
          const ms = action.ms - (action.ms % 20);
          sent += ms;
          offset -= ms * 8;
        }
        if (action.do === 'talk') {
          for (let i = 0; i < action.frames; i++, sent += 20) {
            const timestamp = (offset + sent * 8) >>> 0;
            packets.push({ now: sent + action.delay, timestamp, ssrc, value: ++value });
          }
        }
      }
      packets.sort((a, b) => a.now - b.now);
      const first = packets[0]?.now ?? 0;
      own.now = first;
      for (const packet of packets) {
        own.push(packet.now, packet.timestamp, packet.value, 160, packet.ssrc);
        expect(own.total).toBeLessThanOrEqual((packet.now - first) * 8 + 160 + 700 * 8);
      }
      const end = Math.max(sent + 700, own.now) + 1500;
      own.until(end);
      const due = (end - first) * 8;
      expect(own.total).toBeLessThanOrEqual(due + 160 + 700 * 8);
      expect(own.total).toBeGreaterThanOrEqual(packets.length === 0 ? 0 : due - 60 * 8 - 700 * 8);
      expect(own.timeline.counters.received).toBe(packets.length);
    }),
    { numRuns: 300 },
  );
});
