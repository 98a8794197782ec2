/** The counters of one call, and what each hop takes. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Hops } from '../../common/figures.ts';
import { percentileOf, type HistogramFigures } from '../../common/histogram.ts';
import { formatBytes, formatMs } from '../bridge/format.ts';
import { CAPTURE_MODES, type Capture, type CaptureMode } from '../../common/api.ts';
import type { MediaCounters } from '../media/report.ts';
import { base, fields } from './styles.ts';

@customElement('call-figures')
export class CallFigures extends LitElement {
  static override readonly styles = [
    base,
    fields,
    css`
      dl {
        display: grid;
        font-size: 0.87rem;
        gap: 5px 16px;
        grid-template-columns: minmax(11.5em, 1fr) minmax(0, auto);
      }

      dt {
        color: var(--ink-2);
      }

      dd {
        text-align: right;
        white-space: normal;
      }

      .label {
        margin-bottom: 5px;
      }

      :host(:not([over])) div + div {
        margin-top: 15px;
      }

      select {
        border-radius: 6px;
        font: inherit;
        max-width: 100%;
        padding: 0.1em 0.3em;
      }

      /* A call that is over has a card's width for them. */
      :host([over]) section {
        display: grid;
        gap: 14px 48px;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 240px), 1fr));
      }

      .off {
        color: var(--amber);
        font-weight: 600;
      }
    `,
  ];

  /** Of a call that has ended: nothing is chosen or counted any more. */
  @property({ type: Boolean, reflect: true }) over = false;
  @property({ attribute: false }) counters: MediaCounters | undefined;
  @property({ type: Number }) frameRate = 0;
  @property({ type: Number }) nominalRate = 50;
  @property({ attribute: false }) hops: Hops | undefined;
  @property() capture: Capture | undefined;
  @property() captureMode: CaptureMode = 'auto';

  override render(): TemplateResult | typeof nothing {
    const { counters: c, frameRate, nominalRate, over } = this;
    if (c === undefined) return nothing;
    const rateOff = frameRate > 0 && Math.abs(frameRate - nominalRate) > nominalRate * 0.04;
    return html`
      <section data-testid="call-figures">
        <div>
          <h3 class="label">Caller → agent</h3>
          <dl>
            ${row('Frames to agent', c.framesToAgent.toLocaleString('en'))}
            ${over ? nothing : row('Frames per second', frameRate === 0 ? '–' : frameRate.toFixed(1), rateOff)}
            ${row('Concealed', formatMs(c.concealedMs), c.concealedMs > 0)}
            ${row('Late packets', String(c.late), c.late > 0)}
            ${c.skewPpm === null ? nothing : row('Phone’s clock', clock(c))}
            ${c.framesDropped > 0 ? row('Frames dropped', String(c.framesDropped), true) : nothing}
            ${
              over
                ? nothing
                : html`<dt><label for="capture">Capture</label></dt>
                    <dd>${this.#captureChoice()}</dd>`
            }
            ${hop('Packet → agent’s socket', this.hops?.receiveToSocket)}
          </dl>
        </div>
        <div>
          <h3 class="label">Agent → caller</h3>
          <dl>
            ${row('Bytes from agent', formatBytes(c.bytesFromAgent))}
            ${over ? nothing : row('Waiting to be played', formatMs(c.queuedMs))}
            ${row('Played', formatMs(c.playedMs))}
            ${hop('Waited for the cushion', this.hops?.playoutWait)}
            ${hop('Socket → RTP', this.hops?.socketToRtp)}
            ${c.clipped > 0 ? row('Clipped', `${c.clipped} samples`, true) : nothing}
            ${row('Ran dry', `${c.underruns} ×`, c.underruns > 0)}
            ${c.flushedMs > 0 ? row('Cut by the caller', formatMs(c.flushedMs)) : nothing}
          </dl>
        </div>
      </section>
    `;
  }

  #captureChoice(): TemplateResult {
    return html`<select
      id="capture"
      data-testid="capture-select"
      data-capture=${this.capture ?? ''}
      title="How the caller’s voice is taken out of the connection"
      @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value)}
    >
      ${CAPTURE_MODES.map(
        (mode) =>
          html`<option value=${mode} ?selected=${mode === this.captureMode}>
            ${mode === 'auto' && this.capture ? `auto: ${this.capture}` : CAPTURE_WORDS[mode]}
          </option>`,
      )}
    </select>`;
  }

  #choose(value: string): void {
    const detail = CAPTURE_MODES.find((mode) => mode === value) ?? 'auto';
    this.dispatchEvent(
      new CustomEvent<CaptureMode>('capture', { detail, bubbles: true, composed: true }),
    );
  }
}

/** What each costs, for whoever compares. */
const CAPTURE_WORDS: Record<CaptureMode, string> = {
  auto: 'auto',
  encoded: 'encoded (+1 ms)',
  track: 'track (+30 ms)',
  worklet: 'worklet (+50 ms)',
};

/** A slow phone's packets come too far apart; what that takes away is added, and the reverse. */
function clock({ skewPpm, addedMs, leftOutMs }: MediaCounters): string {
  const ppm = Math.round(skewPpm ?? 0);
  const corrected = addedMs - leftOutMs;
  const way = ppm > 0 ? ' slow' : ppm < 0 ? ' fast' : '';
  return `${Math.abs(ppm)} ppm${way}${corrected === 0 ? '' : `, ${formatMs(Math.abs(corrected))} ${corrected > 0 ? 'added' : 'left out'}`}`;
}

/** Median and 95th percentile. */
function hop(name: string, figures: HistogramFigures | undefined): TemplateResult | typeof nothing {
  if (figures === undefined) return nothing;
  const [p50, p95] = [percentileOf(figures, 0.5), percentileOf(figures, 0.95)];
  if (p50 === undefined || p95 === undefined) return nothing;
  return html`<dt>${name}</dt>
    <dd class="figure" title="Median / 95th percentile">
      ${p50.toFixed(1)} / ${p95.toFixed(1)} ms
    </dd>`;
}

function row(name: string, value: string, off = false): TemplateResult {
  return html`<dt>${name}</dt>
    <dd class="figure ${off ? 'off' : ''}">${value}</dd>`;
}
