/**
 * The bridge's own view of itself and what happens in it, pushed as server-sent events; the browser reconnects by itself.
 * A lost stream is the quickest honest sign that the bridge has stopped.
 */
import type { Status } from '../../common/api.ts';
import type { BridgeEvent, BridgeEventType } from '../../common/events.ts';

/** The events the page has a use for. */
const TYPES: readonly BridgeEventType[] = [
  'message',
  'agent',
  'call',
  'config',
  'dtmf',
  'interrupt',
  'media',
  'network',
  'sip',
];

export interface StatusStreamOptions {
  readonly onStatus: (status: Status) => void;
  readonly onEvent: (event: BridgeEvent) => void;
  readonly onLost: () => void;
}

export class StatusStream {
  readonly #source: EventSource;

  constructor({ onStatus, onEvent, onLost }: StatusStreamOptions) {
    this.#source = new EventSource('/api/events');
    this.#source.addEventListener('status', ({ data }: MessageEvent<string>) =>
      onStatus(JSON.parse(data) as Status),
    );
    for (const type of TYPES) {
      this.#source.addEventListener(type, ({ data }: MessageEvent<string>) =>
        onEvent(JSON.parse(data) as BridgeEvent),
      );
    }
    this.#source.onerror = () => onLost();
  }

  close(): void {
    this.#source.close();
  }
}
