/**
 * Turn by turn: how long the caller waited, cut into the steps of that wait as a waterfall, beside what
 * the agent says of itself and what of its answer was heard. All waterfalls have one scale.
 */
import { html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { formatDuration, formatMs } from '../bridge/format.ts';
import { PHASE_WORDS, phasesOf, type Phase, type PhaseName } from '../timeline/phases.ts';
import type { TurnSpan } from '../timeline/types.ts';
import { base, buttons, tables } from './styles.ts';
import { turnStyles } from './turn-styles.ts';

/** The newest, until somebody asks for more. */
const SHOWN = 8;
/** The scale of the waterfalls begins here, so that one quick turn does not look slow. */
const LEAST_SCALE_MS = 1_000;
const LEGEND: readonly PhaseName[] = ['transcribe', 'hand-over', 'think', 'speak', 'play', 'wait'];

@customElement('turn-table')
export class TurnTable extends LitElement {
  static override readonly styles = [base, buttons, tables, turnStyles];

  @property({ attribute: false }) turns: readonly TurnSpan[] = [];
  /** The call has ended: nobody waits any more. */
  @property({ type: Boolean }) over = false;
  @state() private showsAll = false;

  override render(): TemplateResult | typeof nothing {
    const { turns } = this;
    if (turns.length === 0) return nothing;
    const shown = (this.showsAll ? turns : turns.slice(-SHOWN)).toReversed();
    const waits = turns.flatMap(({ latencyMs }) => latencyMs ?? []).sort((a, b) => a - b);
    const scale = Math.max(LEAST_SCALE_MS, ...shown.map(({ latencyMs }) => latencyMs ?? 0));
    const names = new Set(shown.flatMap((turn) => phasesOf(turn).map(({ name }) => name)));
    return html`<section role="group" aria-label="Turns">
      <div class="head">
        <h3 class="label">Turns</h3>
        <p data-testid="turn-summary">${summary(waits)}</p>
        <p class="legend">
          ${LEGEND.filter((name) => names.has(name)).map(
            (name) => html`<span><i class=${name}></i>${PHASE_WORDS[name]}</span>`,
          )}
        </p>
      </div>
      <div class="scroll">
        <table data-testid="turns">
          <thead>
            <tr>
              <th scope="col">At</th>
              <th scope="col">Caller</th>
              <th
                scope="col"
                title="Last sound of the caller → first sound of the agent, as it leaves"
              >
                Waited
              </th>
              <th scope="col" class="fall">Where the time went</th>
              <th scope="col" title="What the agent itself reports: in all, LLM, voice">
                Agent says
              </th>
              <th scope="col">Heard</th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              shown,
              ({ id }) => id,
              (turn) => this.#row(turn, scale),
            )}
          </tbody>
        </table>
      </div>
      ${
        turns.length > SHOWN
          ? html`<button class="quiet" @click=${() => (this.showsAll = !this.showsAll)}>
              ${this.showsAll ? 'Show the newest only' : `Show all ${turns.length} turns`}
            </button>`
          : nothing
      }
    </section>`;
  }

  #row(turn: TurnSpan, scale: number): TemplateResult {
    const { callerStartedMs, agentStartedMs, said, cutBy } = turn;
    return html`<tr data-testid="turn">
      <td class="figure">${formatDuration(callerStartedMs ?? agentStartedMs ?? 0)}</td>
      <td class="said" title=${said ?? ''}>${said ?? spoke(turn, this.over)}</td>
      <td class="figure wait" data-testid="turn-latency">${waited(turn, this.over)}</td>
      <td class="fall">${waterfall(phasesOf(turn), scale)}</td>
      <td class="figure">${claimed(turn)}</td>
      <td class="figure ${cutBy === undefined ? '' : 'cut'}">${heard(turn)}</td>
    </tr>`;
  }
}

function waterfall(phases: readonly Phase[], scale: number): TemplateResult | typeof nothing {
  const [first] = phases;
  if (first === undefined) return nothing;
  const words = phases.map(
    ({ name, fromMs, toMs }) => `${PHASE_WORDS[name]} ${formatMs(toMs - fromMs)}`,
  );
  // A picture, since the page's policy allows no styles of single elements.
  return html`<svg
    class="bar"
    role="img"
    aria-label=${words.join(', ')}
    viewBox="0 0 ${scale} 1"
    preserveAspectRatio="none"
  >
    <title>${words.join('\n')}</title>
    ${phases.map(
      ({ name, fromMs, toMs }) =>
        svg`<rect class=${name} x=${fromMs - first.fromMs} width=${toMs - fromMs} height="1" />`,
    )}
  </svg>`;
}

function summary(waits: readonly number[]): string {
  const p50 = percentile(waits, 0.5);
  const p95 = percentile(waits, 0.95);
  if (p50 === undefined || p95 === undefined) return 'No answer yet that the caller waited for.';
  const turns = waits.length === 1 ? 'one turn' : `${waits.length} turns`;
  return `The caller waits ${formatMs(p50)} (median), ${formatMs(p95)} (95th percentile), over ${turns}.`;
}

/** The smallest wait that is not exceeded in this share of turns. */
function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

function waited({ latencyMs, overlapped, agentStartedMs }: TurnSpan, isOver: boolean): string {
  if (latencyMs !== undefined) return formatMs(latencyMs);
  if (overlapped) return 'while they spoke';
  if (agentStartedMs !== undefined) return '–';
  return isOver ? 'no answer' : 'waiting';
}

function spoke({ callerStartedMs, callerEndedMs }: TurnSpan, isOver: boolean): string {
  // A greeting, or a question whether somebody is still there.
  if (callerStartedMs === undefined) return 'agent spoke first';
  if (callerEndedMs === undefined) return isOver ? 'spoke to the end' : 'speaking';
  return `spoke ${formatMs(callerEndedMs - callerStartedMs)}`;
}

function claimed({ claims }: TurnSpan): string {
  if (claims === undefined) return '–';
  const { totalMs, llmMs, ttsMs } = claims;
  const parts = [
    llmMs === undefined ? undefined : `LLM ${Math.round(llmMs)}`,
    ttsMs === undefined ? undefined : `TTS ${Math.round(ttsMs)}`,
  ].filter((part) => part !== undefined);
  const total = totalMs === undefined ? '' : formatMs(totalMs);
  const rest = parts.join(', ');
  return total === '' ? rest || '–' : rest === '' ? total : `${total} (${rest})`;
}

function heard({ heardMs, sentMs }: TurnSpan): string {
  if (heardMs === undefined || sentMs === undefined) return '–';
  return heardMs >= sentMs ? formatMs(heardMs) : `${formatMs(heardMs)} of ${formatMs(sentMs)}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'turn-table': TurnTable;
  }
}
