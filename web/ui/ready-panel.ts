/** Shown while no call is up: the one button, then that the page waits, or why it cannot. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { BridgeError } from '../../common/errors.ts';
import { COME_BACK } from '../bridge/chain.ts';
import { IDLE, type RegistrationStatus } from '../phone/registration.ts';
import './error-code.ts';
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
        padding: clamp(20px, 2.6vw, 28px) var(--inset);
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
        text-wrap: pretty;
      }

      error-code {
        display: inline-block;
        margin-top: 10px;
      }
    `,
  ];

  @property({ attribute: false }) registration: RegistrationStatus = IDLE;
  @property({ attribute: false }) unsupported: BridgeError | undefined;
  /** It was there, and is not any more. */
  @property({ type: Boolean }) isBridgeLost = false;
  @property({ type: Boolean }) canStart = false;
  @property({ type: Boolean }) isStarted = false;
  @property({ type: Boolean }) hasPhone = false;

  override render(): TemplateResult {
    const { headline, text } = this.#words();
    return html`
      <section class="card" aria-live="polite">
        <div class="text">
          <h2>${headline}</h2>
          <p>${text}</p>
          ${
            this.unsupported === undefined
              ? nothing
              : html`<error-code code=${this.unsupported.code}></error-code>`
          }
        </div>
        ${
          this.isStarted || this.isBridgeLost || this.unsupported !== undefined
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
    if (this.isBridgeLost) {
      return { headline: 'The bridge does not answer', text: `No call can come. ${COME_BACK}` };
    }
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
