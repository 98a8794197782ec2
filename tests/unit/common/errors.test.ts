import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BridgeError, ERRORS, messageOf } from '../../../common/errors.ts';

const page = readFileSync(new URL('../../../docs/reference/errors.md', import.meta.url), 'utf8');

describe('the error table', () => {
  it('is documented whole, in the same order, with meaning, cause and cure for each code', () => {
    const sections = page.split(/^## /m).slice(1);
    expect(sections.map((section) => section.split('\n')[0])).toEqual(Object.keys(ERRORS));
    for (const section of sections) {
      expect(section).toMatch(/\*\*Means:\*\* .+/);
      expect(section).toMatch(/\*\*Cause:\*\* .+/);
      expect(section).toMatch(/\*\*Do:\*\* .+/);
    }
  });
});

describe('messageOf', () => {
  it('gives a sentence for whatever was thrown', () => {
    expect(messageOf(new BridgeError('NO_PAGE', 'Open it.'))).toBe('Open it.');
    expect(messageOf('text')).toBe('text');
    expect(messageOf(undefined)).toBe('undefined');
  });
});
