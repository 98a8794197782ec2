/** One SIP message in full: headers and SDP side by side, and below them offer beside answer. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Rung } from '../ladder/ladder.ts';
import { compareSdp, type OfferAnswer, type SdpRow } from '../ladder/offer-answer.ts';
import './copy-button.ts';
import { base } from './styles.ts';

const WORDS: Record<SdpRow['mark'], string> = {
  same: '',
  changed: 'differs',
  offered: 'only offered',
  answered: 'only answered',
};

@customElement('sip-message')
export class SipMessageView extends LitElement {
  static override readonly styles = [
    base,
    css`
      .head {
        align-items: center;
        display: flex;
        gap: 12px;
        justify-content: space-between;
      }

      h3 {
        font: 600 0.92rem/1.4 var(--mono);
        overflow-wrap: anywhere;
      }

      h4 {
        margin: 12px 0 4px;
      }

      .sides {
        display: grid;
        gap: 4px 28px;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 20em), 1fr));
      }

      dl,
      pre,
      table {
        font: 0.78rem/1.5 var(--mono);
        margin: 0;
      }

      dl > div {
        padding-left: 1.2em;
        text-indent: -1.2em;
      }

      dt,
      dd {
        display: inline;
        overflow-wrap: anywhere;
      }

      dt {
        color: var(--ink-3);
      }

      pre {
        overflow-wrap: anywhere;
        white-space: pre-wrap;
      }

      .scroll {
        overflow-x: auto;
      }

      table {
        border-collapse: collapse;
        table-layout: fixed;
        width: 100%;
      }

      th {
        color: var(--ink-3);
        font-weight: 500;
        text-align: left;
      }

      th,
      td {
        overflow-wrap: anywhere;
        padding: 1px 8px;
        vertical-align: top;
      }

      th:last-child {
        width: 9.5em;
      }

      .changed td {
        background: var(--amber-soft);
      }

      .offered td:first-child {
        background: var(--red-soft);
      }

      .answered td:nth-child(2) {
        background: var(--green-soft);
      }

      td:last-child {
        color: var(--ink-2);
      }
    `,
  ];

  @property({ attribute: false }) rung: Rung | undefined;
  /** The offer and the answer that the message is one of. */
  @property({ attribute: false }) pair: OfferAnswer | undefined;

  override render(): TemplateResult | typeof nothing {
    const { rung, pair } = this;
    if (rung === undefined) return nothing;
    const { sip, message, words } = rung;
    return html`
      <section role="group" data-testid="sip-message" aria-label="The chosen message">
        <div class="head">
          <div>
            <h3>${sip.start}</h3>
            <p class="label">${words}, ${message.transport}, ${message.at.slice(11, 23)} UTC</p>
          </div>
          <copy-button .text=${message.text} what="the message"></copy-button>
        </div>
        <div class="sides">
          <div>
            <h4 class="label">Headers</h4>
            <dl>
              ${sip.headers.map(
                ({ name, value }) =>
                  html`<div>
                    <dt>${name}:</dt>
                    <dd>${value}</dd>
                  </div>`,
              )}
            </dl>
          </div>
          ${
            sip.body === ''
              ? nothing
              : html`<div>
                  <h4 class="label">${sip.hasSdp ? 'SDP' : 'Body'}</h4>
                  <pre data-testid="sip-body">${sip.body.trimEnd()}</pre>
                </div>`
          }
        </div>
        ${pair === undefined ? nothing : comparison(pair)}
      </section>
    `;
  }
}

function comparison({ offer, answer }: OfferAnswer): TemplateResult {
  const rows = compareSdp(offer.sip.body, answer.sip.body);
  return html`
    <h4 class="label">Offer and answer</h4>
    <div class="scroll" tabindex="0" role="group" aria-label="Offer and answer, line by line">
      <table data-testid="offer-answer">
        <thead>
          <tr>
            <th scope="col">${offer.message.summary}</th>
            <th scope="col">${answer.message.summary}</th>
            <th scope="col">Difference</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr class=${row.mark}>
                <td>${row.offer}</td>
                <td>${row.answer}</td>
                <td>${WORDS[row.mark]}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  `;
}

declare global {
  interface HTMLElementTagNameMap {
    'sip-message': SipMessageView;
  }
}
