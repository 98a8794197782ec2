/**
 * CHANGELOG.md when a version is made (docs/releasing.md): what stands under "Unreleased" becomes the
 * version's own section. `npm version` runs `check` before it does anything and `release` before it
 * commits; the release workflow asks for the `section` of a version, as the text of the release.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, version } from '../server/root.ts';

const UNRELEASED = 'Unreleased';

/** What stands under `## name` or `## [name] - date`, without the heading; empty if there is none. */
export function sectionOf(changelog: string, name: string): string {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => {
    const [heading = ''] = text.split('\n', 1);
    return heading === name || heading.startsWith(`[${name}]`);
  });
  return section?.slice(section.indexOf('\n')).trim() ?? '';
}

/** @throws Error when nothing has changed, or the version is in it already. */
export function release(changelog: string, name: string, date: string): string {
  if (sectionOf(changelog, UNRELEASED) === '') {
    throw new Error(`CHANGELOG.md has nothing under ${UNRELEASED}: there is nothing to release.`);
  }
  if (sectionOf(changelog, name) !== '') throw new Error(`CHANGELOG.md has ${name} already.`);
  return changelog.replace(
    `## ${UNRELEASED}\n`,
    () => `## ${UNRELEASED}\n\n## [${name}] - ${date}\n`,
  );
}

function main([command = '', name = version]: readonly string[]): void {
  const file = join(root, 'CHANGELOG.md');
  const changelog = readFileSync(file, 'utf8');
  if (command === 'check') release(changelog, 'next', '');
  else if (command === 'release') {
    writeFileSync(file, release(changelog, name, new Date().toISOString().slice(0, 10)));
  } else if (command === 'section') {
    process.stdout.write(`${sectionOf(changelog, name.replace(/^v/, ''))}\n`);
  } else throw new Error('Usage: tsx tools/changelog.ts check | release | section [VERSION]');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2));
