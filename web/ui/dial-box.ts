/** Calls a phone from the page: a registered one, offered as one types, or any sip: address. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Registration } from '../../common/api.ts';
import { base, buttons } from './styles.ts';

@customElement('dial-box')
export class DialBox extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      form {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 10px 14px;
        padding: 14px 24px;
      }

      label {
        color: var(--ink-2);
        font-size: 0.9rem;
      }

      input {
        background: var(--sunken);
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
        color: var(--ink);
        flex: 1 1 12em;
        font: inherit;
        font-family: var(--mono);
        min-width: 0;
        padding: 0.45em 0.75em;
      }
    `,
  ];

  @property({ attribute: false }) phones: readonly Registration[] = [];

  override render(): TemplateResult {
    const users = this.phones
      .filter(({ kind }) => kind === 'phone')
      .map(({ aor }) => aor.split('@')[0] ?? aor);
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
        />
        <datalist id="phones">
          ${[...new Set(users)].map((user) => html`<option value=${user}></option>`)}
        </datalist>
        <button type="submit" data-testid="dial-button">Call</button>
      </form>
    `;
  }

  #submit(event: Event): void {
    event.preventDefault();
    const input = this.renderRoot.querySelector('input');
    const to = input?.value.trim() ?? '';
    if (to !== '') this.dispatchEvent(new CustomEvent<string>('dial', { detail: to }));
  }
}
