/**
 * `/api/events` as server-sent events: the whole Status on each change (`status`), and every
 * BridgeEvent under its own type. A listener that does not read is let go of before it costs memory.
 */
import type { ServerResponse } from 'node:http';
import type { Status } from '../../common/api.ts';
import type { BridgeEvent } from '../../common/events.ts';

/** More than this unread, and the listener is asleep or gone; browsers connect again by themselves. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

export class EventStream {
  readonly #listeners = new Set<ServerResponse>();

  add(response: ServerResponse, status: Status): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
    });
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
    response.write(format('status', status));
  }

  send(status: Status): void {
    this.#write(format('status', status));
  }

  tell(event: BridgeEvent): void {
    this.#write(format(event.type, event));
  }

  /** Whether anybody would hear of an event. */
  get heard(): boolean {
    return this.#listeners.size > 0;
  }

  close(): void {
    for (const listener of this.#listeners) listener.end();
  }

  #write(text: string): void {
    for (const listener of this.#listeners) {
      if (listener.writableLength > MAX_UNREAD_BYTES) listener.destroy();
      else listener.write(text);
    }
  }
}

function format(type: string, value: object): string {
  return `event: ${type}\ndata: ${JSON.stringify(value)}\n\n`;
}
