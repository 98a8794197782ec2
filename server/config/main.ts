#!/usr/bin/env node
/** `npm run config -- check|print|init|schema`: the configuration without starting anything. */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BridgeError, isMisuse, lineOf, messageOf } from '../../common/errors.ts';
import { DEFAULT_FILE, loadConfig, type LoadedConfig } from './load.ts';
import { printed, settingsOf } from './print.ts';
import { jsonSchema } from './schema.ts';
import { template } from './template.ts';

const HELP = `Usage: npm run config -- COMMAND [--json] [flags of start]

  check    says whether the configuration is right: the file, the environment and the flags given
  print    every setting with its value and where the value was given; secrets are hidden
  init     writes ${DEFAULT_FILE} here, every key explained and commented out
  schema   the JSON Schema of ${DEFAULT_FILE}, for editors

Exit codes: 0 all is well, 2 the configuration is wrong.
`;

const say = (text: string) => process.stdout.write(text);

const COMMANDS: Readonly<Record<string, (argv: string[], json: boolean) => void>> = {
  check: (argv, json) => {
    const { file } = load(argv);
    const from = file ?? `no file, for there is no ${DEFAULT_FILE} here`;
    say(
      json ? `${JSON.stringify({ ok: true, file: file ?? null })}\n` : `All is well (${from}).\n`,
    );
  },
  print: (argv, json) => {
    const loaded = load(argv);
    say(json ? `${JSON.stringify(settingsOf(loaded))}\n` : printed(loaded));
  },
  init: () => {
    const file = resolve(DEFAULT_FILE);
    if (existsSync(file)) {
      throw new BridgeError('BAD_CONFIG', `${file} exists already and is left as it is.`);
    }
    writeFileSync(file, template());
    say(`Wrote ${file}. Start the bridge in this folder and it is used.\n`);
  },
  schema: () => say(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`),
};

function load(argv: string[]): LoadedConfig {
  const loaded = loadConfig({ argv, environment: process.env, folder: process.cwd() });
  if (loaded === 'help') throw new BridgeError('BAD_FLAG', HELP);
  return loaded;
}

function main([name = '', ...rest]: string[]): void {
  if (name === '' || name === '--help' || name === '-h') {
    say(HELP);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) {
    const names = Object.keys(COMMANDS).join(', ');
    throw new BridgeError('BAD_FLAG', `There is no "config ${name}", only ${names}.`);
  }
  command(
    rest.filter((argument) => argument !== '--json'),
    rest.includes('--json'),
  );
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (process.argv.includes('--json')) {
    say(`${JSON.stringify({ ok: false, errors: messageOf(error).split('\n') })}\n`);
  }
  process.stderr.write(`${lineOf(error)}\n`);
  process.exitCode = isMisuse(error) ? 2 : 1;
}
