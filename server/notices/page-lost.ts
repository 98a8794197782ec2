/** The spoken notice of a page that has gone in a call (page-lost.wav, see README.md here). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../root.ts';

export function loadPageLost(): Promise<Buffer> {
  return readFile(join(root, 'server', 'notices', 'page-lost.wav'));
}
