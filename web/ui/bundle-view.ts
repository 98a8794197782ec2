/**
 * A recorded call, as it looked while it went on: time axis with a player on it, turns, SIP, network
 * and log, for looking only. From here its caller can be sent to the agent again.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { OpenedBundle } from '../bundle/opened-bundle.ts';
import { formatDuration } from '../bridge/format.ts';
import type { Replay } from '../replay/replay.ts';
import './call-figures.ts';
import './conversation-view.ts';
import './event-log-view.ts';
import './ladder-view.ts';
import './network-charts.ts';
import { base, buttons } from './styles.ts';
import './timeline-view.ts';
import './turn-table.ts';

@customElement('bundle-view')
export class BundleView extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    css`
      :host {
        scroll-margin-top: 20px;
      }

      section {
        overflow: hidden;
      }

      header {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        gap: 8px 16px;
        padding: 18px var(--inset) 12px;
      }

      .title {
        flex: 1 1 14em;
      }

      h2 {
        font: 600 1.3rem/1.2 var(--serif);
        overflow-wrap: anywhere;
      }

      .about,
      .problems {
        color: var(--ink-2);
        font-size: 0.87rem;
      }

      .about,
      .id {
        overflow-wrap: anywhere;
      }

      .problems,
      .replay {
        background: var(--amber-soft);
        color: var(--amber);
        padding: 10px var(--inset);
      }

      .replay {
        align-items: center;
        background: var(--sunken);
        color: var(--ink);
        display: flex;
        flex-wrap: wrap;
        gap: 6px 16px;
      }

      progress {
        accent-color: var(--agent);
        flex: 1 1 12em;
      }

      .player {
        padding: 0 var(--inset) 12px;
      }

      .player audio {
        display: block;
        height: 40px;
        width: 100%;
      }

      details {
        border-top: 1px solid var(--line);
        padding: 12px var(--inset);
      }

      summary {
        cursor: pointer;
      }

      summary span {
        margin-left: 0.8em;
      }

      details[open] > summary {
        margin-bottom: 12px;
      }
    `,
  ];

  @property({ attribute: false }) opened: OpenedBundle | undefined;
  /** The replay that goes on, if it is one of this call. */
  @property({ attribute: false }) replay: Replay | undefined;
  /** Another one goes on. */
  @property({ type: Boolean }) busy = false;
  /** A new object whenever something inside has changed. */
  @property({ attribute: false }) tick: object = {};
  @state() private playheadMs = 0;
  #frame: number | undefined;
  #unlisten: () => void = () => undefined;

  override render(): TemplateResult | typeof nothing {
    const { opened } = this;
    if (opened === undefined) return nothing;
    const { manifest, trace } = opened.bundle;
    const { caller, dialled, callId, startedAt, durationMs, replayOf, versions } = manifest;
    const time = new Date(startedAt).toLocaleString('en-CA', { hour12: false });
    return html`<section
      class="card"
      aria-label="Recorded call from ${caller}, ${time}"
      data-testid="bundle-view"
    >
      <header>
        <div class="title">
          <h2>${caller}${replayOf === undefined ? ` → ${dialled}` : ', replayed'}</h2>
          <p class="about">
            ${time} · ${formatDuration(durationMs)} · <span class="id figure">${callId}</span> ·
            bridge ${versions.bridge}
          </p>
        </div>
        <button
          data-testid="replay-button"
          title="Sends this caller to the agent again, at the same pace, without a phone"
          ?disabled=${this.busy || this.replay !== undefined}
          @click=${() => this.#say('replay')}
        >
          Replay to the agent
        </button>
        <button data-testid="bundle-close" @click=${() => this.#say('close')}>Close</button>
      </header>
      ${
        opened.problems.length === 0
          ? nothing
          : html`<ul class="problems" role="status">
              ${opened.problems.map((problem) => html`<li>${problem}</li>`)}
            </ul>`
      }
      ${this.replay === undefined ? nothing : this.#progress(this.replay)}
      <timeline-view
        .timeline=${opened.timeline}
        .playheadMs=${this.playheadMs}
        @seek=${({ detail }: CustomEvent<number>) => this.#seek(detail)}
      ></timeline-view>
      <div class="player" data-testid="player"></div>
      ${
        opened.conversation.turns.length === 0
          ? nothing
          : html`<details data-testid="bundle-said">
              <summary><span class="label">What was said</span></summary>
              <conversation-view .turns=${opened.conversation.turns}></conversation-view>
            </details>`
      }
      <turn-table over .turns=${opened.timeline.turns}></turn-table>
      ${
        opened.figures === undefined
          ? nothing
          : html`<details data-testid="bundle-figures">
              <summary><span class="label">Figures</span></summary>
              <call-figures
                over
                .counters=${opened.figures.counters}
                .hops=${opened.figures.hops}
              ></call-figures>
            </details>`
      }
      <network-charts .timeline=${opened.timeline}></network-charts>
      ${
        trace === undefined
          ? nothing
          : html`<details data-testid="bundle-sip">
              <summary>
                <span class="label">SIP messages</span
                ><span class="figure">${trace.messages.length}</span>
              </summary>
              <ladder-view .trace=${trace}></ladder-view>
            </details>`
      }
      <details data-testid="bundle-log">
        <summary>
          <span class="label">Events</span><span class="figure">${opened.entries.length}</span>
        </summary>
        <event-log-view inner .entries=${opened.entries}></event-log-view>
      </details>
    </section>`;
  }

  /** The player is the bundle's own, so that the console can start it. */
  override updated(changed: PropertyValues<this>): void {
    if (!changed.has('opened') || this.opened === undefined) return;
    const { audio } = this.opened;
    audio.controls = true;
    audio.preload = 'metadata';
    audio.setAttribute('aria-label', 'Both voices: the caller left, the agent right');
    this.renderRoot.querySelector('.player')?.replaceChildren(audio);
    this.#listen(audio);
    // Whoever has opened it, from a list further down, wants to see it.
    this.scrollIntoView({ block: 'start' });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unlisten();
    this.opened?.audio.pause();
  }

  /** The playhead follows while it plays, and jumps with it. */
  #listen(audio: HTMLAudioElement): void {
    this.#unlisten();
    const moved = () => {
      const { offsetMs } = this.opened?.bundle.manifest ?? { offsetMs: 0 };
      this.playheadMs = offsetMs + audio.currentTime * 1_000;
    };
    const run = () => {
      moved();
      this.#frame = audio.paused ? undefined : requestAnimationFrame(run);
    };
    audio.addEventListener('play', run);
    audio.addEventListener('seeking', moved);
    this.#unlisten = () => {
      if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
      audio.removeEventListener('play', run);
      audio.removeEventListener('seeking', moved);
    };
    moved();
  }

  #seek(ms: number): void {
    if (this.opened === undefined) return;
    const { audio, bundle } = this.opened;
    audio.currentTime = Math.max(0, (ms - bundle.manifest.offsetMs) / 1_000);
  }

  #progress({ sentMs, totalMs, sentence }: Replay): TemplateResult {
    return html`<div class="replay" data-testid="replay-progress">
      <span role="status">Replaying. ${sentence}</span>
      <progress
        aria-label="How much of the caller was sent"
        max=${totalMs}
        .value=${sentMs}
      ></progress>
      <span class="figure">${formatDuration(sentMs)} of ${formatDuration(totalMs)}</span>
      <button @click=${() => this.#say('stop-replay')}>Stop</button>
    </div>`;
  }

  #say(what: 'replay' | 'stop-replay' | 'close'): void {
    this.dispatchEvent(new CustomEvent(what));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'bundle-view': BundleView;
  }
}
