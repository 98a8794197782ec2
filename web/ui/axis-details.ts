/** What is under the pointer, or picked, on the time axis: when, what, and all that is known of it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatClock, formatMs } from '../bridge/format.ts';
import { PHASE_WORDS, phasesOf } from '../timeline/phases.ts';
import type { Entry, EntryKind, TurnSpan } from '../timeline/types.ts';
import './error-code.ts';
import { base } from './styles.ts';

const KIND_WORDS: Record<EntryKind, string> = {
  call: 'Call',
  transcript: 'Transcript',
  'barge-in': 'Barge-in',
  dtmf: 'Key',
  hold: 'Hold',
  sip: 'SIP',
  socket: 'Agent’s socket',
  gap: 'Silence',
  concealed: 'Loss',
  error: 'Trouble',
  note: 'Note',
};

@customElement('axis-details')
export class AxisDetails extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        border-top: 1px solid var(--line);
        font-size: 0.87rem;
        margin-top: 8px;
        min-height: 2.4em;
        padding-top: 7px;
      }

      p {
        color: var(--ink-2);
        overflow-wrap: anywhere;
      }

      b {
        color: var(--ink);
        font-weight: 600;
      }

      .hint {
        color: var(--ink-3);
      }

      .one-line {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      pre {
        background: var(--sunken);
        border-radius: var(--radius-small);
        font: 0.8rem/1.45 var(--mono);
        margin: 8px 0 0;
        max-height: 240px;
        overflow: auto;
        padding: 10px 12px;
        white-space: pre-wrap;
      }
    `,
  ];

  @property({ attribute: false }) entry: Entry | undefined;
  @property({ attribute: false }) turn: TurnSpan | undefined;
  /** Picked, not only pointed at: there is room for all of it. */
  @property({ type: Boolean }) isPicked = false;

  override render(): TemplateResult {
    const { entry, turn } = this;
    return html`<div data-testid="axis-details" aria-live=${this.isPicked ? 'polite' : 'off'}>
      ${
        entry !== undefined
          ? this.#entry(entry)
          : turn !== undefined
            ? turnLine(turn)
            : html`<p class="hint">
                Wheel zooms, dragging moves (keys: ?). Point at a mark, or click it for all of it.
              </p>`
      }
    </div>`;
  }

  #entry({ kind, at, endAt, side, text, code, detail }: Entry): TemplateResult {
    const who = kind === 'transcript' ? (side === 'caller' ? 'Caller' : 'Agent') : KIND_WORDS[kind];
    const length = endAt === undefined || endAt - at < 1 ? '' : `, ${formatMs(endAt - at)}`;
    return html`<p class=${this.isPicked ? '' : 'one-line'}>
        <span class="figure">${formatClock(at, 3)}${length}</span> <b>${who}</b> ${text}
        ${
          code === undefined
            ? nothing
            : this.isPicked
              ? html`<error-code code=${code}></error-code>`
              : html`<span class="figure">[${code}]</span>`
        }
      </p>
      ${
        this.isPicked && detail !== undefined
          ? html`<pre tabindex="0" aria-label="Details">${detail}</pre>`
          : nothing
      }`;
  }
}

function turnLine(turn: TurnSpan): TemplateResult {
  const steps = phasesOf(turn)
    .filter(({ name }) => name !== 'wait')
    .map(({ name, fromMs, toMs }) => `${PHASE_WORDS[name]} ${formatMs(toMs - fromMs)}`);
  const at = turn.callerStartedMs ?? turn.agentStartedMs ?? 0;
  const waited =
    turn.latencyMs === undefined ? '' : `The caller waits ${formatMs(turn.latencyMs)}. `;
  const said = turn.said === undefined ? '' : `“${turn.said}” `;
  return html`<p class="one-line">
    <span class="figure">${formatClock(at, 3)}</span>
    <b>Turn ${turn.id}</b> ${said}${waited}${steps.join(', ')}
  </p>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'axis-details': AxisDetails;
  }
}
