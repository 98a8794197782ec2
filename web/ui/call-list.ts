/** Several live calls at a glance: who, in which state, for how long; a click leads to the call's card. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Call } from '../bridge/call.ts';
import { base } from './styles.ts';
import './ticking-time.ts';

@customElement('call-list')
export class CallList extends LitElement {
  static override readonly styles = [
    base,
    css`
      nav {
        padding: 14px var(--inset) 8px;
      }

      li {
        border-top: 1px solid var(--line);
      }

      li:first-child {
        border-top: 0;
      }

      a {
        align-items: baseline;
        color: inherit;
        display: grid;
        gap: 4px 18px;
        grid-template-columns: minmax(0, 1fr) auto 5em;
        padding: 9px 0;
        text-decoration: none;
      }

      a:hover b {
        text-decoration: underline;
      }

      b {
        font-weight: 600;
        overflow-wrap: anywhere;
      }

      span {
        color: var(--ink-2);
      }

      ticking-time {
        font-family: var(--mono);
        font-variant-numeric: tabular-nums;
        text-align: right;
      }
    `,
  ];

  @property({ attribute: false }) calls: readonly Call[] = [];

  override render(): TemplateResult {
    return html`<nav class="card" aria-label="Live calls" data-testid="call-list">
      <h2 class="label">${this.calls.length} calls</h2>
      <ul>
        ${repeat(
          this.calls,
          ({ id }) => id,
          (call) =>
            html`<li>
              <a href="#call-${call.id}" @click=${(event: Event) => this.#show(event, call)}>
                <span><b>${call.caller}</b> → ${call.dialled}</span>
                <span>${STATE_WORDS[call.state]}</span>
                <ticking-time .since=${call.answeredAt} .tick=${{}}></ticking-time>
              </a>
            </li>`,
        )}
      </ul>
    </nav>`;
  }

  /** The cards live in another shadow tree than this list's addresses reach. */
  #show(event: Event, { id }: Call): void {
    event.preventDefault();
    const root = this.getRootNode() as ShadowRoot;
    root.getElementById(`call-${id}`)?.scrollIntoView({ behavior: 'smooth', block: 'start' });
  }
}

const STATE_WORDS: Record<Call['state'], string> = {
  ringing: 'Ringing',
  answered: 'In call',
  held: 'On hold',
  ended: 'Ended',
};
