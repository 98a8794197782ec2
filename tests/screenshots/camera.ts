/**
 * Takes pictures of the page as people see it: real bridge, real browser, real calls. Each picture is
 * kept small, because it is kept in the repository.
 */
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';

export const MAX_BYTES = 150_000;

export type Scheme = 'light' | 'dark';

export class Camera {
  readonly #folder: string;
  readonly #only: readonly string[];
  /** Names of the pictures that came out too large. */
  readonly tooLarge: string[] = [];

  /** @param only names to take; all when empty. */
  constructor(folder: string, only: readonly string[]) {
    this.#folder = folder;
    this.#only = only;
    mkdirSync(folder, { recursive: true });
  }

  wants(name: string): boolean {
    return this.#only.length === 0 || this.#only.includes(name);
  }

  /** What is in the window, or one part of the page. */
  async take(name: string, page: Page, part?: Locator): Promise<void> {
    if (!this.wants(name)) return;
    const path = join(this.#folder, `${name}.png`);
    // Fields that blink and lists that move in would make every run another picture.
    const options = { path, animations: 'disabled', caret: 'hide' } as const;
    await (part ?? page).screenshot(options);
    const { size } = statSync(path);
    if (size > MAX_BYTES) this.tooLarge.push(`${name}.png: ${Math.round(size / 1_000)} kB`);
    process.stdout.write(`${name}.png  ${Math.round(size / 1_000)} kB\n`);
  }
}
