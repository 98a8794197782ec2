/**
 * Which stretch of the axis is seen, and what wheel, pointer and keys make of it. Times are milliseconds
 * since the answer; `width` is that of the picture, in whatever the caller draws in.
 */

/** What a reader sees of speech: a tenth of a second at most, an hour at least. */
const LEAST_SPAN_MS = 200;
const MOST_SPAN_MS = 2 * 60 * 60 * 1_000;
export const FIRST_SPAN_MS = 20_000;
/** The part of the picture that is left free on the right of a live call. */
const HEADROOM = 0.02;

export class Viewport {
  width = 1;
  fromMs = -HEADROOM * FIRST_SPAN_MS;
  spanMs = FIRST_SPAN_MS;
  /** The right edge goes along with the call. */
  isFollowing = true;
  /** What there is to be seen. */
  #beginMs = 0;
  #endMs = 0;

  get toMs(): number {
    return this.fromMs + this.spanMs;
  }

  get msPerPixel(): number {
    return this.spanMs / this.width;
  }

  xOf(ms: number): number {
    return (ms - this.fromMs) / this.msPerPixel;
  }

  msAt(x: number): number {
    return this.fromMs + x * this.msPerPixel;
  }

  /** What there is to be seen now; a picture that follows moves by whole pixels. */
  setRange(beginMs: number, endMs: number): void {
    this.#beginMs = beginMs;
    this.#endMs = Math.max(beginMs, endMs);
    if (this.isFollowing) this.#toEnd();
  }

  follow(): void {
    this.isFollowing = true;
    this.#toEnd();
  }

  pan(ms: number): void {
    if (ms === 0) return;
    this.isFollowing = false;
    this.#moveTo(this.fromMs + ms);
  }

  /** @param factor below 1 shows less and that larger; what is at `x` stays there. */
  zoom(factor: number, x = this.isFollowing ? this.width : this.width / 2): void {
    const fixed = this.msAt(x);
    const share = x / this.width;
    this.spanMs = Math.min(MOST_SPAN_MS, Math.max(LEAST_SPAN_MS, this.spanMs * factor));
    if (this.isFollowing) this.#toEnd();
    else this.#moveTo(fixed - share * this.spanMs);
  }

  /** All there is. */
  fit(): void {
    const length = Math.max(LEAST_SPAN_MS, this.#endMs - this.#beginMs);
    this.isFollowing = false;
    this.spanMs = Math.min(MOST_SPAN_MS, length * (1 + 2 * HEADROOM));
    this.#moveTo(this.#beginMs - length * HEADROOM);
  }

  /** Moves as little as it takes to have a time well in sight. */
  show(ms: number): void {
    const margin = this.spanMs * 0.1;
    if (ms >= this.fromMs + margin && ms <= this.toMs - margin) return;
    this.isFollowing = false;
    this.#moveTo(ms < this.fromMs + margin ? ms - margin : ms + margin - this.spanMs);
  }

  #toEnd(): void {
    const free = this.spanMs * HEADROOM;
    // A call that has just begun fills the picture from the left.
    const wanted = Math.max(this.#beginMs - free, this.#endMs + free - this.spanMs);
    const step = this.msPerPixel;
    this.fromMs = Math.ceil(wanted / step) * step;
  }

  /** Half a picture may lie beyond either end: enough to look at the edges, too little to get lost. */
  #moveTo(fromMs: number): void {
    const half = this.spanMs / 2;
    const last = Math.max(this.#beginMs - half, this.#endMs - half);
    this.fromMs = Math.min(last, Math.max(this.#beginMs - half, fromMs));
  }
}
