/**
 * The network of one call in small charts: open for whoever wants to see them, a word on each side of
 * it for who does not. The library that draws them is loaded with the first look. It draws every two
 * seconds, which are less than a pixel of ten minutes, and only what is in sight.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type uPlot from 'uplot';
import { formatDuration } from '../bridge/format.ts';
import { CHARTS, columnsOf, formatValue, judge, valueAt, type Chart } from '../network/charts.ts';
import type * as Plots from '../network/plot.ts';
import type { Timeline } from '../timeline/timeline.ts';
import type { Sample } from '../timeline/types.ts';
import { InSight } from './in-sight.ts';
import { base } from './styles.ts';

const DRAW_MS = 2_000;
/** A beat of the page's clock that comes a little early. */
const EARLY_MS = 100;
/** Of a call that goes on, the last minutes; of one that is over, all. */
const LIVE_SAMPLES = 600;
const HEIGHT = 84;
const WORDS = { good: 'good', fair: 'fair', bad: 'bad' } as const;

interface Drawn {
  readonly chart: Chart;
  readonly plot: uPlot;
}

@customElement('network-charts')
export class NetworkCharts extends LitElement {
  static override readonly styles = [
    base,
    css`
      details {
        border-top: 1px solid var(--line);
        padding: 14px var(--inset);
      }

      summary {
        cursor: pointer;
      }

      summary span {
        margin-left: 0.8em;
      }

      .grid {
        display: grid;
        gap: 14px 22px;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 230px), 1fr));
        padding-top: 12px;
      }

      figure {
        margin: 0;
        min-width: 0;
      }

      figcaption {
        align-items: baseline;
        display: flex;
        font-size: 0.84rem;
        gap: 0.6em;
        justify-content: space-between;
      }

      .plot {
        height: ${HEIGHT}px;
      }

      .key {
        color: var(--ink-3);
        display: flex;
        flex-wrap: wrap;
        font-size: 0.78rem;
        gap: 2px 16px;
        margin-top: 10px;
      }

      .key i {
        border-top: 2px solid var(--colour);
        display: inline-block;
        margin-right: 0.4em;
        vertical-align: middle;
        width: 18px;
      }

      .key .dashed {
        border-top-style: dashed;
      }

      .fair {
        color: var(--amber);
        font-weight: 600;
      }

      .bad {
        color: var(--red);
        font-weight: 600;
      }
    `,
  ];

