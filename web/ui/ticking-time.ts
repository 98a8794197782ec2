/** A running time, renewed once a second while it runs and can be seen. */
import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatDuration } from '../bridge/format.ts';

@customElement('ticking-time')
export class TickingTime extends LitElement {
  /** Undefined: has not begun. */
  @property({ attribute: false }) since: Date | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** No shadow: the time is its element's own text, styled by whoever shows it. */
  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => {
      if (!document.hidden) this.requestUpdate();
    }, 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override render(): TemplateResult {
    const elapsed = this.since === undefined ? 0 : Date.now() - this.since.getTime();
    return html`<time role="timer" aria-live="off">${formatDuration(elapsed)}</time>`;
  }
}
