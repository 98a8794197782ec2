/** The keys of the page, the switch that turns them off, and those of the time axis. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { AXIS_KEYS, SHORTCUTS, shortcutsSwitch } from './shortcuts.ts';
import { base, buttons, dialogs } from './styles.ts';

@customElement('shortcuts-dialog')
export class ShortcutsDialog extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    dialogs,
    css`
      dl {
        display: grid;
        gap: 7px 18px;
        grid-template-columns: 6.2em minmax(0, 1fr);
      }

      kbd {
        background: var(--sunken);
        border: 1px solid var(--line-strong);
        border-radius: 6px;
        display: inline-block;
        font: 600 0.82rem/1.6 var(--mono);
        min-width: 2em;
        padding: 0 0.5em;
        text-align: center;
      }

      label {
        align-items: center;
        display: flex;
        gap: 10px;
        margin-top: 14px;
      }

      h3 {
        border-top: 1px solid var(--line);
        margin: 16px 0 8px;
        padding-top: 14px;
      }

      kbd + kbd {
        margin-left: 4px;
      }

      input {
        accent-color: var(--ink);
        height: 20px;
        width: 20px;
      }
    `,
  ];

  show(): void {
    this.#dialog?.showModal();
  }

  override render(): TemplateResult {
    return html`
      <dialog aria-labelledby="title" data-testid="shortcuts">
        <div class="title">
          <h2 id="title">Shortcuts</h2>
          <button autofocus @click=${() => this.#dialog?.close()}>Close</button>
        </div>
        <div class="body">
          <dl>
            ${SHORTCUTS.map(
              ({ key, shift, name }) => html`
                <dt><kbd>${shift ? 'Shift ' : ''}${key.toUpperCase()}</kbd></dt>
                <dd>${name}</dd>
              `,
            )}
          </dl>
          <label>
            <input
              type="checkbox"
              data-testid="shortcuts-switch"
              .checked=${shortcutsSwitch.isOn}
              @change=${({ target }: Event) =>
                (shortcutsSwitch.isOn = (target as HTMLInputElement).checked)}
            />
            Shortcuts are on
          </label>
          <h3 class="label">On the time axis, with the focus on it</h3>
          <dl>
            ${AXIS_KEYS.map(
              ({ keys, name }) => html`
                <dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt>
                <dd>${name}</dd>
              `,
            )}
          </dl>
        </div>
      </dialog>
    `;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'shortcuts-dialog': ShortcutsDialog;
  }
}
