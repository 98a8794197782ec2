/**
 * Code that the documents show is code that runs: commands have flags that exist, requests go to routes
 * that exist, TypeScript is what the compiler reads. (JSON and YAML: docs.test.ts. Python runs in
 * tests/integration/docs, JavaScript for the console in tests/e2e/http-api.spec.ts.)
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseAgentOptions } from '../../../agent/cli-options.ts';
import { configSchema } from '../../../server/config/schema.ts';
import { loadConfig } from '../../../server/config/load.ts';
import { OPERATIONS } from '../../../server/http/openapi/operations.ts';
import { optionsOf } from '../../../server/options.ts';
import { parseTalk } from '../../../server/replay/options.ts';
import { parseDialOptions } from '../../../softphone/cli-options.ts';
import { blocksOf, DOCUMENTS, read } from '../../support/docs.ts';

const folder = mkdtempSync(join(tmpdir(), 'docs-code-'));
afterAll(() => rmSync(folder, { recursive: true }));

const start = (argv: readonly string[]) => {
  const loaded = loadConfig({ argv, environment: {}, folder });
  return loaded === 'help' ? configSchema.parse({}) : optionsOf(loaded.config);
};
const without = (...names: string[]) => {
  return (argv: readonly string[]) => start(argv.filter((word) => !names.includes(word)));
};

/** What reads the flags of each command. */
const READERS: Readonly<Record<string, (argv: readonly string[]) => unknown>> = {
  start,
  dial: parseDialOptions,
  agent: parseAgentOptions,
  doctor: without('--json', '--fix'),
  config: without('check', 'print', 'init', 'schema', '--json'),
  demo: without('--json'),
  record: parseTalk,
  replay: parseTalk,
};

/** As a shell would split it; a comment, and words after two spaces that explain, are none of it. */
function wordsOf(line: string): string[] {
  const command = line.replace(/ {2,}.*$/, '').replace(/\s#\s.*$/, '');
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}

const shown = DOCUMENTS.flatMap((name) =>
  ['', 'sh']
    .flatMap((language) => blocksOf(read(name), language))
    .map((block) => [name, block] as const),
).flatMap(([name, block]) => block.split('\n').map((line) => [name, line.trim()] as const));

const commands = shown.flatMap(([name, line]) => {
  const words = wordsOf(line.replace(/^.*&& /, ''));
  const [program, first = '', second = '', dashes] = words;
  if (program === 'npx' && first === 'sip-agent-bridge') {
    const command = second in READERS ? second : 'start';
    return [[name, line, command, words.slice(command === second ? 3 : 2)] as const];
  }
  if (program !== 'npm') return [];
  // What a table of figures calls `npm start → ready` is no command.
  if (first === 'start' && /^(--.*)?$/.test(second))
    return [[name, line, 'start', words.slice(3)] as const];
  if (first !== 'run' || !(second in READERS)) return [];
  return [[name, line, second, dashes === '--' ? words.slice(4) : []] as const];
});

describe('commands', () => {
  it('are found', () => expect(commands.length).toBeGreaterThan(12));

  it.each(commands)('%s: %s', (_name, line, command, argv) => {
    expect(line.includes(' -- '), 'npm passes flags on after --').toBe(
      line.startsWith('npm') && argv.length > 0,
    );
    expect(() => READERS[command]?.(argv)).not.toThrow();
  });
});

describe('requests', () => {
  const requests = shown.filter(([, line]) => line.startsWith('curl '));

  it('are found', () => expect(requests.length).toBeGreaterThan(3));

  it.each(requests)('%s: %s', (_name, line) => {
    const words = wordsOf(line);
    const url = new URL(words.find((word) => word.startsWith('http')) ?? '');
    const data = words[words.indexOf('-d') + 1];
    const operation = OPERATIONS.find(
      ({ method, path }) =>
        method === (words.includes('-d') ? 'post' : 'get') &&
        new RegExp(`^${path.replace('{id}', '[^/]+')}$`).test(url.pathname),
    );
    expect(operation).toBeDefined();
    for (const name of url.searchParams.keys()) expect(operation?.query).toHaveProperty(name);
    if (words.includes('-d')) {
      expect(operation?.body?.safeParse(JSON.parse(data ?? '')).error).toBeUndefined();
    }
  });
});

describe('TypeScript', () => {
  it('is in a file that the compiler reads', () => {
    const blocks = DOCUMENTS.flatMap((name) => blocksOf(read(name), 'ts'));
    const [, example = ''] = read('docs', 'examples', 'embedded-drachtio.ts').split(/^\/\/.*\n/);
    expect(blocks).toEqual([example.replaceAll("'../../", "'./")]);
  });
});

describe('figures', () => {
  it('of the README are those of the run in docs/benchmarks.md', () => {
    const rows = [...read('README.md').matchAll(/^\| (\S.*?) \| ([\d.]+) ms \| ([\d.]+) ms \|$/gm)];
    expect(rows.length).toBeGreaterThan(2);
    const run = read('docs', 'benchmarks.md')
      .split('\n')
      .map((line) => line.trim().split(/ {2,}/));
    for (const [, name = '', p50, p95] of rows) {
      const measured = run.find(([what, engine]) => what === name && engine === 'embedded');
      expect([name, measured?.[3], measured?.[4]]).toEqual([name, p50, p95]);
    }
  });
});
