/**
 * Registrations over a restart: phones renew theirs every five minutes and would be deaf until then.
 * One small JSON file, written whole and put in place by a rename, so that it is never half there; a
 * file that cannot be read or written costs a warning and nothing else. Pages are not kept: their
 * connections end with the bridge, and they come back by themselves.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import type { Binding } from '../signaling/bindings.ts';

/** Registrations come in bursts; a file need not. */
const SETTLE_MS = 500;

const FILE = z.object({
  version: z.literal(1),
  registrations: z.array(
    z.object({
      aor: z.string(),
      contact: z.string(),
      kind: z.literal('phone'),
      userAgent: z.string(),
      source: z.string(),
      transport: z.enum(['udp', 'tcp', 'tls', 'ws']),
      callId: z.string(),
      cseq: z.number(),
      q: z.number(),
      instance: z.string().exactOptional(),
      path: z.array(z.string()),
      expiresAt: z.number(),
    }),
  ),
});

export class RegistrationFile {
  readonly #path: string;
  readonly #log: Log;
  #latest: readonly Binding[] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, log: Log) {
    this.#path = path;
    this.#log = log;
  }

  /** What was kept and has not expired. */
  async load(now = Date.now()): Promise<readonly Binding[]> {
    try {
      const { registrations } = FILE.parse(JSON.parse(await readFile(this.#path, 'utf8')));
      return registrations.filter(({ expiresAt }) => expiresAt > now);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#warn('read', error);
      return [];
    }
  }

  /** Written soon; the latest list wins. */
  save(bindings: readonly Binding[]): void {
    this.#latest = bindings.filter(({ kind }) => kind === 'phone');
    this.#timer ??= setTimeout(() => this.#write(), SETTLE_MS).unref();
  }

  /** Writes what has not been written yet. */
  async close(): Promise<void> {
    this.#write();
    await this.#writing;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const registrations = this.#latest;
    if (registrations === undefined) return;
    this.#latest = undefined;
    this.#writing = this.#writing.then(async () => {
      const temporary = `${this.#path}.${process.pid}.tmp`;
      try {
        await mkdir(dirname(this.#path), { recursive: true });
        await writeFile(temporary, `${JSON.stringify({ version: 1, registrations })}\n`);
        await rename(temporary, this.#path);
      } catch (error) {
        this.#warn('written', error);
        await rm(temporary, { force: true }).catch(() => undefined);
      }
    });
  }

  #warn(what: 'read' | 'written', error: unknown): void {
    this.#log(
      'warn',
      `${this.#path} could not be ${what}; phones are known again once they renew: ${messageOf(error)}`,
    );
  }
}
