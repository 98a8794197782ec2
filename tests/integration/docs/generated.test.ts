/** What the documents repeat of the program is what the program says. */
import { expect, it } from 'vitest';
import { read } from '../../support/docs.ts';
import { generated, GENERATED } from '../../../tools/docs.ts';

/** Every command is started once, by a compiler that may have much else to do. */
const PATIENCE_MS = 240_000;

it.each(GENERATED)(
  '%s is up to date (else: npm run docs:write)',
  async (document) => {
    expect(read(document)).toBe(await generated(document));
  },
  PATIENCE_MS,
);
