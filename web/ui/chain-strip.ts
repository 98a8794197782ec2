/** phone → SIP → media → page → agent: one light and one sentence per link. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ChainLink, Light } from '../bridge/chain.ts';
import './error-code.ts';
import { base } from './styles.ts';

const WORDS: Record<Light, string> = { green: 'fine', amber: 'waiting', red: 'broken' };

/** Addresses may break after a slash or a colon rather than anywhere. */
function breakable(sentence: string): string {
  return sentence.replace(/[/@]+/g, '$&\u200b');
}

@customElement('chain-strip')
export class ChainStrip extends LitElement {
  static override readonly styles = [
    base,
    css`
      ol {
        display: grid;
        grid-template-columns: repeat(5, minmax(0, 1fr));
        overflow: hidden;
      }

      /* Three lines are what a link has to say as a rule: nothing below moves with the words. */
      li {
        min-height: 7.5rem;
        padding: 14px 16px 15px 18px;
        position: relative;
      }

      li + li {
        border-left: 1px solid var(--line);
      }

      /* The arrow that joins two links. */
      li + li::before {
        background: var(--surface);
        border: solid var(--line);
        border-width: 1px 1px 0 0;
        content: '';
        height: 11px;
        left: -6px;
        position: absolute;
        top: 21px;
        transform: rotate(45deg);
        width: 11px;
      }

      h2 {
        align-items: center;
        display: flex;
        font-size: 0.95rem;
        font-weight: 600;
        gap: 0.55em;
        line-height: 1.5;
      }

      .light {
        border-radius: 50%;
        flex: none;
        height: 10px;
        width: 10px;
      }

      .green .light {
        background: var(--green);
      }

      /* A ring and a square: the lights differ in shape, too. */
      .amber .light {
        border: 2.5px solid var(--amber);
      }

      .red .light {
        background: var(--red);
        border-radius: 2px;
      }

      p {
        color: var(--ink-2);
        font-size: 0.82rem;
        line-height: 1.4;
        margin-top: 3px;
        overflow-wrap: anywhere;
      }

      .red .sentence {
        color: var(--red);
      }

      @media (max-width: 820px) {
        ol {
          grid-template-columns: 1fr;
        }

        li {
          min-height: 0;
          padding: 10px 16px;
        }

        li + li {
          border-left: 0;
          border-top: 1px solid var(--line);
        }

        li + li::before {
          display: none;
        }

        .sentence {
          min-height: 1.4em;
        }
      }
    `,
  ];

  @property({ attribute: false }) links: readonly ChainLink[] = [];

  override render(): TemplateResult {
    return html`
      <section class="card" aria-label="The chain a call runs through">
        <ol>
          ${this.links.map(
            ({ name, light, sentence, todo, code }) => html`
              <li class=${light} data-testid="chain-${name.toLowerCase()}" data-light=${light}>
                <h2>
                  <span class="light" aria-hidden="true"></span>${name}
                  <span class="for-ears">: ${WORDS[light]}</span>
                </h2>
                <p class="sentence">${breakable(sentence)}</p>
                ${todo === undefined ? nothing : html`<p>${todo}</p>`}
                ${code === undefined ? nothing : html`<error-code code=${code}></error-code>`}
              </li>
            `,
          )}
        </ol>
      </section>
    `;
  }
}
