/** A running time, as it is whenever its element is rendered again: whoever shows it does so each second. */
import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatDuration } from '../bridge/format.ts';

@customElement('ticking-time')
export class TickingTime extends LitElement {
  /** Undefined: has not begun. */
  @property({ attribute: false }) since: Date | undefined;
  /** A new object each second: a timer of its own would cost the page a frame of its own. */
  @property({ attribute: false }) tick: object = {};

  /** No shadow: the time is its element's own text, styled by whoever shows it. */
  protected override createRenderRoot(): this {
    return this;
  }

  override render(): TemplateResult {
    const elapsed = this.since === undefined ? 0 : Date.now() - this.since.getTime();
    return html`<time role="timer" aria-live="off">${formatDuration(elapsed)}</time>`;
  }
}
