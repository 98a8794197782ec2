/** What happened, newest in sight; filtered by level and kind, searched, copied as text or JSON. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { LogLevel } from '../../common/log.ts';
import {
  filterLog,
  formatLog,
  LOG_KINDS,
  logAsJson,
  type LogEntry,
  type LogKind,
} from '../bridge/event-log.ts';
import { formatTime } from '../bridge/format.ts';
import './copy-button.ts';
import './error-code.ts';
import { base, buttons, fields } from './styles.ts';

/** The newest, until somebody asks for more: hours of a call are a thousand lines. */
const SHOWN = 200;
const LEVELS: readonly { readonly level: LogLevel; readonly name: string }[] = [
  { level: 'debug', name: 'Everything, and SIP' },
  { level: 'info', name: 'Everything' },
  { level: 'warn', name: 'Warnings and errors' },
  { level: 'error', name: 'Errors' },
];
const KIND_NAMES: Record<LogKind, string> = {
  page: 'Page',
  call: 'Calls',
  sip: 'SIP',
  media: 'Media',
  agent: 'Agent',
};

@customElement('event-log-view')
export class EventLogView extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      .head {
        align-items: center;
        border-bottom: 1px solid var(--line);
        display: flex;
        flex-wrap: wrap;
        gap: 4px 6px;
        justify-content: flex-end;
        padding: 8px 18px 10px;
      }

      h2 {
        flex: 1;
      }

      copy-button:last-of-type {
        margin-right: -8px;
      }

      .filters {
        display: grid;
        flex-basis: 100%;
        gap: 6px;
        grid-template-columns: minmax(0, 1fr) auto auto;
      }

      select,
      input {
        font-size: 0.8rem;
        min-height: 28px;
        padding: 2px 6px;
      }

      select {
        max-width: 8.5em;
      }

      .scroll {
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

      .debug p {
        color: var(--ink-3);
        font: 0.76rem/1.6 var(--mono);
      }

      .empty {
        color: var(--ink-3);
        padding: 14px 18px;
      }
    `,
  ];

  @property({ attribute: false }) entries: readonly LogEntry[] = [];
  /** Of a call that is shown, of which there may be several: no landmark of the page. */
  @property({ type: Boolean }) inner = false;
  @state() private lowest: LogLevel = 'info';
  @state() private kind: LogKind | undefined;
  @state() private search = '';
  @state() private showsAll = false;

  /** For the shortcut. */
  focusSearch(): void {
    this.renderRoot.querySelector('input')?.focus();
  }

  override render(): TemplateResult {
    const { lowest, kind, search } = this;
    const found = filterLog(this.entries, { lowest, kind, search });
    const shown = this.showsAll ? found : found.slice(-SHOWN);
    return html`
      <section class="card" role=${this.inner ? 'group' : 'region'} aria-labelledby="heading">
        <div class="head">
          <h2 class=${this.inner ? 'for-ears' : 'label'} id="heading">Log</h2>
          <copy-button
            .text=${() => formatLog(found)}
            label="Copy text"
            what="of the log"
          ></copy-button>
          <copy-button
            .text=${() => logAsJson(found)}
            label="Copy JSON"
            what="of the log"
            data-testid="copy-log-json"
          ></copy-button>
          ${this.#filters()}
        </div>
        <div
          class="scroll"
          tabindex="0"
          role="log"
          aria-label="Log"
          aria-live="off"
          data-testid="event-log"
        >
          <ol>
            ${
              shown.length === 0
                ? html`<li class="empty">
                    ${this.entries.length === 0 ? 'Nothing to report.' : 'Nothing that fits.'}
                  </li>`
                : nothing
            }
            ${
              shown.length === found.length
                ? nothing
                : html`<li class="empty">
                    <button class="quiet" @click=${() => (this.showsAll = true)}>
                      Show ${found.length - shown.length} older
                    </button>
                  </li>`
            }
            ${repeat(
              shown,
              ({ id }) => id,
              ({ at, level, text, code, callId }) => html`
                <li class=${level} title=${callId ?? ''} data-level=${level}>
                  <time class="figure">${formatTime(at)}</time>
                  <p>
                    ${level === 'info' ? nothing : html`<span class="for-ears">${level}: </span>`}
                    ${text}${code === undefined ? nothing : html` <error-code code=${code}></error-code>`}
                  </p>
                </li>
              `,
            )}
          </ol>
        </div>
      </section>
    `;
  }

  #filters(): TemplateResult {
    const chosen = ({ target }: Event) => (target as HTMLSelectElement | HTMLInputElement).value;
    return html`<div class="filters" role=${this.inner ? 'group' : 'search'} aria-label="The log">
      <input
        type="search"
        placeholder="Search"
        aria-label="Search the log"
        data-testid="log-search"
        .value=${this.search}
        @input=${(event: Event) => (this.search = chosen(event))}
      />
      <select
        aria-label="Least level"
        data-testid="log-level"
        @change=${(event: Event) => (this.lowest = chosen(event) as LogLevel)}
      >
        ${LEVELS.map(
          ({ level, name }) =>
            html`<option value=${level} ?selected=${level === this.lowest}>${name}</option>`,
        )}
      </select>
      <select
        aria-label="Kind"
        data-testid="log-kind"
        @change=${(event: Event) => (this.kind = LOG_KINDS.find((each) => each === chosen(event)))}
      >
        <option value="">All kinds</option>
        ${LOG_KINDS.map((each) => html`<option value=${each}>${KIND_NAMES[each]}</option>`)}
      </select>
    </div>`;
  }

  /** Follows the newest entry, unless someone reads further up. */
  override willUpdate(changed: PropertyValues): void {
    const list = this.renderRoot.querySelector('.scroll');
    if (!changed.has('entries')) return;
    if (list !== null && list.scrollHeight - list.scrollTop - list.clientHeight > 40) return;
    void this.updateComplete.then(() => {
      this.renderRoot.querySelector('.scroll')?.scrollTo({ top: Number.MAX_SAFE_INTEGER });
    });
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'event-log-view': EventLogView;
  }
}
