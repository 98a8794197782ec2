/** What happened, newest in sight; filtered by level, copied as text. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { LogLevel } from '../../common/log.ts';
import { formatLog, type LogEntry } from '../bridge/event-log.ts';
import { formatTime } from '../bridge/format.ts';
import './copy-button.ts';
import { base } from './styles.ts';

const LEVELS: readonly { readonly level: LogLevel; readonly name: string }[] = [
  { level: 'info', name: 'Everything' },
  { level: 'warn', name: 'Warnings and errors' },
  { level: 'error', name: 'Errors' },
];
const WEIGHT: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

@customElement('event-log-view')
export class EventLogView extends LitElement {
  static override readonly styles = [
    base,
    css`
      header {
        align-items: center;
        border-bottom: 1px solid var(--line);
        display: flex;
        gap: 8px;
        justify-content: space-between;
        padding: 10px 10px 10px 18px;
      }

      select {
        background: transparent;
        border: 1px solid transparent;
        border-radius: 999px;
        color: var(--ink-2);
        font: 500 0.8rem var(--sans);
        margin-left: auto;
        max-width: 11.5em;
        padding: 4px 6px;
      }

      select option {
        background: var(--surface);
        color: var(--ink);
      }

      ol {
        font-size: 0.84rem;
        line-height: 1.42;
        max-height: min(62vh, 640px);
        min-height: 120px;
        overflow-y: auto;
        padding: 8px 0;
        scrollbar-width: thin;
      }

      li {
        display: grid;
        gap: 10px;
        grid-template-columns: auto minmax(0, 1fr);
        padding: 4px 18px 4px 15px;
        border-left: 3px solid transparent;
      }

      .warn {
        border-color: var(--amber);
      }

      .error {
        border-color: var(--red);
      }

      time {
        color: var(--ink-3);
        font-size: 0.76rem;
        line-height: 1.6;
      }

      p {
        overflow-wrap: anywhere;
      }

      code {
        background: var(--sunken);
        border-radius: 4px;
        color: var(--ink-2);
        font: 500 0.7rem var(--mono);
        margin-left: 0.3em;
        padding: 1px 5px;
      }

      .empty {
        color: var(--ink-3);
        padding: 14px 18px;
      }
    `,
  ];

  @property({ attribute: false }) entries: readonly LogEntry[] = [];
  @state() private lowest: LogLevel = 'info';

  override render(): TemplateResult {
    const shown = this.entries.filter(({ level }) => WEIGHT[level] >= WEIGHT[this.lowest]);
    return html`
      <section class="card" aria-labelledby="heading">
        <header>
          <h2 class="label" id="heading">Log</h2>
          <select aria-label="Which entries are shown" @change=${(e: Event) => this.#filter(e)}>
            ${LEVELS.map(({ level, name }) => html`<option value=${level}>${name}</option>`)}
          </select>
          <copy-button .text=${formatLog(shown)} what="the log"></copy-button>
        </header>
        <ol tabindex="0" role="log" aria-label="Log" aria-live="off" data-testid="event-log">
          ${shown.length === 0 ? html`<li class="empty">Nothing to report.</li>` : nothing}
          ${repeat(
            shown,
            ({ id }) => id,
            ({ at, level, text, code, callId }) => html`
              <li class=${level} title=${callId ?? ''} data-level=${level}>
                <time class="figure">${formatTime(at)}</time>
                <p>
                  ${level === 'info' ? nothing : html`<span class="for-ears">${level}: </span>`}
                  ${text}${code === undefined ? nothing : html` <code>${code}</code>`}
                </p>
              </li>
            `,
          )}
        </ol>
      </section>
    `;
  }

  /** Follows the newest entry, unless someone reads further up. */
  override willUpdate(changed: PropertyValues): void {
    const list = this.renderRoot.querySelector('ol');
    if (!changed.has('entries')) return;
    if (list !== null && list.scrollHeight - list.scrollTop - list.clientHeight > 40) return;
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector('ol')?.scrollTo({ top: Number.MAX_SAFE_INTEGER });
    });
  }

  #filter({ target }: Event): void {
    if (target instanceof HTMLSelectElement) this.lowest = target.value as LogLevel;
  }
}
