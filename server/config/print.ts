/** The configuration in force as text: every key, its value, and where the value was given. */
import { stringify } from 'yaml';
import { isSecret } from './keys.ts';
import { isTree, type Path } from './layer.ts';
import type { LoadedConfig } from './load.ts';
import { dotted } from './problems.ts';

const HIDDEN = '******';

/** Values by path, secrets hidden. */
export interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly from: string;
}

export function settingsOf(loaded: LoadedConfig): readonly Setting[] {
  return settingsIn(loaded, loaded.config, []);
}

export function printed(loaded: LoadedConfig): string {
  const settings = settingsOf(loaded);
  const lines = settings.map(({ key, value }) => `${key}: ${stringify(value, INLINE).trim()}`);
  const width = Math.max(...lines.map(({ length }) => length));
  return lines
    .map((line, index) => `${line.padEnd(width)}  # ${settings[index]?.from ?? ''}\n`)
    .join('');
}

const INLINE = { collectionStyle: 'flow', lineWidth: 0 } as const;

function settingsIn(loaded: LoadedConfig, value: unknown, path: Path): Setting[] {
  if (isTree(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([name, inner]) =>
      settingsIn(loaded, inner, [...path, name]),
    );
  }
  const hidden = isSecret(path) || loaded.isReference(path);
  return [{ key: dotted(path), value: hidden ? HIDDEN : value, from: loaded.whereFrom(path) }];
}
