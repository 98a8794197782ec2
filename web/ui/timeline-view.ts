/**
 * One call on one time axis, going on or opened from a file: both voices, what was said, turns, SIP and
 * everything else that happened. The wheel zooms where the pointer is, dragging moves, keys do both. It
 * is painted when something has changed and while it can be seen, never otherwise, by a worker, so that a
 * picture of a live call needs no frame of the page (axis/drawing.ts).
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import type { VoiceLevel } from '../bridge/voice-level.ts';
import type { Entry } from '../timeline/types.ts';
import { Timeline } from '../timeline/timeline.ts';
import { Viewport } from '../timeline/viewport.ts';
import { AxisPicture } from './axis/axis-picture.ts';
import { AxisGestures } from './axis/gestures.ts';
import { entryAt, GUTTER, turnAt } from './axis/layout.ts';
import { paletteOf } from './axis/palette.ts';
import { timelineStyles } from './axis/timeline-styles.ts';
import './axis-details.ts';
import './level-meter.ts';
import { InSight } from './in-sight.ts';
import { base, buttons } from './styles.ts';

@customElement('timeline-view')
export class TimelineView extends LitElement {
  static override readonly styles = [base, buttons, timelineStyles];

  @property({ attribute: false }) timeline = new Timeline({ callId: '', startedAt: 0 });
  /** Absent for a call that is over. */
  @property({ attribute: false }) callerLevel: VoiceLevel | undefined;
  @property({ attribute: false }) agentLevel: VoiceLevel | undefined;
  /** What a player plays, in milliseconds on the axis; undefined without one. */
  @property({ type: Number }) playheadMs: number | undefined;
  @state() hasSpectrum = false;
  @state() selected: number | undefined;
  @state() private hovered: number | undefined;
  @state() private turn: number | undefined;
  @state() private isFollowing = true;
  readonly viewport = new Viewport();
  /** Where the picture on screen begins. */
  drawnFromMs = NaN;
  /** A canvas that was given away cannot be had back: what comes back into the page has a new one. */
  @state() private canvasKey = 0;
  #picture: AxisPicture | undefined;
  #isDue = false;
  #request: number | undefined;
  #unfollow: (() => void) | undefined;
  readonly #gestures = new AxisGestures({
    viewport: this.viewport,
    onMoved: () => this.#moved(),
    onPoint: (x, y) => this.#point(x, y),
    onPick: (x, y) => this.#pick(x, y),
    onStep: (step) => this.#step(step),
  });
  readonly #sight = new InSight(this, {
    seen: () => this.#changed(),
    recoloured: () => this.#resize(),
  });
  readonly #resizer = new ResizeObserver(() => this.#resize());

  override connectedCallback(): void {
    super.connectedCallback();
    this.#unfollow ??= this.timeline.follow(() => this.#changed());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resizer.disconnect();
    this.#unfollow?.();
    this.#unfollow = undefined;
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#request = undefined;
    // One that is only moved to another place is back at once.
    queueMicrotask(() => {
      if (!this.isConnected) this.#release();
    });
  }

  override render(): TemplateResult {
    const isLive = this.timeline.endedAt === undefined;
    return html`
      <div class="bar" role="toolbar" aria-label="Time axis">
        <h3 class="label">Time axis</h3>
        <span class="legend" aria-hidden="true">
          <i class="transcribe"></i>transcript <i class="think"></i>LLM <i class="speak"></i>voice
          <i class="play"></i>on its way
        </span>
        <span class="tools">
          ${
            isLive || this.timeline.callerSpectra.total > 0
              ? html`<button
                  class="quiet"
                  aria-pressed=${this.hasSpectrum}
                  data-testid="spectrogram-button"
                  title="Show how loud each pitch is, up to 4 kHz, instead of the waveform"
                  @click=${() => (this.hasSpectrum = !this.hasSpectrum)}
                >
                  Spectrogram
                </button>`
              : nothing
          }
          <button class="quiet" aria-label="Zoom out" @click=${() => this.#zoom(2)}>−</button>
          <button class="quiet" aria-label="Zoom in" @click=${() => this.#zoom(0.5)}>+</button>
          <button class="quiet" data-testid="fit-button" @click=${() => this.#fit()}>
            Whole call
          </button>
          ${
            isLive
              ? html`<button
                  class="quiet"
                  aria-pressed=${this.isFollowing}
                  data-testid="follow-button"
                  @click=${() => this.#follow()}
                >
                  Follow live
                </button>`
              : nothing
          }
        </span>
      </div>
      <div class="axis">
        ${this.#voice('caller', 'Caller', 'to the agent', this.callerLevel)}
        ${this.#voice('agent', 'Agent', 'to the caller', this.agentLevel)}
        <p class="row turns">Turns</p>
        <p class="row sip">SIP</p>
        <p class="row events">Events</p>
        ${keyed(
          this.canvasKey,
          html`<canvas
            tabindex="0"
            role="application"
            aria-roledescription="time axis"
            aria-label="Time axis of the call. Arrow left and right move, plus and minus zoom, arrow up
            and down go from mark to mark, 0 shows the whole call, End follows it."
            data-testid="timeline"
            @dblclick=${(event: MouseEvent) => this.#seek(event)}
          ></canvas>`,
        )}
        <i class="playhead" data-testid="playhead" ?hidden=${this.playheadMs === undefined}></i>
      </div>
      <axis-details
        .entry=${this.#shown()}
        .turn=${this.timeline.turns.find(({ id }) => id === this.turn)}
        .isPicked=${this.hovered === undefined && this.selected !== undefined}
      ></axis-details>
    `;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('timeline')) return;
    this.#unfollow?.();
    this.#unfollow = this.timeline.follow(() => this.#changed());
    this.selected = this.hovered = this.turn = undefined;
    this.#gestures.beginMs = this.timeline.beginMs;
    this.viewport.setRange(this.timeline.beginMs, this.timeline.durationMs);
    if (this.timeline.endedAt === undefined) this.viewport.follow();
    else this.viewport.fit();
    this.isFollowing = this.viewport.isFollowing;
  }

  override updated(_changed: PropertyValues): void {
    const canvas = this.renderRoot.querySelector('canvas') ?? undefined;
    if (canvas !== undefined && canvas !== this.#picture?.canvas) {
      this.#picture = new AxisPicture(canvas, (fromMs) => {
        this.drawnFromMs = fromMs;
        this.#changed();
      });
      this.#gestures.attach(canvas);
      this.#resizer.observe(canvas);
      this.#resize();
    }
    this.#changed();
  }

  /** The levels in words, for those who read them: as often as somebody can. */
  showLevels(): void {
    for (const meter of this.renderRoot.querySelectorAll('level-meter')) meter.show();
  }

  #voice(
    side: 'caller' | 'agent',
    name: string,
    hint: string,
    level: VoiceLevel | undefined,
  ): TemplateResult {
    return html`<div class="voice ${side}">
      <h4>${name}<small>${hint}</small></h4>
      ${
        level === undefined
          ? nothing
          : html`<level-meter name=${side} .level=${level}></level-meter>`
      }
    </div>`;
  }

  #shown(): Entry | undefined {
    const id = this.hovered ?? this.selected;
    return id === undefined ? undefined : this.timeline.entries.find((entry) => entry.id === id);
  }

  #resize(): void {
    const width = this.#picture?.resize(() => paletteOf(this)) ?? 0;
    if (width === 0) return;
    this.viewport.width = width;
    this.#changed();
  }

  /** Something is to be seen that is not on the canvas: with all else of this moment, if anybody looks. */
  #changed(): void {
    if (this.#isDue || !this.#sight.isSeen) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#paint();
    });
  }

  #paint(): void {
    if (!this.isConnected) return;
    this.viewport.setRange(this.timeline.beginMs, this.timeline.durationMs);
    this.#picture?.paint(this);
    this.#placePlayhead();
  }

  /** The worker keeps no canvas that nobody will see again. */
  #release(): void {
    const { canvas } = this.#picture ?? {};
    if (canvas !== undefined) this.#resizer.unobserve(canvas);
    this.#picture?.close();
    this.#picture = undefined;
    this.canvasKey += 1;
  }

  /** Over the canvas, so that it moves without anything being painted. */
  #placePlayhead(): void {
    const { canvas } = this.#picture ?? {};
    const playhead = this.renderRoot.querySelector<HTMLElement>('.playhead');
    if (canvas === undefined || playhead === null || this.playheadMs === undefined) return;
    const x = this.viewport.xOf(this.playheadMs);
    playhead.hidden = x < 0 || x > this.viewport.width;
    playhead.style.transform = `translateX(${canvas.offsetLeft + GUTTER + x}px)`;
  }

  /** Whoever plays the call is to play it from there. */
  #seek({ offsetX }: MouseEvent): void {
    const detail = this.viewport.msAt(offsetX - GUTTER);
    this.dispatchEvent(new CustomEvent<number>('seek', { detail }));
  }

  /** Hands and wheels may be quicker than the screen. */
  #moved(): void {
    this.isFollowing = this.viewport.isFollowing;
    this.#request ??= requestAnimationFrame(() => {
      this.#request = undefined;
      this.#changed();
    });
  }

  #zoom(factor: number): void {
    this.viewport.zoom(factor);
    this.#moved();
  }

  #fit(): void {
    this.viewport.fit();
    this.#moved();
  }

  #follow(): void {
    this.viewport.follow();
    this.#moved();
  }

  #point(x: number | undefined, y: number): void {
    this.hovered = x === undefined ? undefined : entryAt(this.timeline, this.viewport, x, y)?.id;
    if (x !== undefined) this.turn = turnAt(this.timeline, this.viewport, x, y)?.id ?? this.turn;
  }

  #pick(x: number, y: number): void {
    this.selected = entryAt(this.timeline, this.viewport, x, y)?.id;
    this.turn = turnAt(this.timeline, this.viewport, x, y)?.id;
  }

  /** From mark to mark, as they follow each other in time. */
  #step(step: number): void {
    const entries = this.timeline.entries.toSorted((a, b) => a.at - b.at);
    const before = entries.findIndex(({ id }) => id === this.selected);
    const start = step > 0 ? -1 : entries.length;
    const entry = entries[(before < 0 ? start : before) + step];
    if (entry === undefined) return;
    this.hovered = this.turn = undefined;
    this.selected = entry.id;
    this.viewport.show(entry.at);
    this.#moved();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'timeline-view': TimelineView;
  }
}
