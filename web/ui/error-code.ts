/** A code that can be asked what it means: the answer opens below it, with a link to where all are. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { explain } from '../bridge/explain.ts';
import type { Explanation } from '../bridge/explanations.ts';
import { base } from './styles.ts';

@customElement('error-code')
export class ErrorCodeView extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: inline;
      }

      button {
        background: var(--sunken);
        border: 0;
        border-radius: 4px;
        color: var(--ink-2);
        cursor: pointer;
        font: 500 0.72rem/1.5 var(--mono);
        min-height: 24px;
        padding: 1px 6px;
        text-decoration: underline dotted;
        text-underline-offset: 2px;
      }

      div {
        border-left: 2px solid var(--line-strong);
        color: var(--ink-2);
        display: grid;
        font-size: 0.84rem;
        gap: 4px;
        margin: 4px 0 6px;
        padding-left: 10px;
      }
    `,
  ];

  @property() code = '';
  @state() private isOpen = false;
  @state() private explanation: Explanation | undefined;
  @state() private problem = '';

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('code') && changed.get('code') !== undefined) this.isOpen = false;
  }

  override render(): TemplateResult {
    const { code, isOpen } = this;
    return html`<button
        type="button"
        aria-expanded=${isOpen}
        aria-label="${code}: what it means"
        data-testid="error-code"
        @click=${() => this.#toggle()}
      >
        ${code}</button
      >${isOpen ? this.#answer() : nothing}`;
  }

  #answer(): TemplateResult {
    const { explanation, problem } = this;
    return html`<div data-testid="explanation" aria-live="polite">
      ${
        explanation === undefined
          ? html`<p>${problem}</p>`
          : html`<p>${explanation.means}</p>
              <p><strong>What to do:</strong> ${explanation.todo}</p>
              <p>
                <a href="/errors.html#${this.code.toLowerCase()}" target="_blank"
                  >${this.code} in the error reference</a
                >
              </p>`
      }
    </div>`;
  }

  #toggle(): void {
    this.isOpen = !this.isOpen;
    if (!this.isOpen) return;
    const { code } = this;
    explain(code).then(
      (explanation) => {
        if (code !== this.code) return;
        this.explanation = explanation;
        this.problem = explanation === undefined ? 'Nothing more is known of it.' : '';
      },
      () => (this.problem = 'It could not be looked up: does the bridge still run?'),
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'error-code': ErrorCodeView;
  }
}
