/** The developer's ears: a switch and a volume for each side, and why there is no sound. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { EARS_OFF, type Ear, type EarStates } from '../media/ears.ts';
import type { Side } from '../media/report.ts';
import { base, buttons } from './styles.ts';

export interface EarChange {
  readonly side: Side;
  readonly on?: boolean;
  readonly volume?: number;
}

@customElement('call-monitor')
export class CallMonitor extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      .ears {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        font-size: 0.87rem;
        gap: 8px 18px;
        padding: 0 var(--inset) 16px;
      }

      .ear {
        align-items: center;
        display: flex;
        gap: 8px;
      }

      .label {
        color: var(--ink-3);
      }

      input {
        accent-color: var(--ink-2);
        width: 90px;
      }

      .sentence {
        color: var(--ink-2);
        flex-basis: 100%;
      }
    `,
  ];

  @property({ attribute: false }) ears: EarStates = EARS_OFF;

  override render(): TemplateResult {
    const { caller, agent } = this.ears;
    const sentences = [caller.sentence, agent.sentence].filter((text) => text !== '');
    return html`
      <div class="ears" role="group" aria-label="Listen in on this computer">
        <span class="label">Listen in</span>
        ${this.#ear('caller', 'Caller', caller)} ${this.#ear('agent', 'Agent', agent)}
        ${[...new Set(sentences)].map(
          (text) => html`<p class="sentence" role="status" data-testid="ear-sentence">${text}</p>`,
        )}
      </div>
    `;
  }

  #ear(side: Side, name: string, { on, volume }: Ear): TemplateResult {
    return html`<span class="ear">
      <button
        aria-pressed=${on}
        data-testid="listen-${side}"
        title="Hear the ${side} on this computer; the call does not notice"
        @click=${() => this.#say({ side, on: !on })}
      >
        ${name}
      </button>
      ${
        on
          ? html`<input
              type="range"
              min="0"
              max="1"
              step="0.05"
              aria-label="Volume of the ${side}"
              data-testid="volume-${side}"
              .value=${String(volume)}
              @input=${(event: Event) =>
                this.#say({ side, volume: Number((event.target as HTMLInputElement).value) })}
            />`
          : nothing
      }
    </span>`;
  }

  #say(detail: EarChange): void {
    this.dispatchEvent(new CustomEvent<EarChange>('ear', { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'call-monitor': CallMonitor;
  }
}
