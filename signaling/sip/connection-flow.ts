/** What flows over a connection share: who listens for their end, and being ended once. */
import type { Endpoint, Flow, Protocol } from './transport.ts';

export abstract class ConnectionFlow implements Flow {
  abstract readonly protocol: Protocol;
  abstract readonly local: Endpoint;
  readonly remote: Endpoint;
  private ended = false;
  private readonly listeners = new Set<() => void>();

  constructor(remote: Endpoint) {
    this.remote = remote;
  }

  get closed(): boolean {
    return this.ended;
  }

  abstract send(data: Buffer, failed?: (error: Error) => void): void;

  onClose(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  protected end(): void {
    if (this.ended) return;
    this.ended = true;
    for (const listener of [...this.listeners]) listener();
    this.listeners.clear();
  }
}
