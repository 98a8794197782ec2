/** Two calls side by side: how long the caller waited, turn by turn and altogether. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Turn } from '../../common/figures.ts';
import type { Comparison, Latencies, TurnPair } from '../../recording/compare-turns.ts';
import { formatDuration, formatMs } from '../bridge/format.ts';
import { base, tables } from './styles.ts';

/** What a person would notice. */
const NOTICEABLE_MS = 50;

@customElement('compare-view')
export class CompareView extends LitElement {
  static override readonly styles = [
    base,
    tables,
    css`
      section {
        overflow-x: auto;
        padding: 18px var(--inset);
      }

      table {
        margin-top: 8px;
      }

      @media (max-width: 560px) {
        th,
        td {
          padding-right: 8px;
          white-space: normal;
        }
      }

      .better {
        color: var(--green);
      }

      .worse {
        color: var(--red);
      }

      tfoot td,
      tfoot th {
        border-top: 1px solid var(--line);
        color: var(--ink);
        font-weight: 600;
      }
    `,
  ];

  @property({ attribute: false }) comparison: Comparison | undefined;
  @property() nameA = 'First';
  @property() nameB = 'Second';

  override render(): TemplateResult | typeof nothing {
    const { comparison } = this;
    if (comparison === undefined) return nothing;
    const { pairs, a, b } = comparison;
    return html`<section class="card" aria-labelledby="heading" data-testid="comparison">
      <h2 class="label" id="heading">How long the caller waited, side by side</h2>
      ${
        pairs.length === 0
          ? html`<p>In neither of the two has the caller said anything that could be answered.</p>`
          : html`<table>
              <thead>
                <tr>
                  <th scope="col">Caller fell silent at</th>
                  <th scope="col">${this.nameA}</th>
                  <th scope="col">${this.nameB}</th>
                  <th scope="col">Difference</th>
                </tr>
              </thead>
              <tbody>
                ${pairs.map((pair) => row(pair))}
              </tbody>
              <tfoot>
                ${total('Half of the answers within', a, b, ({ p50 }) => p50)}
                ${total('95 % within', a, b, ({ p95 }) => p95)}
              </tfoot>
            </table>`
      }
    </section>`;
  }
}

function row({ atMs, a, b, deltaMs }: TurnPair): TemplateResult {
  return html`<tr data-testid="turn-pair">
    <td class="figure">${formatDuration(atMs)}</td>
    <td class="figure">${waited(a)}</td>
    <td class="figure">${waited(b)}</td>
    ${difference(deltaMs)}
  </tr>`;
}

function total(
  name: string,
  a: Latencies | undefined,
  b: Latencies | undefined,
  of: (latencies: Latencies) => number,
): TemplateResult {
  const [before, after] = [a && of(a), b && of(b)];
  const delta = before === undefined || after === undefined ? undefined : after - before;
  return html`<tr>
    <th scope="row">${name}</th>
    <td class="figure">${before === undefined ? '–' : formatMs(before)}</td>
    <td class="figure">${after === undefined ? '–' : formatMs(after)}</td>
    ${difference(delta)}
  </tr>`;
}

function difference(ms: number | undefined): TemplateResult {
  if (ms === undefined) return html`<td>–</td>`;
  const look = Math.abs(ms) < NOTICEABLE_MS ? '' : ms > 0 ? 'worse' : 'better';
  const sign = Math.round(ms) === 0 ? '±' : ms > 0 ? '+' : '−';
  return html`<td class="figure ${look}">${sign}${formatMs(Math.abs(ms))}</td>`;
}

function waited(turn: Turn | undefined): string {
  if (turn === undefined) return 'no such turn';
  if (turn.latencyMs !== undefined) return formatMs(turn.latencyMs);
  return turn.overlapped === true ? 'answered while the caller spoke' : 'no answer';
}

declare global {
  interface HTMLElementTagNameMap {
    'compare-view': CompareView;
  }
}
