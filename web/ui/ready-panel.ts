/** Shown while no call is up: the one button, then that the page waits, or why it cannot. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { BridgeError } from '../../common/errors.ts';
import { IDLE, type RegistrationStatus } from '../phone/registration.ts';
import { base, buttons } from './styles.ts';

@customElement('ready-panel')
export class ReadyPanel extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      section {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 18px 28px;
        justify-content: space-between;
        padding: clamp(22px, 3.4vw, 34px);
      }

      .text {
        flex: 1 1 20em;
      }

      h2 {
        font: 600 clamp(1.5rem, 2.6vw, 1.95rem) / 1.15 var(--serif);
        letter-spacing: -0.015em;
        text-wrap: balance;
      }

      p {
        color: var(--ink-2);
        margin-top: 8px;
        max-width: 58ch;
      }

      .code {
        color: var(--red);
        font: 600 0.8rem var(--mono);
      }
    `,
  ];

  @property({ attribute: false }) registration: RegistrationStatus = IDLE;
  @property({ attribute: false }) unsupported: BridgeError | undefined;
  @property({ type: Boolean }) canStart = false;
  @property({ type: Boolean }) isStarted = false;
  @property({ type: Boolean }) hasPhone = false;

  override render(): TemplateResult {
    const { headline, text } = this.#words();
    return html`
      <section class="card" aria-live="polite">
        <div class="text">
          ${
            this.unsupported === undefined
              ? nothing
              : html`<span class="code">${this.unsupported.code}</span>`
          }
          <h2>${headline}</h2>
          <p>${text}</p>
        </div>
        ${
          this.isStarted || this.unsupported !== undefined
            ? nothing
            : html`<button
                class="primary"
                data-testid="start-button"
                ?disabled=${!this.canStart}
                @click=${() => this.dispatchEvent(new CustomEvent('start'))}
              >
                Start answering calls
              </button>`
        }
      </section>
    `;
  }

  #words(): { readonly headline: string; readonly text: string } {
    if (this.unsupported !== undefined) {
      return { headline: 'This browser cannot be the bridge', text: this.unsupported.message };
    }
    const { state, sentence } = this.registration;
    if (!this.isStarted) {
      return {
        headline: 'Ready when you are',
        text:
          'This page answers every call and connects it to your voice agent. No microphone is' +
          ' used, and nothing plays aloud unless you ask for it.',
      };
    }
    if (state === 'registered' && !this.hasPhone) {
      return {
        headline: 'Waiting for a phone',
        text: 'This page is ready. Set your phone up as shown here, then dial any number.',
      };
    }
    if (state === 'registered') {
      return {
        headline: 'Waiting for a call',
        text: 'Dial any number on your phone. The call is answered at once; keep this page open.',
      };
    }
    return { headline: 'Not ready yet', text: sentence };
  }
}
