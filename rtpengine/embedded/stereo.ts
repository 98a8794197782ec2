/**
 * Two parties of a call on one time axis, for a stereo recording: the audio of each packet lies
 * where its timestamp says, counted from the party's first packet, which lies where it arrived. So
 * jitter moves nothing, and what one said while the other spoke stands beside it. Times without
 * packets are silence. A stream that starts anew (another SSRC, or more than a second off the wall
 * clock) is put where it arrives.
 *
 * Samples leave in order once nothing can come before them any more: a second behind the newest.
 */
const RATE = 8000;
const CAPACITY = 4 * RATE;
const BEHIND = RATE;
const MAX_DISAGREEMENT = RATE;

interface Track {
  ssrc: number | undefined;
  timestamp: number;
  position: number;
}

export class StereoTimeline {
  /** Interleaved: what is between `#written` and `#end`. */
  readonly #samples = new Int16Array(CAPACITY * 2);
  readonly #tracks: readonly [Track, Track] = [newTrack(), newTrack()];
  readonly #origin: number;
  readonly #write: (interleaved: Int16Array) => void;
  #written = 0;
  #end = 0;

  /** @param originMs the moment of the first sample. */
  constructor(originMs: number, write: (interleaved: Int16Array) => void) {
    this.#origin = originMs;
    this.#write = write;
  }

  /** Takes 8 kHz samples of one party; those that come too late are left out. */
  put(
    side: 0 | 1,
    { ssrc, timestamp }: { readonly ssrc: number; readonly timestamp: number },
    samples: Int16Array,
    nowMs: number,
  ): void {
    const from = this.#place(this.#tracks[side], ssrc, timestamp, nowMs);
    const to = from + samples.length;
    if (to - this.#written > CAPACITY) this.#flush(to - BEHIND);
    for (let i = Math.max(0, this.#written - from); i < samples.length; i++) {
      this.#samples[(from + i - this.#written) * 2 + side] = samples[i] ?? 0;
    }
    this.#end = Math.max(this.#end, to);
  }

  /** Gives out the rest, up to this moment. */
  finish(nowMs: number): void {
    this.#flush(Math.max(this.#end, this.#at(nowMs)));
  }

  #at(ms: number): number {
    return Math.max(0, Math.round(((ms - this.#origin) * RATE) / 1000));
  }

  #place(track: Track, ssrc: number, timestamp: number, nowMs: number): number {
    const arrived = this.#at(nowMs);
    const expected = track.position + ((timestamp - track.timestamp) | 0);
    const isNew = ssrc !== track.ssrc || Math.abs(expected - arrived) > MAX_DISAGREEMENT;
    const position = isNew ? arrived : expected;
    Object.assign(track, { ssrc, timestamp, position });
    return position;
  }

  #flush(until: number): void {
    while (this.#written < until) {
      const count = Math.min(CAPACITY, until - this.#written);
      this.#write(this.#samples.slice(0, count * 2));
      this.#samples.copyWithin(0, count * 2);
      this.#samples.fill(0, (CAPACITY - count) * 2);
      this.#written += count;
    }
  }
}

function newTrack(): Track {
  return { ssrc: undefined, timestamp: 0, position: 0 };
}
