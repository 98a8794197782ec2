/**
 * Asks a running bridge what its OpenAPI document describes, and holds every answer against it: the
 * status must be one of those that are described, the body of the form that is said.
 */
import { EVENTS } from '../../server/http/openapi/events.ts';
import { OPERATIONS } from '../../server/http/openapi/operations.ts';
import { status } from '../../server/http/openapi/schemas.ts';

export interface Asked {
  readonly id?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Of one bridge; remembers what was asked, so that a test can say that nothing was left out. */
export class DescribedApi {
  readonly url: string;
  readonly #asked = new Set<string>();

  constructor(url: string) {
    this.url = url;
  }

  /** `GET /api/calls/{id}` and the like that nobody has asked for. */
  get left(): string[] {
    const all = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    return all.filter((name) => !this.#asked.has(name));
  }

  /** @returns the status, and the body: parsed where it is JSON */
  async ask(name: string, asked: Asked = {}): Promise<readonly [number, unknown]> {
    const operation = OPERATIONS.find(
      ({ method, path }) => name === `${method.toUpperCase()} ${path}`,
    );
    if (operation === undefined) throw new Error(`${name} is not described.`);
    this.#asked.add(name);
    const response = await this.#fetch(operation, asked);
    if (operation.body && asked.body !== undefined) {
      const isDescribed = operation.body.safeParse(asked.body).success;
      if (isDescribed && response.status === 400) throw new Error(`${name} refuses such a body.`);
      if (!isDescribed && response.ok) throw new Error(`${name} takes more than is described.`);
    }
    const answer = operation.answers[response.status];
    const where = `${name} → ${response.status}`;
    if (answer === undefined)
      throw new Error(`${where} is not described: ${await response.text()}`);
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    const text = await response.text();
    if (type !== 'application/json') {
      if (answer.schema && !answer.types?.includes(type)) throw new Error(`${where}: ${type}`);
      return [response.status, text];
    }
    const body: unknown = JSON.parse(text);
    if (answer.schema) fits(where, answer.schema.safeParse(body), text);
    return [response.status, body];
  }

  #fetch(
    { method, path }: (typeof OPERATIONS)[number],
    { id = '', query = '', body, headers = {} }: Asked,
  ): Promise<Response> {
    return fetch(`${this.url}${path.replace('{id}', encodeURIComponent(id))}${query}`, {
      method: method.toUpperCase(),
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }
}

/** Reads /api/events until it is closed; an event that is not as described fails `done`. */
export class DescribedEvents {
  /** How many of each type there were. */
  readonly seen = new Map<string, number>();
  readonly done: Promise<void>;
  readonly #abort = new AbortController();

  constructor(url: string) {
    this.done = this.#read(url);
    // Whoever waits for it hears of it; nobody else has to.
    this.done.catch(() => undefined);
  }

  close(): Promise<void> {
    this.#abort.abort();
    return this.done;
  }

  async #read(url: string): Promise<void> {
    const { body } = await fetch(`${url}/api/events`, { signal: this.#abort.signal });
    let rest = '';
    try {
      for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
        const events = (rest + chunk).split('\n\n');
        rest = events.pop() ?? '';
        for (const event of events) this.#check(event);
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  #check(text: string): void {
    const [, type = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(text) ?? [];
    const schemas: Readonly<Record<string, typeof status | undefined>> = {
      ...EVENTS,
      status,
    } as never;
    const schema = schemas[type];
    if (schema === undefined) throw new Error(`The event ${type} is not described.`);
    fits(`event ${type}`, schema.safeParse(JSON.parse(data)), data);
    this.seen.set(type, (this.seen.get(type) ?? 0) + 1);
  }
}

function fits(
  what: string,
  result: { readonly success: boolean; readonly error?: { readonly message: string } | undefined },
  text: string,
): void {
  if (!result.success) throw new Error(`${what}: ${result.error?.message ?? ''}\n${text}`);
}
