/**
 * The bridge's own view of itself, pushed as server-sent events; the browser reconnects by itself.
 * A lost stream is the quickest honest sign that the bridge has stopped.
 */
import type { Status } from '../../common/api.ts';

export interface StatusStreamOptions {
  readonly onStatus: (status: Status) => void;
  readonly onLost: () => void;
}

export class StatusStream {
  readonly #source: EventSource;

  constructor({ onStatus, onLost }: StatusStreamOptions) {
    this.#source = new EventSource('/api/events');
    this.#source.addEventListener('status', ({ data }: MessageEvent<string>) =>
      onStatus(JSON.parse(data) as Status),
    );
    this.#source.onerror = () => onLost();
  }

  close(): void {
    this.#source.close();
  }
}
