/**
 * The level of one voice: a bar from −60 to 0 dBFS with RMS, peak and clipping, and the peak as a
 * figure. Two elements moved by the compositor: reports come ten times a second, figures are read twice.
 */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatDbfs } from '../bridge/format.ts';
import { VoiceLevel } from '../bridge/voice-level.ts';
import { base } from './styles.ts';

const FLOOR_DBFS = -60;
/** Readings between two figures: quicker ones cannot be read. */
const FIGURE_EVERY = 4;

@customElement('level-meter')
export class LevelMeter extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        align-items: end;
        display: flex;
        gap: 8px;
        height: 100%;
      }

      .bar {
        background: var(--sunken);
        border-radius: 3px;
        height: 100%;
        overflow: hidden;
        position: relative;
        width: 10px;
      }

      .bar span {
        background: var(--voice);
        height: 100%;
        left: 0;
        position: absolute;
        top: 0;
        transform: translateY(100%);
        width: 100%;
      }

      .bar .peak {
        background: linear-gradient(var(--voice) 2px, transparent 2px);
      }

      .clipped .peak {
        background: linear-gradient(var(--red) 4px, transparent 4px);
      }

      .dbfs {
        color: var(--ink-2);
        font-size: 0.84rem;
        line-height: 1.15;
        min-width: 3.1em;
      }

      .dbfs small {
        color: var(--ink-3);
        display: block;
        font-size: 0.7rem;
      }
    `,
  ];

  @property() name = '';
  @property({ attribute: false }) level = new VoiceLevel();
  #readings = 0;
  readonly #watcher = new IntersectionObserver((entries) => {
    const isVisible = entries.at(-1)?.isIntersecting ?? false;
    this.level.onPush = isVisible ? () => this.#show() : undefined;
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.#watcher.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#watcher.disconnect();
    this.level.onPush = undefined;
  }

  override render(): TemplateResult {
    return html`
      <div
        class="bar"
        role="meter"
        aria-label="Level of the ${this.name} in dBFS"
        aria-valuemin="-100"
        aria-valuemax="0"
        aria-valuenow="-100"
        data-testid="meter-${this.name}"
      >
        <span class="rms"></span><span class="peak"></span>
      </div>
      <p class="dbfs figure" aria-hidden="true"><span>−∞</span><small>dBFS</small></p>
    `;
  }

  override firstUpdated(_changed: PropertyValues): void {
    this.#show();
  }

  #show(): void {
    const { rmsDbfs, peakDbfs, clipped } = this.level;
    const bar = this.renderRoot.querySelector('.bar');
    const rms = this.renderRoot.querySelector<HTMLElement>('.rms');
    const peak = this.renderRoot.querySelector<HTMLElement>('.peak');
    if (bar === null || rms === null || peak === null) return;
    rms.style.transform = placeOf(rmsDbfs);
    peak.style.transform = placeOf(peakDbfs);
    bar.classList.toggle('clipped', clipped);
    this.#readings += 1;
    if (this.#readings % FIGURE_EVERY !== 1) return;
    const figure = this.renderRoot.querySelector('.dbfs span');
    if (figure !== null) figure.textContent = formatDbfs(peakDbfs);
    bar.setAttribute('aria-valuenow', peakDbfs.toFixed(0));
    bar.setAttribute('aria-valuetext', `${formatDbfs(peakDbfs)} dBFS`);
  }
}

function placeOf(dbfs: number): string {
  return `translateY(${(100 * Math.min(1, Math.max(0, dbfs / FLOOR_DBFS))).toFixed(1)}%)`;
}

declare global {
  interface HTMLElementTagNameMap {
    'level-meter': LevelMeter;
  }
}
