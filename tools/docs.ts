/**
 * The parts of the documents that the program itself can tell best: the help of its commands, the
 * keys of its configuration and its HTTP API. `npm run docs:write` puts them between their marks in the documents; a
 * test fails when they are no longer what the program says.
 */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { LEAVES } from '../server/config/keys.ts';
import { openApi } from '../server/http/openapi/document.ts';
import { root } from '../server/root.ts';

const run = promisify(execFile);

/** In the order in which a newcomer meets them. */
const COMMANDS = ['start', 'dial', 'agent', 'demo', 'doctor', 'config', 'record', 'replay'];

/** Documents, or their marked parts. */
const PARTS: Readonly<Record<string, () => string | Promise<string>>> = {
  'docs/reference/openapi.yaml': openApiText,
  'docs/reference/cli.md': commandHelp,
  'docs/reference/configuration.md': configurationKeys,
};

export const GENERATED = Object.keys(PARTS);

const MARKED = /(<!-- npm run docs:write -->\n)[\s\S]*?(\n<!-- end -->)/;

/** The document as it should be. */
export async function generated(document: string): Promise<string> {
  const part = (await PARTS[document]?.()) ?? '';
  if (document.endsWith('.yaml')) return part;
  const text = readFileSync(join(root, document), 'utf8');
  if (!MARKED.test(text)) throw new Error(`${document} has no place for its generated part.`);
  return text.replace(MARKED, (_, begin: string, end: string) => `${begin}\n${part}${end}`);
}

async function commandHelp(): Promise<string> {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  const sections = COMMANDS.flatMap((name) => {
    const [, file] = /^tsx (\S+\.ts)/.exec(scripts[name] ?? '') ?? [];
    return file === undefined ? [] : [helpOf(name, file)];
  });
  return (await Promise.all(sections)).join('\n');
}

async function helpOf(name: string, file: string): Promise<string> {
  const args = ['--import', 'tsx', join(root, file), '--help'];
  const { stdout } = await run(process.execPath, args, { cwd: root });
  return `## ${name}\n\n\`\`\`text\n${stdout.trim()}\n\`\`\`\n`;
}

function openApiText(): string {
  const header =
    '# Made by npm run docs:write from server/http/openapi/; GET /api/openapi.json is the same.\n';
  return header + stringify(openApi(), { lineWidth: 110, aliasDuplicateObjects: false });
}

function configurationKeys(): string {
  const rows = LEAVES.map(({ path, schema }) => {
    const value = schema.default === undefined ? '' : `\`${JSON.stringify(schema.default)}\``;
    const choice = schema.enum === undefined ? '' : ` One of ${schema.enum.join(', ')}.`;
    return `| \`${path.join('.')}\` | ${value} | ${cell(`${schema.description ?? ''}${choice}`)} |`;
  });
  return ['| key | default | |', '|---|---|---|', ...rows].join('\n') + '\n';
}

/** What stands in a table and means something else there. */
function cell(text: string): string {
  return text.replace(/[|<]/g, '\\$&');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const document of GENERATED) writeFileSync(join(root, document), await generated(document));
}
