/** The spoken notice of a page that has gone in a call (page-lost.wav, see README.md here). */
import { readFile } from 'node:fs/promises';

/** Compiled, this file is in dist/server/notices and the voice beside the sources' place. */
const FILE = import.meta.url.includes('/dist/server/')
  ? '../../../server/notices/page-lost.wav'
  : './page-lost.wav';

export function loadPageLost(): Promise<Buffer> {
  return readFile(new URL(FILE, import.meta.url));
}
