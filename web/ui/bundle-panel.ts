/** The recorded calls that are open on the page, and what of them compares; takes files that are dropped. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Bridge } from '../bridge/bridge.ts';
import type { OpenedBundle } from '../bundle/opened-bundle.ts';
import './bundle-view.ts';
import './compare-view.ts';
import { base } from './styles.ts';

@customElement('bundle-panel')
export class BundlePanel extends LitElement {
  static override readonly styles = [
    base,
    css`
      :host {
        display: contents;
      }
    `,
  ];

  @property({ attribute: false }) bridge: Bridge | undefined;
  /** A new object whenever the bridge has changed inside. */
  @property({ attribute: false }) tick: object = {};
  readonly #onDrag = (event: DragEvent) => {
    if (event.dataTransfer?.types.includes('Files') === true) event.preventDefault();
  };
  readonly #onDrop = (event: DragEvent) => {
    const [file] = event.dataTransfer?.files ?? [];
    if (file === undefined) return;
    event.preventDefault();
    void this.bridge?.bundles.open(file);
  };

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('dragover', this.#onDrag);
    addEventListener('drop', this.#onDrop);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('dragover', this.#onDrag);
    removeEventListener('drop', this.#onDrop);
  }

  override render(): TemplateResult | typeof nothing {
    const { bridge } = this;
    if (bridge === undefined) return nothing;
    const { bundles } = bridge;
    const [first, second] = bundles.opened;
    return html`
      ${
        first === undefined || second === undefined
          ? nothing
          : html`<compare-view
              .comparison=${bundles.comparison}
              .nameA=${nameOf(first)}
              .nameB=${nameOf(second)}
            ></compare-view>`
      }
      ${bundles.opened.map(
        (opened) =>
          html`<bundle-view
            .opened=${opened}
            .replay=${
              bundles.replayed === opened && bundles.replay !== undefined
                ? bundles.replay
                : undefined
            }
            .busy=${bundles.replay !== undefined}
            .tick=${{}}
            @replay=${() => void bundles.startReplay(opened)}
            @stop-replay=${() => bundles.replay?.close()}
            @close=${() => bundles.close(opened)}
          ></bundle-view>`,
      )}
    `;
  }
}

/** Of the two calls of a comparison. */
function nameOf({ bundle: { manifest } }: OpenedBundle): string {
  const time = new Date(manifest.startedAt).toLocaleTimeString('en-CA', { hour12: false });
  return `${manifest.replayOf === undefined ? manifest.caller : 'Replay'}, ${time}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'bundle-panel': BundlePanel;
  }
}
