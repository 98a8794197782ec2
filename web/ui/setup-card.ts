/** What to type into MicroSIP, until the first call has come. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { PageConfig } from '../../common/api.ts';
import './copy-button.ts';
import { base } from './styles.ts';

@customElement('setup-card')
export class SetupCard extends LitElement {
  static override readonly styles = [
    base,
    css`
      section {
        display: grid;
        gap: 18px 40px;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
        padding: clamp(20px, 3vw, 30px);
      }

      h2 {
        font: 600 1.2rem/1.25 var(--serif);
      }

      ol {
        color: var(--ink-2);
        counter-reset: step;
        display: grid;
        gap: 8px;
        margin-top: 12px;
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

      strong {
        color: var(--ink);
        font-weight: 600;
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
        grid-template-columns: 7em minmax(0, 1fr) auto;
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

      .plain {
        color: var(--ink-3);
        font-family: var(--sans);
      }
    `,
  ];

  @property({ attribute: false }) phone: PageConfig['phone'] | undefined;

  override render(): TemplateResult | typeof nothing {
    const { phone } = this;
    if (phone === undefined) return nothing;
    const [transport = 'udp'] = phone.transports;
    return html`
      <section class="card" data-testid="setup-card" aria-labelledby="heading">
        <div>
          <h2 id="heading">Set up MicroSIP</h2>
          <ol>
            <li>Open the menu at the top right and choose <strong>Add Account…</strong></li>
            <li>Type in what stands here and <strong>Save</strong>.</li>
            <li>
              When it says <strong>Online</strong>, dial any number. A headset keeps the agent from
              hearing itself.
            </li>
          </ol>
        </div>
        <dl>
          ${row('SIP server', phone.server)} ${row('Username', phone.username)}
          ${row('Domain', phone.domain)}
          <div>
            <dt>Password</dt>
            <dd class="plain">
              ${phone.needsPassword ? 'the one the bridge was started with' : 'any, or none'}
            </dd>
          </div>
          <div>
            <dt>Transport</dt>
            <dd class="figure">
              ${transport.toUpperCase()}${
                phone.transports.length > 1
                  ? html`<span class="plain">
                      or ${phone.transports.slice(1).join(', ').toUpperCase()}</span
                    >`
                  : nothing
              }${
                phone.tlsServer === undefined
                  ? nothing
                  : html`<span class="plain">; TLS with SIP server ${phone.tlsServer}</span>`
              }
            </dd>
          </div>
        </dl>
      </section>
    `;
  }
}

function row(name: string, value: string): TemplateResult {
  return html`<div>
    <dt>${name}</dt>
    <dd class="figure">${value}</dd>
    <copy-button text=${value} what=${name}></copy-button>
  </div>`;
}
