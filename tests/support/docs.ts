/** What the documents hold beside prose: their code, by language, so that tests can run it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../server/root.ts';

export const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

/** Every Markdown file a reader may open, by its path. */
export const DOCUMENTS: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .sort(),
];

/** The fenced blocks of one language ('' = none named); indented ones without their indent. */
export function blocksOf(text: string, language: string): string[] {
  // From each opening fence to the next closing one, so that no closing one is taken for an opening.
  const fenced = /^( *)```(\w*)\n([\s\S]*?)^ *```$/gm;
  return [...text.matchAll(fenced)].flatMap(([, indent = '', name, code = '']) =>
    name === language ? [code.replaceAll(new RegExp(`^${indent}`, 'gm'), '')] : [],
  );
}