  @property({ attribute: false }) timeline: Timeline | undefined;
  /** A new object each second, of a call that goes on. */
  @property({ attribute: false }) tick: object | undefined;
  /** Where the pointer is, in all charts at once. */
  @state() private pointed: number | undefined;
  @state() private isOpen = false;
  @state() private problem = '';
  #samples: readonly Sample[] = [];
  #drawn: Drawn[] = [];
  #drawnAt = 0;
  readonly #sight = new InSight(this, {
    seen: () => this.#draw(),
    recoloured: () => void this.#build(),
  });
  readonly #resizer = new ResizeObserver(() => this.#resize());

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resizer.observe(this);
    // One that is only moved to another place has lost what was drawn.
    if (this.isOpen) void this.updateComplete.then(() => this.#build());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resizer.disconnect();
    this.#destroy();
  }

  override render(): TemplateResult | typeof nothing {
    if (this.timeline === undefined) return nothing;
    return html`
      <details data-testid="network" @toggle=${(event: Event) => this.#toggle(event)}>
        <summary><span class="label">Network</span>${this.#overall()}</summary>
        ${this.isOpen ? this.#content() : nothing}
      </details>
    `;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('tick') && this.#isDue()) this.#draw();
    if (!changed.has('timeline')) return;
    this.#take();
    if (this.isOpen) void this.updateComplete.then(() => this.#build());
  }

  /** The estimate of the worst way says it all, for who does not want to know more. */
  #overall(): TemplateResult | typeof nothing {
    const mos = CHARTS.find(({ key }) => key === 'mos');
    const value = mos && valueAt(mos, this.#samples);
    if (mos === undefined || value === undefined) return nothing;
    const verdict = judge(mos, value);
    return html`<span class="figure ${verdict}"
      >MOS ${formatValue(mos, value)}, ${WORDS[verdict]}</span
    >`;
  }

  #content(): TemplateResult {
    const keys = CHARTS[0]?.lines ?? [];
    return html`
      ${this.problem === '' ? nothing : html`<p role="alert">${this.problem}</p>`}
      <div class="grid">${CHARTS.map((chart) => this.#figure(chart))}</div>
      <ul class="key">
        ${keys.map(
          ({ name, colour, dash }) =>
            html`<li>
              <i
                class=${dash === undefined ? '' : 'dashed'}
                .style=${`--colour: var(${colour})`}
              ></i
              >${name}
            </li>`,
        )}
      </ul>
    `;
  }

  #figure(chart: Chart): TemplateResult {
    const samples = this.#samples;
    const value = valueAt(chart, samples, this.pointed ?? samples.length - 1);
    const verdict = value === undefined ? 'good' : judge(chart, value);
    const count = columnsOf(chart, samples)
      .slice(1)
      .flat()
      .filter((each) => each !== null).length;
    return html`<figure data-testid="chart-${chart.key}" data-values=${count}>
      <figcaption title=${chart.meaning}>
        <span>${chart.name}<span class="for-ears">: ${chart.meaning}</span></span>
        <span class="figure ${verdict}">
          ${formatValue(chart, value)}${
            verdict === 'good' ? nothing : html`<span class="for-ears">, ${WORDS[verdict]}</span>`
          }
        </span>
      </figcaption>
      <div class="plot" aria-hidden="true"></div>
    </figure>`;
  }

  #toggle({ target }: Event): void {
    this.isOpen = target instanceof HTMLDetailsElement && target.open;
    this.#destroy();
    if (this.isOpen) void this.updateComplete.then(() => this.#build());
  }

  /** With all else that is shown each second, at every other second. */
  #isDue(): boolean {
    const isLate = performance.now() - this.#drawnAt > DRAW_MS - EARLY_MS;
    return isLate && this.#sight.isSeen && this.timeline?.samples.at(-1) !== this.#samples.at(-1);
  }

  #take(): void {
    const { samples = [], endedAt } = this.timeline ?? {};
    this.#samples = endedAt === undefined ? samples.slice(-LIVE_SAMPLES) : samples;
  }

  #draw(): void {
    this.#drawnAt = performance.now();
    this.#take();
    this.requestUpdate();
    for (const { chart, plot } of this.#drawn) {
      plot.setData(columnsOf(chart, this.#samples) as uPlot.AlignedData);
    }
  }

  async #build(): Promise<void> {
    this.#destroy();
    if (!this.isOpen) return;
    let library: typeof Plots;
    try {
      library = await import('../network/plot.ts');
    } catch {
      this.problem = 'The charts could not be loaded: does the bridge still run?';
      return;
    }
    const places = [...this.renderRoot.querySelectorAll<HTMLElement>('.plot')];
    // Closed again, or built by somebody else, while it was loading.
    if (!this.isConnected || places.length === 0 || this.#drawn.length > 0) return;
    library.adoptStyles(this.renderRoot);
    const style = getComputedStyle(this);
    this.#drawn = CHARTS.flatMap((chart, i) => {
      const place = places[i];
      if (place === undefined) return [];
      const plot = library.plotOf({
        chart,
        place,
        width: place.clientWidth,
        height: HEIGHT,
        colour: (name) => style.getPropertyValue(name),
        timeOf: (seconds) => formatDuration(seconds * 1_000),
        onPoint: (index) => (this.pointed = index),
      });
      return [{ chart, plot }];
    });
    this.#draw();
  }

  #resize(): void {
    for (const { plot } of this.#drawn) {
      const width = plot.root.parentElement?.clientWidth ?? 0;
      if (width > 0 && width !== plot.width) plot.setSize({ width, height: HEIGHT });
    }
  }

  #destroy(): void {
    for (const { plot } of this.#drawn) plot.destroy();
    this.#drawn = [];
    this.pointed = undefined;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'network-charts': NetworkCharts;
  }
}
