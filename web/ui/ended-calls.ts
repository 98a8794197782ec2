/** Calls that are over: a line each, with its totals. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Call } from '../bridge/call.ts';
import { formatBytes, formatDuration, formatMs, formatTime } from '../bridge/format.ts';
import { base, buttons, parties } from './styles.ts';
import './timeline-view.ts';
import './turn-table.ts';

@customElement('ended-calls')
export class EndedCalls extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    parties,
    css`
      section {
        padding: 18px var(--inset) 8px;
      }

      li {
        align-items: baseline;
        border-top: 1px solid var(--line);
        display: grid;
        gap: 2px 18px;
        grid-template-columns: 5em minmax(8em, 1fr) auto auto;
        padding: 11px 0 12px;
      }

      li:first-child {
        border-top: 0;
      }

      .when,
      .facts {
        color: var(--ink-3);
        font-size: 0.84rem;
      }

      .facts {
        grid-column: 2 / -1;
      }

      .failed .why {
        color: var(--red);
      }

      .acts {
        display: flex;
      }

      .axis {
        grid-column: 1 / -1;
        order: 2;
        margin: 8px calc(-1 * var(--inset)) 0;
      }

      @media (max-width: 560px) {
        li {
          grid-template-columns: 5em minmax(0, 1fr) auto;
        }

        .acts {
          grid-column: 2 / -1;
          margin-left: -0.6em;
          order: 1;
        }
      }
    `,
  ];

  @property({ attribute: false }) calls: readonly Call[] = [];
  /** Whose time axis is open. */
  @state() private opened: string | undefined;

  override render(): TemplateResult {
    return html`<section class="card" aria-labelledby="heading">
      <h2 class="label" id="heading">Ended calls</h2>
      <ul data-testid="ended-calls">
        ${repeat(
          this.calls,
          ({ id }) => id,
          (call) => this.#line(call),
        )}
      </ul>
    </section>`;
  }

  #line(call: Call): TemplateResult {
    const { counters: c } = call;
    return html`<li class=${call.failed ? 'failed' : ''} data-testid="ended-call">
      <time class="when figure">${formatTime(call.startedAt)}</time>
      <p class="who">${call.caller} <span>→ ${call.dialled}</span></p>
      <p class="figure">${formatDuration(call.durationMs())}</p>
      <div class="acts">
        ${
          call.answeredAt === undefined
            ? nothing
            : html`<button
                class="quiet"
                aria-expanded=${this.opened === call.id}
                aria-label="Time axis of the call from ${call.caller}"
                data-testid="axis-button"
                @click=${() => (this.opened = this.opened === call.id ? undefined : call.id)}
              >
                Time axis
              </button>`
        }
        <button
          class="quiet"
          aria-label="SIP messages of the call from ${call.caller}"
          @click=${() => this.dispatchEvent(new CustomEvent<Call>('ladder', { detail: call }))}
        >
          SIP messages
        </button>
      </div>
      <p class="facts">
        <span class="why">${call.endSentence}</span>
        ${
          call.answeredAt === undefined
            ? nothing
            : html`${c.framesToAgent.toLocaleString('en')} frames to the agent,
              ${formatBytes(c.bytesFromAgent)} from it, ${formatMs(c.playedMs)} heard by the caller.`
        }
      </p>
      ${
        this.opened === call.id
          ? html`<div class="axis">
              <timeline-view .timeline=${call.timeline}></timeline-view>
              <turn-table over .turns=${call.timeline.turns}></turn-table>
            </div>`
          : nothing
      }
    </li>`;
  }
}
