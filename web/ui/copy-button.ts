/** Copies a text and says so. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base, buttons } from './styles.ts';

const SAID_MS = 1_500;

@customElement('copy-button')
export class CopyButton extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        display: inline-block;
      }

      button {
        font-size: 0.8rem;
        min-width: 5.2em;
        justify-content: center;
      }
    `,
  ];

  /** What is copied; a long text is made when somebody wants it. */
  @property() text: string | (() => string) = '';
  /** What it is, for screen readers. */
  @property() what = '';
  /** What the button says. */
  @property() label = 'Copy';
  @state() private said = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override render(): TemplateResult {
    return html`<button class="quiet" @click=${() => this.#copy()}>
      <span aria-live="polite">${this.said === '' ? this.label : this.said}</span
      ><span class="for-ears"> ${this.what}</span>
    </button>`;
  }

  #copy(): void {
    const text = typeof this.text === 'string' ? this.text : this.text();
    navigator.clipboard.writeText(text).then(
      () => this.#say('Copied'),
      () => this.#say('Not allowed'),
    );
  }

  #say(word: string): void {
    this.said = word;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.said = ''), SAID_MS);
  }
}
