/**
 * The level of one voice in figures: the peak in dBFS, also for screen readers. The bar beside it is
 * drawn with the time axis (axis/voices.ts), five times a second; figures are read once.
 */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatDbfs } from '../bridge/format.ts';
import { VoiceLevel } from '../bridge/voice-level.ts';
import { base } from './styles.ts';

@customElement('level-meter')
export class LevelMeter extends LitElement {
  static override readonly styles = [
    base,
    css`
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

  override render(): TemplateResult {
    const { peakDbfs } = this.level;
    const words = formatDbfs(peakDbfs);
    return html`
      <p
        class="dbfs figure"
        role="meter"
        aria-label="Level of the ${this.name} in dBFS"
        aria-valuemin="-100"
        aria-valuemax="0"
        aria-valuenow=${peakDbfs.toFixed(0)}
        aria-valuetext="${words} dBFS"
        data-testid="meter-${this.name}"
      >
        <span aria-hidden="true">${words}</span><small aria-hidden="true">dBFS</small>
      </p>
    `;
  }

  /** What it says may be another by now. */
  show(): void {
    this.requestUpdate();
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'level-meter': LevelMeter;
  }
}
