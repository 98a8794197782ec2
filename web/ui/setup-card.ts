/**
 * What to tell a phone, until the first call has come; after that a button brings it back. Fields to
 * copy, a file to take, and a link that dials.
 */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { dialLink, phoneSetups, type PhoneConfig, type PhoneSetup } from '../setup/phones.ts';
import './copy-button.ts';
import { base, buttons } from './styles.ts';

@customElement('setup-card')
export class SetupCard extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      section {
        display: grid;
        gap: 18px 40px;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
        padding: 20px var(--inset) 22px;
      }

      header {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 8px 14px;
        grid-column: 1 / -1;
      }

      h2 {
        flex: 1;
        font: 600 1.2rem/1.25 var(--serif);
      }

      .phones {
        display: flex;
        gap: 6px;
      }

      ol {
        align-content: start;
        color: var(--ink-2);
        counter-reset: step;
        display: grid;
        gap: 8px;
      }

      li {
        counter-increment: step;
        padding-left: 1.9em;
        position: relative;
      }

      li::before {
        color: var(--ink-3);
        content: counter(step);
        font: 600 0.8rem/1.9 var(--mono);
        left: 0.2em;
        position: absolute;
      }

      dl {
        align-self: start;
        border: 1px solid var(--line);
        border-radius: var(--radius-small);
      }

      dl > div {
        align-items: center;
        display: grid;
        gap: 10px;
        grid-template-columns: 7em minmax(0, 1fr);
        min-height: 42px;
        padding: 4px 6px 4px 14px;
      }

      dl > div + div {
        border-top: 1px solid var(--line);
      }

      dt {
        color: var(--ink-3);
        font-size: 0.87rem;
      }

      dd {
        overflow-wrap: anywhere;
      }

      .with-button {
        align-items: center;
        display: flex;
        gap: 10px;
        justify-content: space-between;
      }

      .plain {
        color: var(--ink-2);
        font-family: var(--sans);
      }

      .more {
        color: var(--ink-2);
        display: grid;
        font-size: 0.87rem;
        gap: 8px;
        grid-column: 1 / -1;
        justify-items: start;
      }
    `,
  ];

  @property({ attribute: false }) phone: PhoneConfig | undefined;
  /** A call has come: somebody knows how it is done. */
  @property({ type: Boolean }) hadCall = false;
  @state() private isWanted = false;
  @state() private chosen: PhoneSetup['name'] = 'MicroSIP';

  override render(): TemplateResult | typeof nothing {
    const { phone } = this;
    if (phone === undefined) return nothing;
    if (this.hadCall && !this.isWanted) {
      return html`<button data-testid="setup-button" @click=${() => (this.isWanted = true)}>
        Set up a phone
      </button>`;
    }
    const setups = phoneSetups(phone);
    const setup = setups.find(({ name }) => name === this.chosen);
    if (setup === undefined) return nothing;
    return html`
      <section class="card" data-testid="setup-card" aria-labelledby="heading">
        <header>
          <h2 id="heading">Set up ${setup.name}</h2>
          <div class="phones" role="group" aria-label="Which phone">
            ${setups.map(
              ({ name }) =>
                html`<button
                  aria-pressed=${name === setup.name}
                  @click=${() => (this.chosen = name)}
                >
                  ${name}
                </button>`,
            )}
          </div>
          ${
            this.hadCall
              ? html`<button class="quiet" @click=${() => (this.isWanted = false)}>Hide</button>`
              : nothing
          }
        </header>
        <ol>
          ${setup.steps.map((step) => html`<li>${step}</li>`)}
        </ol>
        <dl>
          ${setup.fields.map(({ name, value }) => field(name, value))} ${password(phone)}
          ${transport(phone)}
        </dl>
        <div class="more">
          <p>${setup.file.use}</p>
          <button data-testid="setup-file" @click=${() => download(setup.file)}>
            Download ${setup.file.name}
          </button>
          <p>
            Once it is registered:
            <a href=${dialLink(phone)} data-testid="dial-link">${dialLink(phone)}</a> dials from
            here, where your phone has taken over such links.
          </p>
        </div>
      </section>
    `;
  }
}

function field(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd class="figure with-button">
      <span>${value}</span><copy-button text=${value} what=${name}></copy-button>
    </dd>
  </div>`;
}

function password({ needsPassword }: PhoneConfig): TemplateResult {
  return html`<div>
    <dt>Password</dt>
    <dd class="plain">${needsPassword ? 'the one the bridge was started with' : 'any, or none'}</dd>
  </div>`;
}

function transport({ transports }: PhoneConfig): TemplateResult {
  const [first = 'udp', ...others] = transports;
  return html`<div>
    <dt>Transport</dt>
    <dd class="figure">
      ${first.toUpperCase()}${
        others.length === 0
          ? nothing
          : html`<span class="plain"> or ${others.join(', ').toUpperCase()}</span>`
      }
    </dd>
  </div>`;
}

function download({ name, text }: PhoneSetup['file']): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

declare global {
  interface HTMLElementTagNameMap {
    'setup-card': SetupCard;
  }
}
