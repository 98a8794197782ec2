/**
 * Order and continuity for a listener that is no loudspeaker: an agent counts time by the samples
 * it gets and wants each one as soon as there is no doubt about what comes before it. So this is
 * no jitter buffer (RFC 3550 §5.1 timestamps in, one gapless stream of samples out):
 *
 *  - the next frame goes out the moment it arrives, but for the call's first, whose place in the call
 *    shows a moment later (FirstPackets);
 *  - behind a gap frames wait for the missing one, at most one packet time, then it is concealed;
 *  - when nothing has come for 200 ms (silence suppression, hold, a stalled network), or for 40 ms
 *    after the sender has said that nothing will (comfort noise, DTMF), zeros are
 *    filled in by the wall clock, a little behind it so that the packet that ends the pause is
 *    not late;
 *  - what arrives for time already filled is late and dropped, its part beyond that time is not;
 *  - where the timestamps start anew (SSRC, jump, a clock that stood still while on hold) the
 *    stream goes on without a jump;
 *  - a phone whose clock is not the computer's is kept in step with the latter (DriftControl).
 *
 * `now` is milliseconds of any monotonic clock; it is never read here.
 * https://www.rfc-editor.org/rfc/rfc3550#section-5.1
 */
import { ContinuousOutput, type Emit, type TimelineKind } from './continuous-output.ts';
import { FirstPackets } from './first-packets.ts';
import { FrameShelf } from './frame-shelf.ts';
import { WallClock } from './wall-clock.ts';

export type { TimelineKind };

export interface TimelineCounters {
  readonly received: number;
  readonly late: number;
  readonly duplicate: number;
  readonly concealedMs: number;
  readonly silenceMs: number;
  readonly resyncs: number;
  /** Added and left out to keep in step with the wall clock. */
  readonly addedMs: number;
  readonly leftOutMs: number;
}

export interface TimelineOptions {
  readonly clockRate: number;
  readonly emit: Emit;
}

/** All in ms. */
const DEFAULT_PTIME = 20;
const QUIET_AFTER = 200;
/** Before the first packet: a path takes its time to be made, and what was said meanwhile comes then. */
const QUIET_AT_FIRST = 1000;
/** When the sender has announced the pause, in packet times. */
const ANNOUNCED_AFTER = 2;
/** How far a packet of a filled period may come behind the quickest one and not be late. */
const FILL_BEHIND = 20;
/** So many packets late without one in time, for longer than this: a stream of its own time. */
const LATE_FOR = 100;
const LATE_PACKETS = 5;
/** Unless each comes this much less late than the first: a backlog on its way to the present. */
const CATCHING_UP = 40;
/** A timestamp this far off, or ahead of the wall clock by AHEAD, belongs to another time base. */
const JUMP = 2000;
const AHEAD = 300;
/** Stragglers of the stream before last count as late for this long. */
const STRAGGLERS = 200;

export class RtpTimeline {
  readonly #rate: number;
  readonly #out: ContinuousOutput;
  readonly #first = new FirstPackets();
  readonly #shelf = new FrameShelf();
  readonly #clock: WallClock;
  #counts = { received: 0, late: 0, duplicate: 0, resyncs: 0 };

  /** The stream being followed; undefined until the first packet. */
  #ssrc: number | undefined;
  #formerSsrc: number | undefined;
  #changedAt = -Infinity;
  /** RTP timestamp of the next sample to go out. */
  #nextTimestamp = 0;
  /** Samples of the latest packet: the grid that fills keep to. */
  #ptime: number;
  /** When a packet was last in time. */
  #heardAt: number | undefined;
  /** Packets late since one was in time, when the first of them came, and by how much. */
  #lateRun = 0;
  #lateSince = 0;
  #lateLag = 0;
  #calledAt: number | undefined;
  #excused = false;
  #announced = false;

  constructor({ clockRate, emit }: TimelineOptions) {
    this.#rate = clockRate;
    this.#out = new ContinuousOutput(clockRate, emit);
    this.#clock = new WallClock(clockRate);
    this.#ptime = this.#samples(DEFAULT_PTIME);
  }

  get counters(): TimelineCounters {
    const { concealed, silence, added, leftOut } = this.#out;
    return {
      ...this.#counts,
      concealedMs: this.#ms(concealed),
      silenceMs: this.#ms(silence),
      addedMs: this.#ms(added),
      leftOutMs: this.#ms(leftOut),
    };
  }

