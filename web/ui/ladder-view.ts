/**
 * The SIP ladder of one call: an arrow for each message, and the chosen message in full below. It
 * needs nothing but the messages, so it shows a call of a file as it shows a live one.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { CallTrace } from '../../common/api.ts';
import { ladderOf, type Ladder, type Rung } from '../ladder/ladder.ts';
import { pairOf } from '../ladder/offer-answer.ts';
import './sip-message.ts';
import { base } from './styles.ts';

/** Keys that move from message to message, and by how many. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: -Infinity,
  End: Infinity,
};

@customElement('ladder-view')
export class LadderView extends LitElement {
  static override readonly styles = [
    base,
    css`
      .ladder {
        overflow-x: auto;
      }

      .grid {
        --time: 6em;
        min-width: calc(var(--time) + var(--columns) * 9em);
      }

      .parties,
      li button {
        display: grid;
        grid-template-columns: var(--time) repeat(var(--columns), minmax(0, 1fr));
      }

      .parties {
        background: var(--surface);
        padding-bottom: 8px;
        position: sticky;
        text-align: center;
        top: 0;
        z-index: 1;
      }

      .parties b {
        display: block;
        font-size: 0.87rem;
        font-weight: 600;
        text-transform: capitalize;
      }

      .parties small {
        color: var(--ink-3);
        font: 0.72rem var(--mono);
        overflow-wrap: anywhere;
      }

      .rungs {
        position: relative;
      }

      /* One line down for each party. */
      .line {
        border-left: 1px solid var(--line-strong);
        bottom: 0;
        pointer-events: none;
        position: absolute;
        top: 0;
      }

      li button {
        align-items: end;
        background: none;
        border: 0;
        border-radius: 6px;
        color: inherit;
        cursor: pointer;
        font: inherit;
        min-height: 36px;
        padding: 0;
        position: relative;
        text-align: left;
        width: 100%;
      }

      li button:hover {
        background: color-mix(in srgb, var(--sunken) 55%, transparent);
      }

      li button[aria-current='true'] {
        background: var(--sunken);
      }

      time {
        color: var(--ink-2);
        font: 0.74rem var(--mono);
        padding: 0 0 4px 6px;
      }

      .arrow {
        border-bottom: 2px solid currentcolor;
        display: block;
        font: 500 0.78rem/1.3 var(--mono);
        margin: 0 1px 9px;
        overflow: hidden;
        padding: 0 12px 2px;
        text-align: center;
        text-overflow: ellipsis;
        white-space: nowrap;
      }

      .head {
        border: solid currentcolor;
        border-width: 2px 2px 0 0;
        bottom: 6px;
        height: 8px;
        position: absolute;
        width: 8px;
      }

      .right .head {
        right: 2px;
        transform: rotate(45deg);
      }

      .left .head {
        left: 2px;
        transform: rotate(-135deg);
      }

      .way {
        position: relative;
      }

      .sdp {
        border: 1px solid currentcolor;
        border-radius: 3px;
        font-size: 0.64rem;
        margin-left: 0.4em;
        padding: 0 3px;
      }

      @media (max-width: 560px) {
        .grid {
          --time: 4.6em;
        }

        .sdp {
          display: none;
        }
      }

      .request {
        color: var(--ink);
      }

      .ringing {
        color: var(--ink-2);
      }

      .success {
        color: var(--green);
      }

      .redirect {
        color: var(--amber);
      }

      .failure {
        color: var(--red);
      }

      sip-message {
        border-top: 1px solid var(--line);
        margin-top: 14px;
        padding-top: 14px;
      }

      .empty {
        color: var(--ink-2);
      }
    `,
  ];

  @property({ attribute: false }) trace: CallTrace | undefined;
  @state() private chosen = 0;

  override render(): TemplateResult | typeof nothing {
    const { trace } = this;
    if (trace === undefined) return nothing;
    const ladder = ladderOf(trace.callId, trace.messages);
    const rung = ladder.rungs[Math.min(this.chosen, ladder.rungs.length - 1)];
    if (rung === undefined) return html`<p class="empty">No SIP message of this call is kept.</p>`;
    return html`
      <div class="ladder" .style=${`--columns: ${ladder.columns.length}`}>
        <div class="grid">
          <div class="parties">
            <span></span>
            ${ladder.columns.map(
              ({ name, place }) => html`<div><b>${name}</b><small>${place}</small></div>`,
            )}
          </div>
          <div class="rungs">
            ${ladder.columns.map((_, i) => line(ladder, i))}
            <ol
              aria-label="SIP messages; the arrow keys move from one to the next"
              data-testid="ladder"
              @keydown=${(event: KeyboardEvent) => this.#onKey(event, ladder)}
            >
              ${ladder.rungs.map((each, i) => this.#rung(each, i, each === rung))}
            </ol>
          </div>
        </div>
      </div>
      <sip-message .rung=${rung} .pair=${pairOf(ladder.rungs, rung)}></sip-message>
    `;
  }

  #rung(rung: Rung, index: number, isChosen: boolean): TemplateResult {
    const { from, to, kind, ms, message, sip, words } = rung;
    const left = Math.min(from, to);
    const right = Math.max(from, to);
    // From the middle of one column to the middle of the other. By property: a strict
    // Content-Security-Policy takes no style attributes.
    const way = `grid-column: ${left + 2} / ${right + 3}; margin-inline: calc(50% / ${right - left + 1})`;
    return html`<li>
      <button
        class=${kind}
        tabindex=${isChosen ? 0 : -1}
        aria-current=${isChosen}
        data-testid="rung"
        data-sip-call-id=${message.sipCallId}
        data-summary=${message.summary}
        @click=${() => (this.chosen = index)}
      >
        <time>+${ms} ms</time>
        <span class="way ${from < to ? 'right' : 'left'}" .style=${way}>
          <span class="arrow">
            ${message.summary}${sip.hasSdp ? html`<span class="sdp">SDP</span>` : nothing}
          </span>
          <span class="head"></span>
          <span class="for-ears">${words}</span>
        </span>
      </button>
    </li>`;
  }

  #onKey(event: KeyboardEvent, { rungs }: Ladder): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.chosen = Math.max(0, Math.min(rungs.length - 1, this.chosen + step));
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>('[aria-current=true]')?.focus(),
    );
  }
}

function line({ columns }: Ladder, column: number): TemplateResult {
  const left = `calc(var(--time) + (100% - var(--time)) * ${(column + 0.5) / columns.length})`;
  return html`<div class="line" .style=${`left: ${left}`}></div>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'ladder-view': LadderView;
  }
}
