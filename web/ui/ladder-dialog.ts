/**
 * The SIP ladder of a call of this bridge, in a dialog: read when it opens and again whenever the
 * call's messages have become more, with the trace's three forms to keep.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { CallTrace } from '../../common/api.ts';
import type { Call } from '../bridge/call.ts';
import { messageOf } from '../../common/errors.ts';
import './ladder-view.ts';
import { base, buttons, dialogs } from './styles.ts';

@customElement('ladder-dialog')
export class LadderDialog extends LitElement {
  static override readonly styles = [
    base,
    buttons,
    dialogs,
    css`
      dialog {
        width: min(1100px, 96vw);
      }

      .keep {
        align-items: center;
        display: flex;
        flex-wrap: wrap;
        font-size: 0.84rem;
        gap: 4px 14px;
      }

      @media (max-width: 560px) {
        .keep {
          flex-basis: 100%;
          order: 1;
        }
      }
    `,
  ];

  /** Undefined: closed. */
  @property({ attribute: false }) call: Pick<Call, 'id' | 'timeline'> | undefined;
  @state() private trace: CallTrace | undefined;
  @state() private problem = '';
  #reading = false;
  #stale = false;
  #unfollow: (() => void) | undefined;
  /** The newest message that has been asked for. */
  #newest: number | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unfollow?.();
  }

  override render(): TemplateResult {
    return html`
      <dialog aria-labelledby="title" data-testid="ladder-dialog" @close=${() => this.#closed()}>
        ${this.call === undefined ? nothing : this.#content(this.call.id)}
      </dialog>
    `;
  }

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has('call')) return;
    const dialog = this.renderRoot.querySelector('dialog');
    this.#unfollow?.();
    this.#newest = undefined;
    this.trace = undefined;
    this.problem = '';
    if (this.call === undefined) {
      dialog?.close();
      return;
    }
    if (dialog?.open === false) dialog.showModal();
    this.#unfollow = this.call.timeline.follow(() => this.#look());
    void this.#read();
  }

  /** The timeline has changed: by a message? */
  #look(): void {
    const newest = this.call?.timeline.entries.findLast(({ kind }) => kind === 'sip')?.id;
    if (newest === this.#newest) return;
    this.#newest = newest;
    void this.#read();
  }

  #content(callId: string): TemplateResult {
    const path = `/api/calls/${encodeURIComponent(callId)}/trace`;
    const file = callId.replace(/[^\w.-]/g, '_').slice(0, 100);
    return html`
      <div class="title">
        <h2 id="title">SIP messages</h2>
        <p class="keep">
          Save as
          <a href="${path}?format=text" download="${file}.txt">text</a>
          <a href="${path}?format=json" download="${file}.json">JSON</a>
          <a href="${path}?format=pcap" download="${file}.pcap">pcap</a>
        </p>
        <button autofocus @click=${() => this.renderRoot.querySelector('dialog')?.close()}>
          Close
        </button>
      </div>
      <div class="body">
        ${this.problem === '' ? nothing : html`<p role="alert">${this.problem}</p>`}
        <ladder-view .trace=${this.trace}></ladder-view>
      </div>
    `;
  }

  /** One request at a time; what changes meanwhile is read by the next. */
  async #read(): Promise<void> {
    this.#stale = true;
    if (this.#reading) return;
    this.#reading = true;
    for (let { call } = this; this.#stale && call !== undefined; { call } = this) {
      this.#stale = false;
      const result = await readTrace(call.id);
      // Another one was chosen meanwhile.
      if (call !== this.call) continue;
      if (typeof result === 'string') this.problem = result;
      else {
        this.problem = '';
        this.trace = result;
      }
    }
    this.#reading = false;
  }

  #closed(): void {
    this.dispatchEvent(new CustomEvent('closed'));
  }
}

/** Or why it could not be read. */
async function readTrace(callId: string): Promise<CallTrace | string> {
  try {
    const response = await fetch(`/api/calls/${encodeURIComponent(callId)}/trace`);
    const body = (await response.json()) as CallTrace & { readonly message?: string };
    return response.ok ? body : (body.message ?? `HTTP ${response.status}`);
  } catch (thrown) {
    return `The messages could not be read: ${messageOf(thrown)}.`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'ladder-dialog': LadderDialog;
  }
}
