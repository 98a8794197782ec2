/** One live call: who, how long, both voices, what was said, and the figures. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Call, PageCallState } from '../bridge/call.ts';
import { diagnose } from '../bridge/diagnosis.ts';
import type { SocketState } from '../media/report.ts';
import './call-controls.ts';
import './call-figures.ts';
import './call-monitor.ts';
import type { EarChange } from './call-monitor.ts';
import './conversation-view.ts';
import './error-code.ts';
import './network-charts.ts';
import { base, buttons } from './styles.ts';
import './ticking-time.ts';
import './timeline-view.ts';
import './turn-table.ts';

const STATE_WORDS: Record<PageCallState, string> = {
  ringing: 'Ringing',
  answered: 'In call',
  held: 'On hold',
  ended: 'Ended',
};

const AGENT_WORDS: Record<SocketState, string> = {
  connecting: 'Agent connecting',
  open: 'Agent connected',
  reconnecting: 'No agent',
  closed: 'Agent gone',
};

@customElement('call-card')
export class CallCard extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      article {
        overflow: hidden;
      }

      header {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 14px 24px;
        justify-content: space-between;
        padding: 20px var(--inset) 18px;
      }

      h2 {
        font: 600 1.55rem/1.15 var(--serif);
        letter-spacing: -0.012em;
        overflow-wrap: anywhere;
      }

      .parties {
        flex: 1 1 22em;
      }

      .pills {
        align-items: center;
        color: var(--ink-2);
        display: flex;
        flex-wrap: wrap;
        font-size: 0.84rem;
        gap: 6px 8px;
        margin-top: 7px;
      }

      .pill {
        background: var(--sunken);
        border-radius: 999px;
        font-weight: 500;
        padding: 0.15em 0.75em;
      }

      .good {
        background: var(--green-soft);
        color: var(--green);
      }

      .fair {
        background: var(--amber-soft);
        color: var(--amber);
      }

      .bad {
        background: var(--red-soft);
        color: var(--red);
      }

      .parameters {
        color: var(--ink-2);
        display: flex;
        flex-wrap: wrap;
        font-size: 0.8rem;
        gap: 2px 14px;
        margin-top: 7px;
        min-height: 1.5em;
      }

      .parameters div {
        display: flex;
        gap: 0.45em;
        min-width: 0;
      }

      .parameters dt {
        color: var(--ink-3);
      }

      .parameters dd {
        overflow-wrap: anywhere;
      }

      ticking-time {
        font-family: var(--mono);
        font-size: 1.6rem;
        font-variant-numeric: tabular-nums;
        letter-spacing: -0.03em;
      }

      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
      }

      /* Their place is kept while it rings. */
      .waiting {
        visibility: hidden;
      }

      .remarks {
        background: var(--amber-soft);
        color: var(--amber);
        display: grid;
        font-size: 0.9rem;
        gap: 6px;
        padding: 12px var(--inset);
      }

      .details {
        border-top: 1px solid var(--line);
        display: grid;
        grid-template-columns: minmax(0, 1fr) 344px;
      }

      .details > * {
        padding: 18px var(--inset) 20px;
      }

      .details > * + * {
        border-left: 1px solid var(--line);
      }

      @media (max-width: 700px) {
        .details {
          grid-template-columns: minmax(0, 1fr);
        }

        .details > * + * {
          border-left: 0;
          border-top: 1px solid var(--line);
        }
      }
    `,
  ];

  @property({ attribute: false }) call: Call | undefined;
  @property({ type: Number }) frameMs = 20;
  /** It is being recorded. */
  @property({ type: Boolean }) recording = false;
  /** A new object whenever the call has changed inside. */
  @property({ attribute: false }) tick: object = {};

  override updated(_changed: PropertyValues): void {
    this.renderRoot.querySelector('timeline-view')?.showLevels();
  }

  override render(): TemplateResult | typeof nothing {
    const { call } = this;
    if (call === undefined) return nothing;
    const remarks = diagnose({
      answeredMs: call.durationMs(),
      counters: call.counters,
      socket: call.socket,
      remarks: call.remarks,
      mediaProblem: call.mediaProblem,
      bridgeRemarks: call.bridgeRemarks,
    });
    return html`
      <article
        class="card"
        data-testid="call-card"
        data-call-id=${call.id}
        aria-label="Call from ${call.caller}"
      >
        ${this.#header(call)} ${this.#controls(call)}
        <timeline-view
          .timeline=${call.timeline}
          .callerLevel=${call.callerLevel}
          .agentLevel=${call.agentLevel}
        ></timeline-view>
        <call-monitor
          .ears=${call.ears}
          @ear=${({ detail }: CustomEvent<EarChange>) =>
            this.dispatchEvent(new CustomEvent<EarChange>('ear', { detail }))}
        ></call-monitor>
        ${
          remarks.length === 0
            ? nothing
            : html`<ul class="remarks" role="status">
                ${remarks.map(
                  ({ sentence, code }) =>
                    html`<li>
                      ${sentence}
                      ${code === undefined ? nothing : html`<error-code code=${code}></error-code>`}
                    </li>`,
                )}
              </ul>`
        }
        <div class="details">
          <conversation-view .turns=${call.conversation.turns}></conversation-view>
          <call-figures
            .counters=${call.counters}
            .frameRate=${call.frameRate}
            .nominalRate=${1_000 / this.frameMs}
            .capture=${call.capture}
            .hops=${call.figures?.hops}
            .captureMode=${call.captureMode}
          ></call-figures>
        </div>
        <turn-table .turns=${call.timeline.turns}></turn-table>
        <network-charts .timeline=${call.timeline} .tick=${this.tick}></network-charts>
      </article>
    `;
  }

  #controls(call: Call): TemplateResult {
    const pass = (event: CustomEvent<string>) =>
      this.dispatchEvent(new CustomEvent(event.type, { detail: event.detail }));
    return html`
      <call-controls
        class=${call.answeredAt === undefined ? 'waiting' : ''}
        .held=${call.heldBy.includes('page')}
        .transferring=${call.isTransferring}
        @hold=${pass}
        @key=${pass}
        @agent-key=${pass}
        @transfer=${pass}
      ></call-controls>
    `;
  }

  #header(call: Call): TemplateResult {
    const stateLook = call.state === 'answered' ? 'good' : 'fair';
    const { state } = call.socket;
    const agentLook = state === 'open' ? 'good' : state === 'connecting' ? 'fair' : 'bad';
    return html`
      <header>
        <div class="parties">
          <h2 data-testid="call-caller">${call.caller}</h2>
          <p class="pills" aria-live="polite">
            <span>
              ${call.direction === 'inbound' ? 'dialled' : 'called as'}
              <b class="figure" data-testid="call-dialled">${call.dialled}</b>
            </span>
            <span class="pill ${stateLook}" data-testid="call-state" data-state=${call.state}>
              ${STATE_WORDS[call.state]}
            </span>
            <span
              class="pill ${agentLook}"
              data-testid="agent-state"
              data-state=${state}
              title=${call.socket.sentence}
            >
              ${AGENT_WORDS[state]}
            </span>
          </p>
          ${this.#parameters(call)}
        </div>
        <ticking-time
          data-testid="call-duration"
          .since=${call.answeredAt}
          .tick=${this.tick}
        ></ticking-time>
        <div class="actions">
          <button
            data-testid="interrupt-button"
            title="Cut what the agent is saying, as a barge-in does (key I)"
            @click=${() => this.#say('interrupt')}
          >
            Interrupt
          </button>
          <button
            aria-pressed=${call.callerMuted}
            data-testid="mute-caller-button"
            title="The agent hears silence; the caller goes on"
            @click=${() => this.#say('mute-caller')}
          >
            Mute caller
          </button>
          <button
            aria-pressed=${call.agentMuted}
            data-testid="mute-agent-button"
            title="The caller hears silence; the agent goes on"
            @click=${() => this.#say('mute-agent')}
          >
            Mute agent
          </button>
          <button
            aria-pressed=${this.recording}
            data-testid="record-button"
            title="Keeps both voices and all that happens, in this browser"
            @click=${() => this.#say('record')}
          >
            ${this.recording ? 'Recording' : 'Record'}
          </button>
          <button
            data-testid="ladder-button"
            title="Every SIP message of the call (key L)"
            @click=${() => this.#say('ladder')}
          >
            SIP messages
          </button>
          <button class="danger" data-testid="hangup-button" @click=${() => this.#say('hang-up')}>
            Hang up
          </button>
        </div>
      </header>
    `;
  }

  /** What the agent knows of the call. */
  #parameters({ parameters }: Call): TemplateResult {
    const pairs = Object.entries(parameters);
    // They come a moment after the call, and their line is kept for them.
    if (pairs.length === 0) return html`<p class="parameters"></p>`;
    return html`<dl
      class="parameters"
      title="What the agent is told in its address"
      data-testid="agent-parameters"
    >
      ${pairs.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd class="figure">${value}</dd>
          </div>`,
      )}
    </dl>`;
  }

  #say(what: 'interrupt' | 'mute-agent' | 'mute-caller' | 'hang-up' | 'ladder' | 'record'): void {
    this.dispatchEvent(new CustomEvent(what));
  }
}
