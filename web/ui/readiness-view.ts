/** Before a call: everything that stands in its way, and on request everything that is well. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { DoctorReport, Finding, Status } from '../../common/api.ts';
import type { BridgeError } from '../../common/errors.ts';
import { readinessOf } from '../bridge/readiness.ts';
import { IDLE, type RegistrationStatus } from '../phone/registration.ts';
import './error-code.ts';
import { base, buttons } from './styles.ts';

const MARKS: Record<Finding['result'], readonly [mark: string, word: string]> = {
  pass: ['✓', 'fine'],
  warn: ['!', 'to look at'],
  fail: ['✗', 'broken'],
};

/** For the view that comes back after a call: it shows this until it has asked again. */
let lastReport: DoctorReport | undefined;

@customElement('readiness-view')
export class ReadinessView extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      section {
        padding: 14px var(--inset) 16px;
      }

      header {
        align-items: center;
        display: flex;
        gap: 12px;
        justify-content: space-between;
      }

      h2 {
        font: 600 1rem/1.4 var(--sans);
      }

      /* Its words, not its edge, end where the lines do. */
      header button {
        margin-right: -0.6em;
      }

      ul {
        display: grid;
        font-size: 0.9rem;
        gap: 8px;
        margin-top: 8px;
      }

      li {
        display: grid;
        gap: 0 10px;
        grid-template-columns: 1.1em minmax(0, 1fr);
      }

      li > :not(.mark) {
        grid-column: 2;
        overflow-wrap: anywhere;
      }

      .mark {
        font-weight: 700;
      }

      .pass .mark {
        color: var(--green);
      }

      .warn .mark {
        color: var(--amber);
      }

      .fail .mark {
        color: var(--red);
      }

      .todo,
      .pass p {
        color: var(--ink-2);
      }

      details {
        margin-top: 10px;
      }

      summary {
        color: var(--ink-2);
        cursor: pointer;
        font-size: 0.84rem;
      }
    `,
  ];

  @property({ attribute: false }) registration: RegistrationStatus = IDLE;
  @property({ attribute: false }) unsupported: BridgeError | undefined;
  @property({ attribute: false }) status: Status | undefined;
  @state() private report = lastReport;
  @state() private problem = '';
  /** What the last report was about. */
  #asked = '';

  override render(): TemplateResult {
    const { registration, unsupported, report } = this;
    const findings = readinessOf({
      registration,
      unsupported,
      isSecure: isSecureContext,
      hasScriptTransform: 'RTCRtpScriptTransform' in globalThis,
      report,
    });
    const well = findings.filter(({ result }) => result === 'pass');
    const others = findings.filter(({ result }) => result !== 'pass');
    return html`
      <section class="card" aria-labelledby="heading" data-testid="readiness">
        <header>
          <div role="status"><h2 id="heading">${this.#headline(others)}</h2></div>
          <button class="quiet" data-testid="check-again" @click=${() => void this.#ask()}>
            Check again
          </button>
        </header>
        <ul>
          ${others.map(line)}
        </ul>
        <details>
          <summary>${well.length} checks are fine</summary>
          <ul>
            ${well.map(line)}
          </ul>
        </details>
      </section>
    `;
  }

  /** Asks again when something has changed that the report is about. */
  override updated(_changed: PropertyValues<this>): void {
    const { registrations, phones, engines, agent } = this.status ?? {};
    const about = JSON.stringify([
      this.registration.state,
      registrations?.map(({ contact }) => contact),
      phones,
      engines,
      agent,
    ]);
    if (about === this.#asked) return;
    this.#asked = about;
    void this.#ask();
  }

  #headline(others: readonly Finding[]): string {
    if (this.problem !== '') return this.problem;
    if (this.report === undefined) return 'Looking whether all is ready …';
    if (others.length === 0) return 'All is ready for a call';
    const count = others.length === 1 ? 'One thing' : `${others.length} things`;
    return others.some(({ result }) => result === 'fail')
      ? `${count} in the way of a call`
      : `${count} to look at before a call`;
  }

  async #ask(): Promise<void> {
    try {
      const response = await fetch('/api/doctor');
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      this.report = (await response.json()) as DoctorReport;
      lastReport = this.report;
      this.problem = '';
    } catch {
      this.problem = 'The bridge does not answer: is it running?';
      this.report = undefined;
    }
    await this.updateComplete;
    this.dispatchEvent(new CustomEvent('looked'));
  }
}

function line({ check, result, message, code, todo }: Finding): TemplateResult {
  const [mark, word] = MARKS[result];
  return html`<li class=${result} data-result=${result} data-code=${code ?? ''}>
    <span class="mark" aria-hidden="true">${mark}</span>
    <p><span class="for-ears">${word}: </span><strong>${check}</strong>: ${message}</p>
    ${todo === undefined ? nothing : html`<p class="todo">${todo}</p>`}
    ${code === undefined ? nothing : html`<span><error-code code=${code}></error-code></span>`}
  </li>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'readiness-view': ReadinessView;
  }
}
