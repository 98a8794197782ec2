/** What a person can do to a call besides ending it: hold, press keys, transfer. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { base, buttons, fields } from './styles.ts';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
const NAMES: Readonly<Record<string, string>> = { '*': 'star', '#': 'hash' };

@customElement('call-controls')
export class CallControls extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    fields,
    css`
      :host {
        align-items: center;
        border-top: 1px solid var(--line);
        display: flex;
        flex-wrap: wrap;
        gap: 10px 18px;
        padding: 12px var(--inset);
      }

      form,
      .keys {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }

      .keys button {
        font-family: var(--mono);
        min-width: 2.4em;
        padding-inline: 0.5em;
      }

      label {
        color: var(--ink-2);
        font-size: 0.84rem;
      }

      input {
        font-family: var(--mono);
        width: 10em;
      }
    `,
  ];

  /** The person at the page has put the call on hold. */
  @property({ type: Boolean }) held = false;
  @property({ type: Boolean }) transferring = false;
  /** Who gets the keys that are pressed here. */
  @state() private keysTo: 'caller' | 'agent' = 'caller';

  override render(): TemplateResult {
    return html`
      <button
        aria-pressed=${this.held}
        data-testid="hold-button"
        title="No audio either way; the agent hears silence"
        @click=${() => this.dispatchEvent(new CustomEvent('hold'))}
      >
        Hold
      </button>
      <div class="keys" role="group" aria-label="Keys to the ${this.keysTo}">
        <label for="keys-to">Keys to</label>
        <select
          id="keys-to"
          data-testid="keys-to"
          title="The caller’s phone gets them as telephone events; the agent as if the caller had pressed them"
          @change=${(event: Event) => this.#aim((event.target as HTMLSelectElement).value)}
        >
          <option value="caller">the caller</option>
          <option value="agent">the agent</option>
        </select>
        ${KEYS.map(
          (key) => html`
            <button
              aria-label="Key ${NAMES[key] ?? key}"
              data-testid="key-${key}"
              @click=${() => this.#say(this.keysTo === 'agent' ? 'agent-key' : 'key', key)}
            >
              ${key}
            </button>
          `,
        )}
      </div>
      <form @submit=${(event: Event) => this.#transfer(event)}>
        <label for="target">Transfer to</label>
        <input
          id="target"
          autocomplete="off"
          spellcheck="false"
          required
          placeholder="1002"
          data-testid="transfer-input"
        />
        <button type="submit" ?disabled=${this.transferring} data-testid="transfer-button">
          Transfer
        </button>
      </form>
    `;
  }

  #transfer(event: Event): void {
    event.preventDefault();
    const to = this.renderRoot.querySelector('input')?.value.trim() ?? '';
    if (to !== '') this.#say('transfer', to);
  }

  #aim(value: string): void {
    this.keysTo = value === 'agent' ? 'agent' : 'caller';
  }

  #say(what: 'key' | 'agent-key' | 'transfer', detail: string): void {
    this.dispatchEvent(new CustomEvent<string>(what, { detail }));
  }
}
