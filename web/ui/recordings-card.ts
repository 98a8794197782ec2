/** What the page has kept of calls: a list to search, play, save, compare and delete from. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { formatBytes, formatDuration, formatTime } from '../bridge/format.ts';
import type { KeptRecording, RecordingList } from '../recording/types.ts';
import { base, buttons, fields, parties } from './styles.ts';

/** What is to be done with a recording. */
export interface RecordingAct {
  readonly act: 'open' | 'save' | 'remove';
  readonly id: string;
}

@customElement('recordings-card')
export class RecordingsCard extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    parties,
    fields,
    css`
      section {
        padding: 18px var(--inset) 14px;
      }

      header {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 8px 18px;
      }

      h2 {
        flex: 1;
      }

      label {
        align-items: center;
        color: var(--ink-2);
        display: inline-flex;
        font-size: 0.87rem;
        gap: 0.5em;
        min-height: 34px;
      }

      input[type='search'] {
        background: var(--surface);
        border-color: var(--line-strong);
        border-radius: 999px;
        font: inherit;
        min-height: 34px;
        padding: 0 0.95em;
        width: min(16em, 100%);
      }

      .file {
        border: 1px solid var(--line-strong);
        border-radius: 999px;
        color: var(--ink);
        cursor: pointer;
        font-weight: 500;
        padding: 0 0.95em;
      }

      .file:focus-within {
        outline: 2px solid var(--focus);
        outline-offset: 2px;
      }

      .hint,
      .about,
      .used {
        color: var(--ink-3);
        font-size: 0.84rem;
      }

      .hint {
        padding: 10px 0 4px;
      }

      .problem {
        color: var(--red);
        font-size: 0.9rem;
        padding-top: 8px;
      }

      li {
        align-items: center;
        border-top: 1px solid var(--line);
        display: grid;
        gap: 2px 14px;
        grid-template-columns: minmax(9em, 1fr) auto;
        padding: 10px 0;
      }

      li:first-child {
        border-top: 0;
      }

      ul {
        margin-top: 8px;
        max-height: 340px;
        overflow-y: auto;
      }

      .acts {
        display: flex;
        flex-wrap: wrap;
        gap: 2px;
        justify-content: flex-end;
      }
    `,
  ];

  @property({ attribute: false }) list: RecordingList | undefined;
  @property({ type: Boolean }) automatic = false;
  /** Why nothing can be kept here. */
  @property() unavailable = '';
  /** Why the last file was not opened. */
  @property() problem = '';
  @state() private search = '';

  override render(): TemplateResult {
    const { recordings = [] } = this.list ?? {};
    const shown = recordings.filter((each) => matches(each, this.search));
    return html`<section class="card" aria-labelledby="heading" data-testid="recordings">
      <header>
        <h2 class="label" id="heading">Recordings</h2>
        ${
          recordings.length < 2
            ? nothing
            : html`<input
                type="search"
                aria-label="Search recordings"
                placeholder="Caller, number, date, id"
                @input=${(event: InputEvent) => this.#searched(event)}
              />`
        }
        <label>
          <input
            type="checkbox"
            data-testid="record-all"
            .checked=${this.automatic}
            ?disabled=${this.unavailable !== ''}
            @change=${(event: Event) => this.#switched(event)}
          />
          Record every call
        </label>
        <label class="file">
          Open a bundle…
          <input
            class="for-ears"
            type="file"
            accept=".zip,application/zip"
            data-testid="open-bundle"
            @change=${(event: Event) => this.#picked(event)}
          />
        </label>
      </header>
      ${
        this.problem === ''
          ? nothing
          : html`<p class="problem" role="alert" data-testid="bundle-problem">${this.problem}</p>`
      }
      ${
        recordings.length === 0
          ? html`<p class="hint">
              ${
                this.unavailable === ''
                  ? 'Calls that are recorded stay in this browser until you delete them. A bundle, one zip with all of a call, can also be dropped anywhere on this page.'
                  : `This browser keeps no recordings: ${this.unavailable}`
              }
            </p>`
          : html`<ul>
                ${repeat(
                  shown,
                  ({ id }) => id,
                  (each) => this.#line(each),
                )}
              </ul>
              <p class="used" data-testid="recordings-used">
                ${formatBytes(this.list?.usedBytes ?? 0)} of
                ${formatBytes(this.list?.limitBytes ?? 0)}
                used${
                  shown.length < recordings.length
                    ? `; ${shown.length} of ${recordings.length} shown`
                    : ''
                }
              </p>`
      }
    </section>`;
  }

  #line(recording: KeptRecording): TemplateResult {
    const { id, caller, dialled, startedAt, durationMs, bytes, isLive, complete } = recording;
    const started = new Date(startedAt);
    const who = `the call from ${caller} at ${formatTime(started)}`;
    const button = (act: RecordingAct['act'], name: string, label: string) =>
      html`<button
        class="quiet"
        aria-label="${label} ${who}"
        data-testid="recording-${act}"
        @click=${() => this.#say('act', { act, id })}
      >
        ${name}
      </button>`;
    return html`<li data-testid="recording" data-id=${id}>
      <div>
        <p class="who">
          ${caller}
          <span
            >${recording.replayOf === undefined ? `→ ${dialled}` : 'replayed to the agent'}</span
          >
        </p>
        <p class="about figure">
          ${started.toLocaleDateString('en-CA')} ${formatTime(started)} ·
          ${
            isLive
              ? 'recording'
              : `${formatDuration(durationMs)} · ${formatBytes(bytes)}${
                  complete ? '' : ' · cut off when its page went away'
                }`
          }
        </p>
      </div>
      ${
        isLive
          ? nothing
          : html`<div class="acts">
              ${button('open', 'Open', 'Open')} ${button('save', 'Save', 'Save the bundle of')}
              ${button('remove', 'Delete', 'Delete')}
            </div>`
      }
    </li>`;
  }

  #searched({ target }: InputEvent): void {
    if (target instanceof HTMLInputElement) this.search = target.value;
  }

  #switched({ target }: Event): void {
    if (target instanceof HTMLInputElement) this.#say('automatic', target.checked);
  }

  #picked({ target }: Event): void {
    if (!(target instanceof HTMLInputElement)) return;
    const [file] = target.files ?? [];
    if (file !== undefined) this.#say('file', file);
    // The same file may be picked again.
    target.value = '';
  }

  #say(type: 'act' | 'automatic' | 'file', detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function matches({ caller, dialled, callId, startedAt }: KeptRecording, search: string): boolean {
  const text = `${caller} ${dialled} ${callId} ${startedAt}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

declare global {
  interface HTMLElementTagNameMap {
    'recordings-card': RecordingsCard;
  }
}
