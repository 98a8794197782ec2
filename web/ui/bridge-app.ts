/** The whole page: header, chain, calls, set-up help and log. Everything below gets plain values. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { repeat } from 'lit/directives/repeat.js';
import type { CaptureMode } from '../../common/api.ts';
import type { Bridge } from '../bridge/bridge.ts';
import type { Call } from '../bridge/call.ts';
import { chainOf } from '../bridge/chain.ts';
import { saveFile } from '../bundle/save-file.ts';
import './bundle-panel.ts';
import './call-card.ts';
import './call-list.ts';
import type { EarChange } from './call-monitor.ts';
import './chain-strip.ts';
import './dial-box.ts';
import './ended-calls.ts';
import './event-log-view.ts';
import { FollowBridge } from './follow-bridge.ts';
import './ladder-dialog.ts';
import './page-header.ts';
import './readiness-view.ts';
import './ready-panel.ts';
import './recordings-card.ts';
import type { RecordingAct } from './recordings-card.ts';
import './setup-card.ts';
import './shortcuts-dialog.ts';
import type { ShortcutTarget } from './shortcuts.ts';
import { base } from './styles.ts';

/** Who waits longer sees what there is. */
const LATE_MS = 700;

@customElement('bridge-app')
export class BridgeApp extends LitElement implements ShortcutTarget {
  static override readonly styles = [
    base,
    css`
      :host {
        margin: 0 auto;
        max-width: 1320px;
        padding: 22px clamp(14px, 3vw, 36px) 48px;
      }

      .columns {
        align-items: start;
        display: grid;
        gap: 20px;
        grid-template-columns: minmax(0, 1fr);
        margin-top: 20px;
      }

      .loading {
        visibility: hidden;
      }

      main {
        display: grid;
        gap: 20px;
        grid-template-columns: minmax(0, 1fr);
        min-width: 0;
      }

      @media (min-width: 1080px) {
        .columns {
          grid-template-columns: minmax(0, 1fr) 350px;
        }

        aside {
          position: sticky;
          top: 20px;
        }
      }
    `,
  ];

  @property({ attribute: false }) bridge: Bridge | undefined;
  /** Whose SIP messages are shown. */
  @state() private ladderOf: Call | undefined;
  /** What the page asks for when it opens has been answered, or takes too long to wait for. */
  @state() private isLookedAt = false;
  @state() private isLate = false;
  #wasSettled = false;
  #roomFor = false;
  #hadStatus = false;
  /** Outlives the field, which is made anew with a call. */
  @state() private dialText = '';

  constructor() {
    super();
    new FollowBridge(this, () => this.bridge);
  }

  showLadder(call: Call): void {
    this.ladderOf = call;
  }

  showShortcuts(): void {
    this.renderRoot.querySelector('shortcuts-dialog')?.show();
  }

  focusDial(): void {
    this.renderRoot.querySelector('dial-box')?.focus();
  }

  focusLog(): void {
    this.renderRoot.querySelector('event-log-view')?.focusSearch();
  }

  override render(): TemplateResult | typeof nothing {
    const { bridge } = this;
    if (bridge === undefined) return nothing;
    const { config, status, registration, calls, unsupported } = bridge;
    const live = calls.filter(({ isLive }) => isLive);
    const ended = calls.filter(({ isLive }) => !isLive);
    const chain = chainOf({
      status,
      registration,
      unsupported,
      calls: live,
    });
    return html`
      <page-header
        .version=${config?.version ?? ''}
        .registration=${registration}
        @shortcuts=${() => this.showShortcuts()}
      ></page-header>
      <chain-strip .links=${chain}></chain-strip>
      ${this.#columns(bridge, live, ended)}
      <shortcuts-dialog></shortcuts-dialog>
      <ladder-dialog
        .call=${this.ladderOf}
        @closed=${() => (this.ladderOf = undefined)}
      ></ladder-dialog>
    `;
  }

  override firstUpdated(_changed: PropertyValues): void {
    setTimeout(() => (this.isLate = true), LATE_MS);
  }

