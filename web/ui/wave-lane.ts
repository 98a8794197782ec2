/**
 * One direction of audio: its scrolling waveform and its level in dBFS. Two canvases, drawn when new
 * columns have come and only while they can be seen; new columns are added by shifting the picture,
 * which costs the same however wide it is.
 */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatDbfs } from '../bridge/format.ts';
import { COLUMNS, Waveform } from '../bridge/waveform.ts';
import { drawLevel } from './level-bar.ts';
import { base } from './styles.ts';

/** Device pixels per 20 ms column. */
const COLUMN_WIDTH = 2;
/** Frames between two readings of the figure: quicker ones cannot be read. */
const FIGURE_FRAMES = 4;

/** Speech at −20 dBFS would be a tenth of the height: loudness is no linear matter. */
function heightOf(sample: number): number {
  return sample <= 0 ? 0 : (sample / 128) ** 0.6;
}

@customElement('wave-lane')
export class WaveLane extends LitElement {
  static override readonly styles = [
    base,
    css`
      .lane {
        align-items: center;
        display: grid;
        gap: 4px 14px;
        grid-template-columns: 92px minmax(0, 1fr) 12px 3.1em;
      }

      h3 {
        color: var(--voice);
        font-size: 0.87rem;
        font-weight: 600;
        line-height: 1.3;
      }

      h3 small {
        color: var(--ink-3);
        display: block;
        font-size: 0.78rem;
        font-weight: 400;
      }

      canvas {
        display: block;
        height: 64px;
        width: 100%;
      }

      .wave {
        background: var(--sunken);
        border-radius: var(--radius-small);
      }

      .level {
        border-radius: 3px;
      }

      .dbfs {
        color: var(--ink-2);
        font-size: 0.87rem;
        line-height: 1.15;
        text-align: right;
      }

      .dbfs small {
        color: var(--ink-3);
        display: block;
        font-size: 0.68rem;
      }

      @media (max-width: 560px) {
        .lane {
          grid-template-columns: minmax(0, 1fr) 12px 3.1em;
        }

        h3 {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  @property() name = '';
  @property() hint = '';
  @property() meterId = '';
  @property({ attribute: false }) wave = new Waveform();
  #drawn = 0;
  #frames = 0;
  #request: number | undefined;
  #colour = '';
  readonly #watcher = new IntersectionObserver((entries) =>
    // A card that is moved leaves and comes back in one notification.
    this.#show(entries.at(-1)?.isIntersecting ?? false),
  );
  readonly #resizer = new ResizeObserver(() => this.#redraw());
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  readonly #onScheme = () => this.#redraw();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watcher.observe(this);
    this.#resizer.observe(this);
    this.#scheme.addEventListener('change', this.#onScheme);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watcher.disconnect();
    this.#resizer.disconnect();
    this.#scheme.removeEventListener('change', this.#onScheme);
    this.#show(false);
  }

  override render(): TemplateResult {
    return html`
      <div class="lane">
        <h3>${this.name}<small>${this.hint}</small></h3>
        <canvas class="wave" aria-hidden="true"></canvas>
        <canvas
          class="level"
          role="meter"
          aria-label="Level of the ${this.name.toLowerCase()} in dBFS"
          aria-valuemin="-100"
          aria-valuemax="0"
          data-testid=${this.meterId}
        ></canvas>
        <p class="dbfs figure" aria-hidden="true"><span></span><small>dBFS</small></p>
      </div>
    `;
  }

  override firstUpdated(_changed: PropertyValues): void {
    this.#redraw();
  }

  #show(visible: boolean): void {
    this.wave.onPush = visible ? () => this.#requestFrame() : undefined;
    if (visible) {
      this.#requestFrame();
    } else if (this.#request !== undefined) {
      cancelAnimationFrame(this.#request);
      this.#request = undefined;
    }
  }

  #requestFrame(): void {
    this.#request ??= requestAnimationFrame(() => {
      this.#request = undefined;
      this.#draw();
      this.#frames += 1;
      if (this.#frames % FIGURE_FRAMES === 1) this.#showFigure();
    });
  }

  /** The whole picture anew: another size, another colour scheme. */
  #redraw(): void {
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('.wave');
    const level = this.renderRoot.querySelector<HTMLCanvasElement>('.level');
    if (canvas === null || level === null) return;
    for (const each of [canvas, level]) {
      each.width = Math.round(each.clientWidth * devicePixelRatio);
      each.height = Math.round(each.clientHeight * devicePixelRatio);
    }
    this.#colour = getComputedStyle(this).getPropertyValue('--voice');
    this.#drawn = Math.max(0, this.wave.total - Math.min(COLUMNS, canvas.width / COLUMN_WIDTH));
    this.#draw();
    this.#showFigure();
  }

  #draw(): void {
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('.wave');
    const context = canvas?.getContext('2d');
    if (canvas === null || context === null || context === undefined) return;
    const { width, height } = canvas;
    const { wave } = this;
    const fresh = Math.min(wave.total - this.#drawn, COLUMNS, Math.ceil(width / COLUMN_WIDTH));
    const shift = fresh * COLUMN_WIDTH;
    context.globalCompositeOperation = 'copy';
    context.drawImage(canvas, -shift, 0);
    context.globalCompositeOperation = 'source-over';
    context.fillStyle = this.#colour;
    const middle = height / 2;
    for (let i = 0; i < fresh; i += 1) {
      const column = wave.total - fresh + i;
      const top = middle - middle * heightOf(wave.highAt(column));
      const bottom = middle + middle * heightOf(-wave.lowAt(column));
      // Silence is a hairline, not nothing: time goes on.
      const tall = Math.max(bottom - top, devicePixelRatio);
      context.fillRect(width - shift + i * COLUMN_WIDTH, top, COLUMN_WIDTH - 0.5, tall);
    }
    this.#drawn = wave.total;
    const level = this.renderRoot.querySelector<HTMLCanvasElement>('.level');
    if (level !== null) drawLevel(level, wave, this.#colour);
  }

  #showFigure(): void {
    const figure = this.renderRoot.querySelector('.dbfs span');
    const meter = this.renderRoot.querySelector('.level');
    if (figure !== null) figure.textContent = formatDbfs(this.wave.peakDbfs);
    meter?.setAttribute('aria-valuenow', this.wave.peakDbfs.toFixed(0));
    meter?.setAttribute('aria-valuetext', `${formatDbfs(this.wave.peakDbfs)} dBFS`);
  }
}
