/** A reactive controller that renders its element again whenever the bridge's state changes. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Bridge } from '../bridge/bridge.ts';

export class FollowBridge implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #bridge: () => Bridge | undefined;
  #followed: Bridge | undefined;
  readonly #update = () => this.#host.requestUpdate();

  constructor(host: ReactiveControllerHost, bridge: () => Bridge | undefined) {
    this.#host = host;
    this.#bridge = bridge;
    host.addController(this);
  }

  hostUpdate(): void {
    const bridge = this.#bridge();
    if (bridge === this.#followed) return;
    this.#followed?.removeEventListener('change', this.#update);
    bridge?.addEventListener('change', this.#update);
    this.#followed = bridge;
  }

  hostDisconnected(): void {
    this.#followed?.removeEventListener('change', this.#update);
    this.#followed = undefined;
  }
}
