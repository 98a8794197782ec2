/** Calls a phone from the page: a registered one, offered as one types, or any sip: address. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { Registration } from '../../common/api.ts';
import { base, buttons, fields } from './styles.ts';

/** More are found by typing. */
const SHOWN = 6;

@customElement('dial-box')
export class DialBox extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      form {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 10px 14px;
        padding: 14px var(--inset);
      }

      .phones {
        align-items: center;
        display: flex;
        flex-basis: 100%;
        flex-wrap: wrap;
        gap: 6px;
      }

      .phones button {
        min-height: 28px;
      }

      .phones .label {
        margin-right: 4px;
      }

      label {
        color: var(--ink-2);
        font-size: 0.9rem;
      }

      input {
        flex: 1 1 8em;
        font: inherit;
        font-family: var(--mono);
      }
    `,
  ];

  static override readonly shadowRootOptions = {
    ...LitElement.shadowRootOptions,
    delegatesFocus: true,
  };

  @property({ attribute: false }) phones: readonly Registration[] = [];
  /** What stands in the field; `typed` tells of what is typed. */
  @property() text = '';

  override render(): TemplateResult {
    const users = this.phones
      .filter(({ kind }) => kind === 'phone')
      .map(({ aor }) => aor.split('@')[0] ?? aor);
    const names = [...new Set(users)];
    return html`
      <form class="card" @submit=${(event: Event) => this.#submit(event)}>
        <label for="to">Call a phone</label>
        <input
          id="to"
          list="phones"
          placeholder=${users[0] ?? 'agent001'}
          autocomplete="off"
          spellcheck="false"
          required
          data-testid="dial-input"
          .value=${live(this.text)}
          @input=${({ target }: Event) => this.#say('typed', (target as HTMLInputElement).value)}
        />
        <datalist id="phones">
          ${names.map((user) => html`<option value=${user}></option>`)}
        </datalist>
        <button type="submit" data-testid="dial-button">Call</button>
        ${
          names.length === 0
            ? nothing
            : html`<div class="phones" role="group" aria-label="Registered phones">
                <span class="label">Registered</span>
                ${names
                  .slice(0, SHOWN)
                  .map(
                    (user) =>
                      html`<button
                        type="button"
                        title="Call ${user}"
                        @click=${() => this.#say('dial', user)}
                      >
                        ${user}
                      </button>`,
                  )}
              </div>`
        }
      </form>
    `;
  }

  #submit(event: Event): void {
    event.preventDefault();
    const to = this.renderRoot.querySelector('input')?.value.trim() ?? '';
    if (to !== '') this.#say('dial', to);
  }

  #say(what: 'dial' | 'typed', detail: string): void {
    this.dispatchEvent(new CustomEvent<string>(what, { detail }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'dial-box': DialBox;
  }
}
