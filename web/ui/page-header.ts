/** Name, version, and whether calls are answered here. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { IDLE, type RegistrationStatus } from '../phone/registration.ts';
import { base, buttons } from './styles.ts';

const WORDS: Record<RegistrationStatus['state'], string> = {
  idle: 'Not started',
  connecting: 'Connecting',
  registered: 'Ready',
  unregistered: 'Registering again',
  failed: 'Not registered',
  stopped: 'Stopped',
};

@customElement('page-header')
export class PageHeader extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      header {
        align-items: center;
        display: flex;
        gap: 12px;
        justify-content: space-between;
        padding-bottom: 18px;
      }

      header > button {
        margin-left: auto;
      }

      .brand {
        align-items: center;
        display: flex;
        gap: 12px;
      }

      svg {
        flex: none;
        height: 34px;
        width: 34px;
      }

      h1 {
        font: 600 1.45rem/1.1 var(--serif);
        letter-spacing: -0.012em;
      }

      .version {
        color: var(--ink-3);
        font-size: 0.78rem;
      }

      .state {
        align-items: center;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: 999px;
        display: inline-flex;
        font-size: 0.87rem;
        font-weight: 500;
        gap: 0.55em;
        /* As wide as what it says while the page starts: what stands beside it stays. */
        justify-content: center;
        min-width: 8.2em;
        padding: 0.4em 0.95em 0.4em 0.75em;
        white-space: nowrap;
      }

      .dot {
        background: var(--amber);
        border-radius: 50%;
        height: 9px;
        width: 9px;
      }

      .registered .dot {
        background: var(--green);
      }

      .failed .dot {
        background: var(--red);
      }

      @media (max-width: 560px) {
        header,
        .brand {
          gap: 8px;
        }

        h1 {
          font-size: 1.15rem;
        }

        .version {
          display: none;
        }
      }
    `,
  ];

  @property() version = '';
  @property({ attribute: false }) registration: RegistrationStatus = IDLE;

  override render(): TemplateResult {
    const { state, sentence } = this.registration;
    return html`
      <header>
        <div class="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="8" fill="var(--ink)" />
            <path
              d="M4 20h24M7 20c0-12 18-12 18 0M12 20v-7.6M16 20v-9M20 20v-7.6"
              fill="none"
              stroke="var(--paper)"
              stroke-width="2"
              stroke-linecap="round"
            />
          </svg>
          <h1>SIP Agent Bridge</h1>
          ${this.version === '' ? nothing : html`<span class="version">${this.version}</span>`}
        </div>
        <button
          class="quiet"
          aria-haspopup="dialog"
          title="What single keys do (press ?)"
          data-testid="shortcuts-button"
          @click=${() => this.dispatchEvent(new CustomEvent('shortcuts'))}
        >
          Shortcuts
        </button>
        <p
          class="state ${state}"
          data-testid="registration-state"
          data-state=${state}
          title=${sentence}
          aria-live="polite"
        >
          <span class="dot" aria-hidden="true"></span>${WORDS[state]}
        </p>
      </header>
    `;
  }
}
