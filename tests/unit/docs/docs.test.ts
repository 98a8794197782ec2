/**
 * The documents keep their promises: links lead somewhere, YAML examples are configurations the
 * bridge accepts, and every command that is named exists.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../../server/config/schema.ts';
import { root } from '../../../server/root.ts';

const documents = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((name) => join(root, name)),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => join(root, 'docs', name)),
];

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

const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, code = '']) => code,
  );

describe.each(documents.map((file) => [relative(root, file), file] as const))(
  '%s',
  (_name, file) => {
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
      for (const example of blocks(text, 'yaml').filter((code) => !foreign.test(code))) {
        const result = configSchema.safeParse(parse(example));
        expect(result.error?.issues ?? [], example).toEqual([]);
      }
    });
  },
);