  /** Until then it lies where nobody sees it grow; answers come one by one. */
  #isSettled(live: readonly Call[]): boolean {
    const { config, status, registration, isStarted } = this.bridge ?? {};
    const isStarting =
      (isStarted === true || new URLSearchParams(location.search).has('start')) &&
      (registration?.state === 'idle' || registration?.state === 'connecting');
    const isAnswered = this.isLookedAt && config !== undefined && status !== undefined;
    this.#wasSettled ||= this.isLate || live.length > 0 || (isAnswered && !isStarting);
    return this.#wasSettled;
  }

  /**
   * What makes room for a call is not moved but made anew where it then stands, so that nothing jumps;
   * unless somebody is typing there.
   */
  #room(hasCalls: boolean): boolean {
    const isInUse = this.shadowRoot?.activeElement?.matches(
      'dial-box, setup-card, recordings-card',
    );
    if (isInUse !== true) this.#roomFor = hasCalls;
    return this.#roomFor;
  }

  #columns(bridge: Bridge, live: readonly Call[], ended: readonly Call[]): TemplateResult {
    const { config, status, registration, unsupported, recordings, bundles } = bridge;
    this.#hadStatus ||= status !== undefined;
    // Nothing else can be said until it is back.
    const isLost = this.#hadStatus && status === undefined;
    const hasPhone = status?.registrations.some(({ kind }) => kind === 'phone') ?? false;
    return html`
      <div class="columns ${this.#isSettled(live) ? '' : 'loading'}">
        <main>
          ${live.length > 1 ? html`<call-list .calls=${live}></call-list>` : nothing}
          ${repeat(
            live,
            ({ id }) => id,
            (call) => html`
              <call-card
                id="call-${call.id}"
                .call=${call}
                .frameMs=${config?.agent.input.frameMs ?? 20}
                .tick=${{}}
                @hang-up=${() => bridge.actions.hangUp(call.id)}
                @ladder=${() => (this.ladderOf = call)}
                .recording=${bridge.recordings.isRecording(call.id)}
                @record=${() => bridge.actions.setRecorded(call, !bridge.recordings.isRecording(call.id))}
                @ear=${({ detail: { side, ...change } }: CustomEvent<EarChange>) =>
                  bridge.actions.listen(call.id, side, change)}
                @interrupt=${() => bridge.actions.interrupt(call.id, 'page')}
                @capture=${({ detail }: CustomEvent<CaptureMode>) => bridge.actions.setCapture(call, detail)}
                @hold=${() => bridge.actions.setHeld(call, !call.heldBy.includes('page'))}
                @key=${({ detail }: CustomEvent<string>) => bridge.actions.pressKey(call, detail)}
                @transfer=${({ detail }: CustomEvent<string>) => bridge.actions.transfer(call, detail)}
                @mute-caller=${() => bridge.actions.setCallerMuted(call, !call.callerMuted)}
                @agent-key=${({ detail }: CustomEvent<string>) =>
                  bridge.actions.pressKeyForCaller(call, detail)}
                @mute-agent=${() => bridge.actions.setAgentMuted(call, !call.agentMuted)}
              ></call-card>
            `,
          )}
          <bundle-panel .bridge=${bridge} .tick=${{}}></bundle-panel>
          ${
            live.length > 0
              ? nothing
              : html`<ready-panel
                  .registration=${registration}
                  .unsupported=${unsupported}
                  .isBridgeLost=${isLost}
                  .canStart=${config !== undefined && !bridge.isStarted}
                  .isStarted=${bridge.isStarted}
                  .hasPhone=${bridge.hadCall || hasPhone}
                  @start=${() => bridge.start()}
                ></ready-panel>`
          }
          ${
            live.length > 0 || isLost
              ? nothing
              : html`<readiness-view
                  .registration=${registration}
                  .unsupported=${unsupported}
                  .status=${status}
                  @looked=${() => (this.isLookedAt = true)}
                ></readiness-view>`
          }
          ${keyed(
            this.#room(live.length > 0),
            html`
              ${
                registration.state === 'registered'
                  ? html`<dial-box
                      .phones=${status?.registrations ?? []}
                      .text=${this.dialText}
                      @typed=${({ detail }: CustomEvent<string>) => (this.dialText = detail)}
                      @dial=${({ detail }: CustomEvent<string>) => void bridge.dial(detail)}
                    ></dial-box>`
                  : nothing
              }
              ${
                config === undefined
                  ? nothing
                  : html`<setup-card
                      .phone=${config.phone}
                      .hadCall=${bridge.hadCall || (status?.phones.some(({ calls }) => calls > 0) ?? false)}
                    ></setup-card>`
              }
              ${
                ended.length === 0
                  ? nothing
                  : html`<ended-calls
                      .calls=${ended}
                      @ladder=${({ detail }: CustomEvent<Call>) => (this.ladderOf = detail)}
                    ></ended-calls>`
              }
              <recordings-card
                .list=${recordings.list}
                .automatic=${recordings.automatic}
                .unavailable=${recordings.unavailable}
                .problem=${bundles.problem}
                @automatic=${({ detail }: CustomEvent<boolean>) => (recordings.automatic = detail)}
                @file=${({ detail }: CustomEvent<File>) => void bundles.open(detail)}
                @act=${({ detail }: CustomEvent<RecordingAct>) => this.#act(bridge, detail)}
              ></recordings-card>
            `,
          )}
        </main>
        <aside><event-log-view .entries=${bridge.log.entries}></event-log-view></aside>
      </div>
    `;
  }

  #act({ bundles, recordings }: Bridge, { act, id }: RecordingAct): void {
    if (act === 'open') void bundles.openRecording(id);
    else if (act === 'remove') void recordings.remove(id);
    else void recordings.bundle(id).then(saveFile);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'bridge-app': BridgeApp;
  }
}
