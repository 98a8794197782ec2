/** Turn by turn: how long the caller waited, what the agent says of itself, what was heard. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { AnswerFigures, CallFigures, Turn } from '../../common/figures.ts';
import { countOf, percentileOf } from '../../common/histogram.ts';
import { formatDuration, formatMs } from '../bridge/format.ts';
import { base } from './styles.ts';

const SHOWN = 8;

@customElement('turn-table')
export class TurnTable extends LitElement {
  static override readonly styles = [
    base,
    css`
      section {
        border-top: 1px solid var(--line);
        overflow-x: auto;
        padding: 16px 24px 18px;
      }

      table {
        border-collapse: collapse;
        font-size: 0.87rem;
        width: 100%;
      }

      caption {
        color: var(--ink-2);
        padding-bottom: 6px;
        text-align: left;
      }

      th {
        color: var(--ink-3);
        font-weight: 500;
      }

      th,
      td {
        padding: 3px 14px 3px 0;
        text-align: left;
        white-space: nowrap;
      }

      .cut {
        color: var(--amber);
      }
    `,
  ];

  @property({ attribute: false }) figures: CallFigures | undefined;

  override render(): TemplateResult | typeof nothing {
    const { figures } = this;
    if (figures === undefined || figures.turns.length === 0) return nothing;
    const { turn } = figures.hops;
    const median = percentileOf(turn, 0.5);
    return html`<section>
      <table data-testid="turns">
        <caption>
          Turns${
            median === undefined
              ? nothing
              : html`: the caller waits ${formatMs(median)} (median of ${countOf(turn)})`
          }
        </caption>
        <thead>
          <tr>
            <th scope="col">At</th>
            <th scope="col">Caller spoke</th>
            <th
              scope="col"
              title="Last sound of the caller → first sound of the agent, at the phone’s side"
            >
              Answered after
            </th>
            <th scope="col">Agent’s own figure</th>
            <th scope="col">Caller heard</th>
          </tr>
        </thead>
        <tbody>
          ${figures.turns
            .slice(-SHOWN)
            .toReversed()
            .map((each) => this.#row(each, answerOf(figures, each)))}
        </tbody>
      </table>
    </section>`;
  }

  #row(turn: Turn, answer: AnswerFigures | undefined): TemplateResult {
    const { callerStartedMs, callerEndedMs, agentStartedMs, latencyMs, claims, overlapped } = turn;
    const spoke =
      callerStartedMs === undefined || callerEndedMs === undefined
        ? '–'
        : formatMs(callerEndedMs - callerStartedMs);
    const waited =
      latencyMs !== undefined
        ? formatMs(latencyMs)
        : overlapped
          ? 'while the caller spoke'
          : agentStartedMs === undefined
            ? 'waiting'
            : 'unasked';
    return html`<tr>
      <td class="figure">${formatDuration(callerStartedMs ?? agentStartedMs ?? 0)}</td>
      <td class="figure">${spoke}</td>
      <td class="figure" data-testid="turn-latency">${waited}</td>
      <td class="figure">${claims?.totalMs === undefined ? '–' : formatMs(claims.totalMs)}</td>
      <td class="figure ${turn.cutBy === undefined ? '' : 'cut'}">${heard(answer)}</td>
    </tr>`;
  }
}

function answerOf({ answers }: CallFigures, turn: Turn): AnswerFigures | undefined {
  return answers.find(({ id }) => id === turn.answer);
}

function heard(answer: AnswerFigures | undefined): string {
  if (answer === undefined) return '–';
  const all = answer.heardMs >= answer.sentMs;
  return all
    ? formatMs(answer.heardMs)
    : `${formatMs(answer.heardMs)} of ${formatMs(answer.sentMs)}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'turn-table': TurnTable;
  }
}
