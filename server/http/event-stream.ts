/** `/api/events`: the whole Status to every listener on each change, as server-sent events. */
import type { ServerResponse } from 'node:http';
import type { Status } from '../../common/api.ts';

export class EventStream {
  readonly #listeners = new Set<ServerResponse>();

  add(response: ServerResponse, status: Status): void {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
    });
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
    response.write(format(status));
  }

  send(status: Status): void {
    const text = format(status);
    for (const listener of this.#listeners) listener.write(text);
  }

  close(): void {
    for (const listener of this.#listeners) listener.end();
  }
}

function format(status: Status): string {
  return `event: status\ndata: ${JSON.stringify(status)}\n\n`;
}
