/**
 * Whether anybody can see an element: it is in the part of the page that is shown, in a window that is.
 * What is costly to draw asks before it draws, and is told when it is to be seen again, and when its
 * colours are other ones, which a canvas has to be drawn anew for.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export interface InSightEvents {
  /** It has just come into sight. */
  readonly seen: () => void;
  /** From light to dark, or back. */
  readonly recoloured: () => void;
}

export class InSight implements ReactiveController {
  readonly #host: Element;
  readonly #events: InSightEvents;
  #isInView = false;
  readonly #watcher = new IntersectionObserver((entries) => {
    this.#isInView = entries.at(-1)?.isIntersecting ?? false;
    this.#tell();
  });
  readonly #scheme = matchMedia('(prefers-color-scheme: dark)');
  readonly #onShown = () => this.#tell();
  readonly #onScheme = () => this.#events.recoloured();

  constructor(host: ReactiveControllerHost & Element, events: InSightEvents) {
    this.#host = host;
    this.#events = events;
    host.addController(this);
  }

  get isSeen(): boolean {
    return this.#isInView && !document.hidden;
  }

  hostConnected(): void {
    this.#watcher.observe(this.#host);
    this.#scheme.addEventListener('change', this.#onScheme);
    document.addEventListener('visibilitychange', this.#onShown);
  }

  hostDisconnected(): void {
    this.#watcher.disconnect();
    this.#isInView = false;
    this.#scheme.removeEventListener('change', this.#onScheme);
    document.removeEventListener('visibilitychange', this.#onShown);
  }

  #tell(): void {
    if (this.isSeen) this.#events.seen();
  }
}
