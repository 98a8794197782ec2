/** Where the package is, run from TypeScript in a checkout or from dist/ in an installed package. */
import { readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export const isPackaged = here.endsWith(`${sep}dist${sep}server`);
export const root = isPackaged ? join(here, '..', '..') : join(here, '..');
export const version = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
).version;
