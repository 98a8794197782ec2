/**
 * The documents keep their promises: links lead somewhere, YAML examples are configurations the
 * bridge accepts, and every command that is named exists.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../../server/config/schema.ts';
import { sidebar } from '../../../docs/.vitepress/sidebar.ts';
import { root } from '../../../server/root.ts';
import { blocksOf, DOCUMENTS, read } from '../../support/docs.ts';

/** Files of other programs. */
const foreign = /^(scrape_configs|services):/m;

const withoutCode = (text: string) => text.replace(/```[\s\S]*?```/g, '').replace(/`[^`]*`/g, '');

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[`*]/g, '')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

function brokenLinks(file: string): string[] {
  const text = withoutCode(readFileSync(file, 'utf8'));
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : resolve(dirname(file), path);
    if (!existsSync(target)) return [link];
    if (anchor === undefined || !target.endsWith('.md')) return [];
    return anchorsOf(readFileSync(target, 'utf8')).includes(anchor) ? [] : [link];
  });
}

describe.each(DOCUMENTS)('%s', (name) => {
  const file = join(root, name);
  const text = readFileSync(file, 'utf8');

  it('has no link that leads nowhere', () => {
    expect(brokenLinks(file)).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...text.matchAll(/npm run ([a-z][a-z0-9:-]*)/g)].map(
      ([, script = '']) => script,
    );
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  it('shows configurations that are accepted', () => {
    for (const example of blocksOf(text, 'yaml').filter((code) => !foreign.test(code))) {
      const result = configSchema.safeParse(parse(example));
      expect(result.error?.issues ?? [], example).toEqual([]);
    }
  });

  it('shows JSON that is JSON', () => {
    for (const example of blocksOf(text, 'json')) {
      expect(() => JSON.parse(example) as unknown, example).not.toThrow();
    }
  });
});

describe('the site', () => {
  const linked = sidebar().flatMap(({ items }) => items.map(({ link }) => `docs${link}`));

  it('has every page in its sidebar, once', () => {
    const pages = DOCUMENTS.filter((name) => name.startsWith('docs/') && name !== 'docs/README.md');
    expect(linked.toSorted()).toEqual(pages.toSorted());
  });

  it('has every decision in the list of decisions', () => {
    const decisions = linked.filter((path) => /decisions\/\d/.test(path));
    const list = read('docs', 'decisions', 'README.md');
    expect(decisions.length).toBeGreaterThan(7);
    expect(decisions.filter((path) => !list.includes(`](${path.slice(15)})`))).toEqual([]);
  });
});