  /** How much slower (+) or faster (−) the phone's clock is than this one, once it can be told. */
  get skewPpm(): number | undefined {
    return this.#out.drift.skewPpm;
  }

  /**
   * The sender says that it will send no speech for a while: it is silent (RFC 3389), or a key is being
   * pressed.
   */
  announcePause(): void {
    this.#announced = true;
  }

  /** One packet's samples; they are copied if they have to wait. */
  push(rtpTimestamp: number, ssrc: number, samples: Int16Array, now: number): void {
    this.#counts.received++;
    this.#calledAt = now;
    if (samples.length === 0) return;
    if (ssrc === this.#formerSsrc && now - this.#changedAt < STRAGGLERS) {
      this.#counts.late++;
      return;
    }
    this.#start(now);
    const timestamp = rtpTimestamp >>> 0;
    this.#beginOnceComplete(now);
    if (this.#ssrc === undefined) {
      this.#first.put(timestamp, ssrc, samples, now);
      return;
    }
    const quiet = this.#isQuiet(now);
    if (quiet) this.#giveUpWaiting(now);
    if (ssrc !== this.#ssrc || this.#isJump(timestamp, now)) this.#resync(timestamp, ssrc, now);
    this.#place(timestamp, samples, now, quiet);
    this.#giveUpWaiting(now);
  }

  /** Call it every 10–20 ms: waits end here, and time without packets is filled. */
  tick(now: number): void {
    const late = now - (this.#calledAt ?? now) > QUIET_AFTER;
    this.#calledAt = now;
    // A caller that was itself asleep (a blocked thread, a suspended laptop) says nothing about
    // the network: what came meanwhile is still to be read, so this one call gives it time.
    this.#excused = late && !this.#excused;
    if (this.#excused) return;
    this.#start(now);
    this.#beginOnceComplete(now);
    this.#giveUpWaiting(now);
    this.#heardAt ??= now;
    if (this.#first.isEmpty && this.#shelf.size === 0 && this.#isQuiet(now)) this.#fillByClock(now);
  }

  #start(now: number): void {
    this.#clock.start(now);
    this.#out.drift.start(now);
  }

  #isQuiet(now: number): boolean {
    const silence = now - (this.#heardAt ?? now);
    if (this.#ssrc === undefined) return silence > QUIET_AT_FIRST;
    const announced = ANNOUNCED_AFTER * this.#ms(this.#ptime);
    return silence > (this.#announced ? announced : Math.max(QUIET_AFTER, announced));
  }

  /** The first packets are there: the last of them is of the present, what precedes it is older. */
  #beginOnceComplete(now: number): void {
    if (!this.#first.areComplete(now)) return;
    const packets = this.#first.take();
    const [first, last] = [packets[0], packets.at(-1)];
    if (first === undefined || last === undefined) return;
    const older = (last.timestamp - first.timestamp) | 0;
    this.#resync(first.timestamp, first.ssrc, last.arrivedAt, older);
    // Ahead of the others, which were under way for longer.
    this.#out.drift.observe(last.arrivedAt, this.#out.position + older);
    for (const { timestamp, samples, arrivedAt } of packets) {
      this.#place(timestamp, samples, arrivedAt, false);
    }
  }

  #place(timestamp: number, samples: Int16Array, now: number, quiet: boolean): void {
    const ahead = this.#aheadOf(timestamp);
    if (ahead + samples.length <= 0) {
      this.#dropLate(timestamp, samples, now);
      return;
    }
    if (this.#shelf.holds(timestamp)) {
      this.#counts.duplicate++;
      return;
    }
    this.#heardAt = now;
    this.#lateRun = 0;
    this.#announced = false;
    this.#clock.observe(now, this.#out.position + ahead);
    this.#out.drift.observe(now, this.#out.position + ahead);
    this.#ptime = samples.length;
    this.#shelf.remember(timestamp);
    if (ahead > 0 && !quiet) {
      this.#shelf.put(timestamp, samples, now);
      return;
    }
    if (ahead > 0) this.#pause(ahead);
    this.#advance(samples.length + Math.min(ahead, 0));
    if (ahead === 0 && this.#shelf.size === 0) this.#out.inStep(samples, now);
    else this.#out.audio(ahead < 0 ? samples.subarray(-ahead) : samples);
    this.#drain();
  }

  #dropLate(timestamp: number, samples: Int16Array, now: number): void {
    if (this.#shelf.remembers(timestamp)) {
      this.#counts.duplicate++;
      return;
    }
    this.#shelf.remember(timestamp);
    const lag = this.#clock.expected(now) - this.#out.position - this.#aheadOf(timestamp);
    if (this.#lateRun === 0 || lag < this.#lateLag - this.#samples(CATCHING_UP)) {
      this.#lateRun = 0;
      this.#lateSince = now;
      this.#lateLag = lag;
    }
    this.#lateRun++;
    const forGood = this.#lateRun >= LATE_PACKETS && now - this.#lateSince > LATE_FOR;
    if (forGood && this.#ssrc !== undefined) {
      // Late for good: the path got longer, or the phone's clock stood still during a hold.
      this.#resync(timestamp, this.#ssrc, now);
      this.#place(timestamp, samples, now, false);
      return;
    }
    this.#counts.late++;
  }

  /** Goes on with `timestamp`, of `older` samples ago, where the stream stands now. */
  #resync(timestamp: number, ssrc: number, now: number, older = 0): void {
    this.#giveUpWaiting(Infinity);
    if (this.#ssrc !== undefined) {
      this.#counts.resyncs++;
      if (ssrc !== this.#ssrc) {
        this.#formerSsrc = this.#ssrc;
        this.#changedAt = now;
      }
    }
    const missing = this.#clock.expected(now) - this.#out.position - older;
    if (missing <= this.#samples(JUMP)) {
      const packets = missing / this.#ptime;
      // The time before the first word belongs to the call as well, to the nearest packet. Later it
      // may only have been late.
      const isFirst = this.#ssrc === undefined;
      this.#out.pause(this.#ptime * (isFirst ? Math.round(packets) : Math.floor(packets)));
    }
    this.#clock.restart(now, this.#out.position);
    this.#out.drift.restart();
    this.#ssrc = ssrc;
    this.#nextTimestamp = timestamp;
    this.#lateRun = 0;
    this.#shelf.forget();
  }

  /** Conceals gaps whose frames have waited for one packet time, oldest first. */
  #giveUpWaiting(now: number): void {
    for (let frame = this.#shelf.first; frame !== undefined; frame = this.#shelf.first) {
      if (now - frame.arrivedAt < this.#ms(frame.samples.length)) return;
      const gap = this.#aheadOf(frame.timestamp);
      this.#advance(gap);
      this.#out.conceal(gap);
      this.#drain();
    }
  }

  /** Emits the waiting frames that are due now. */
  #drain(): void {
    for (let frame = this.#shelf.first; frame !== undefined; frame = this.#shelf.first) {
      const ahead = this.#aheadOf(frame.timestamp);
      if (ahead > 0) return;
      this.#shelf.takeFirst();
      if (ahead + frame.samples.length <= 0) continue;
      this.#advance(frame.samples.length + ahead);
      this.#out.audio(frame.samples.subarray(-ahead));
    }
  }

  #fillByClock(now: number): void {
    const behind = this.#clock.expected(now) - this.#out.position;
    if (behind > this.#samples(JUMP)) {
      // Nobody asked for so long: a suspended machine. That time is over for the agent, too.
      this.#clock.restart(now, this.#out.position);
      this.#counts.resyncs++;
      return;
    }
    const frames = Math.floor((behind - this.#samples(FILL_BEHIND)) / this.#ptime);
    for (let i = 0; i < frames; i++) this.#pause(this.#ptime);
  }

  #pause(count: number): void {
    this.#advance(count);
    this.#out.pause(count);
  }

  #advance(count: number): void {
    this.#nextTimestamp = (this.#nextTimestamp + count) >>> 0;
  }

  #isJump(timestamp: number, now: number): boolean {
    const ahead = this.#aheadOf(timestamp);
    if (Math.abs(ahead) > this.#samples(JUMP)) return true;
    return (
      ahead > 0 && this.#out.position + ahead - this.#clock.expected(now) > this.#samples(AHEAD)
    );
  }

  /** Samples from the next one due to `timestamp`; 32-bit arithmetic takes the wrap in its stride. */
  #aheadOf(timestamp: number): number {
    return (timestamp - this.#nextTimestamp) | 0;
  }

  #samples(ms: number): number {
    return Math.round((ms * this.#rate) / 1000);
  }

  #ms(samples: number): number {
    return (samples * 1000) / this.#rate;
  }
}
