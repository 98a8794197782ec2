import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../../../server/root.ts';
import { release, sectionOf } from '../../../tools/changelog.ts';

const BEFORE = `# Changelog

All notable changes.

## Unreleased

### Added

* A door.

## [0.1.0] - 2026-01-31

* A house.
`;

describe('the changelog at a release', () => {
  it('gets the version’s own section, and an empty one for what comes next', () => {
    const after = release(BEFORE, '0.2.0', '2026-02-28');
    expect(after).toBe(
      BEFORE.replace('## Unreleased\n', '## Unreleased\n\n## [0.2.0] - 2026-02-28\n'),
    );
    expect(sectionOf(after, 'Unreleased')).toBe('');
    expect(sectionOf(after, '0.2.0')).toBe('### Added\n\n* A door.');
    expect(sectionOf(after, '0.1.0')).toBe('* A house.');
  });

  it('is refused where there is nothing to tell, or the version has been', () => {
    const after = release(BEFORE, '0.2.0', '2026-02-28');
    expect(() => release(after, '0.3.0', '')).toThrow('nothing under Unreleased');
    expect(() => release(BEFORE, '0.1.0', '')).toThrow('has 0.1.0 already');
  });

  it('has what is needed to release this very tree', () => {
    const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    // Right after a release the version's section says it; before, what is unreleased does.
    const said = sectionOf(changelog, 'Unreleased') + sectionOf(changelog, version);
    expect(said).toMatch(/^[*#]/m);
  });
});
