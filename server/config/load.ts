/**
 * The configuration of a run: built-in defaults, then the file, the environment and the flags, each
 * overriding what comes before. What is wrong is said all at once, every mistake with its place.
 */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { BridgeError } from '../../common/errors.ts';
import { CONFIG_VARIABLE, environmentLayer } from './environment.ts';
import { FLAG_NAMES, parseFlags } from './flags.ts';
import { refuseFlagsTakenByNpm } from './npm-flags.ts';
import { layerOf, merge, type Layer, type Path, type Tree } from './layer.ts';
import { sentencesOf } from './problems.ts';
import { configSchema, type Config } from './schema.ts';
import { pathKey, readFileLayer, type FileLayer } from './yaml-file.ts';

export const DEFAULT_FILE = 'bridge.yaml';

export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read, as an absolute path. */
  readonly file?: string;
  /** Where a value was given; `default` when it was not. */
  whereFrom(path: Path): string;
  /** Whether the value came in through a reference to a secret. */
  isReference(path: Path): boolean;
}

export interface ConfigSource {
  readonly argv: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Where bridge.yaml is looked for. */
  readonly folder: string;
}

/** @throws BridgeError BAD_FLAG or BAD_CONFIG, with a line for each mistake. */
export function loadConfig({ argv, environment, folder }: ConfigSource): LoadedConfig | 'help' {
  refuseFlagsTakenByNpm(FLAG_NAMES, environment);
  const flags = parseFlags(argv);
  if (flags === 'help') return 'help';
  const file = fileOf(flags.file ?? environment[CONFIG_VARIABLE], folder);
  const fileLayer: FileLayer | undefined =
    file === undefined ? undefined : readFileLayer(file, environment);
  const layers: Layer[] = [...(fileLayer ? [fileLayer] : []), environmentLayer(environment), flags];
  const merged = layers.reduce<Tree>((below, { values }) => merge(below, values), {});
  const result = configSchema.safeParse(merged);
  const unresolved = fileLayer?.unresolved ?? new Map<string, string>();
  if (!result.success || unresolved.size > 0) {
    // What a value is that could not be had, nobody knows.
    const issues = (result.error?.issues ?? []).filter(
      ({ path }) => !unresolved.has(pathKey(path.filter((name) => typeof name !== 'symbol'))),
    );
    const sentences = [...unresolved.values(), ...sentencesOf(issues, layers)];
    const onlyFlags = sentences.every((sentence) => sentence.startsWith('--'));
    throw new BridgeError(onlyFlags ? 'BAD_FLAG' : 'BAD_CONFIG', sentences.join('\n'));
  }
  return {
    config: result.data,
    ...(file && { file }),
    whereFrom: (path) => layerOf(layers, path)?.where(path) ?? 'default',
    isReference: (path) =>
      fileLayer !== undefined && layerOf(layers, path) === fileLayer && fileLayer.isReference(path),
  };
}

/** @throws BridgeError BAD_CONFIG when a file was asked for that is not there. */
function fileOf(wanted: string | undefined, folder: string): string | undefined {
  if (wanted === undefined) {
    const usual = resolve(folder, DEFAULT_FILE);
    return existsSync(usual) ? usual : undefined;
  }
  const file = resolve(folder, wanted);
  if (existsSync(file)) return file;
  throw new BridgeError(
    'BAD_CONFIG',
    `There is no file ${file}. "config init" writes a ${basename(DEFAULT_FILE)} to start from.`,
  );
}
