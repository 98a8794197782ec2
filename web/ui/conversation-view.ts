/** What was said: both voices as text, as the agent reports it. Partials are replaced in place. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Turn } from '../bridge/conversation.ts';
import { formatTime } from '../bridge/format.ts';
import { base } from './styles.ts';

@customElement('conversation-view')
export class ConversationView extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        height: 100%;
      }

      /* Upside down, so that the newest stays in sight unless someone reads further up. */
      .scroll {
        /* Words that come move nothing below. */
        contain: strict;
        display: flex;
        flex-direction: column-reverse;
        height: 300px;
        overflow-y: auto;
        padding-right: 6px;
        scrollbar-width: thin;
      }

      ol {
        display: grid;
        gap: 8px;
        margin-bottom: auto;
      }

      li {
        max-width: 88%;
        width: fit-content;
      }

      .bubble {
        border-radius: 4px 14px 14px;
        padding: 7px 13px 8px;
        overflow-wrap: anywhere;
      }

      .caller .bubble {
        background: var(--caller-soft);
      }

      .agent {
        justify-self: end;
      }

      .agent .bubble {
        background: var(--agent-soft);
        border-radius: 14px 4px 14px 14px;
      }

      .who {
        color: var(--ink-3);
        font-size: 0.74rem;
        margin: 0 4px 2px;
      }

      .agent .who {
        text-align: right;
      }

      .partial .bubble {
        color: var(--ink-2);
        font-style: italic;
      }

      .note,
      .problem {
        color: var(--ink-3);
        font-size: 0.82rem;
        justify-self: center;
        text-align: center;
      }

      .problem {
        background: var(--red-soft);
        border-radius: var(--radius-small);
        color: var(--red);
        padding: 6px 12px;
      }

      .empty {
        color: var(--ink-3);
        font-size: 0.9rem;
        min-height: 300px;
      }
    `,
  ];

  @property({ attribute: false }) turns: readonly Turn[] = [];

  override render(): TemplateResult {
    if (this.turns.length === 0) {
      return html`<p class="empty" data-testid="transcript">
        Transcripts and events of the agent appear here as they come.
      </p>`;
    }
    return html`<div
      class="scroll"
      role="log"
      aria-label="Transcript"
      aria-live="polite"
      tabindex="0"
    >
      <ol data-testid="transcript">
        ${repeat(
          this.turns,
          ({ id }) => id,
          (turn) => this.#turn(turn),
        )}
      </ol>
    </div>`;
  }

  #turn({ kind, text, isFinal, at, detail }: Turn): TemplateResult {
    if (kind === 'note' || kind === 'problem') return html`<li class=${kind}>${text}</li>`;
    return html`<li class="${kind} ${isFinal ? '' : 'partial'}">
      <p class="who">
        ${kind === 'caller' ? 'Caller' : 'Agent'}
        ${formatTime(at)}${detail === undefined ? nothing : html` · ${detail}`}
      </p>
      <p class="bubble">${text}</p>
    </li>`;
  }
}
