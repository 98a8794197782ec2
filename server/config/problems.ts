/**
 * What is wrong with a configuration, as sentences: where it stands, the key, what was expected and
 * the nearest key or value there is.
 */
import type { z } from 'zod';
import { isSecret, namesIn, nearest } from './keys.ts';
import { layerOf, valueAt, type Layer, type Path } from './layer.ts';

type Issue = z.core.$ZodIssue;

/** One sentence for each mistake. */
export function sentencesOf(issues: readonly Issue[], layers: readonly Layer[]): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => unknownKey([...pathOf(issue), key], layers));
    }
    const path = pathOf(issue);
    const value = valueAt(layerOf(layers, path)?.values, path);
    const expected = expectation(issue, value);
    const end = expected.endsWith('?') ? '' : '.';
    return `${whereIs(path, layers)}: ${dotted(path)}${shown(path, value)}: ${expected}${end}`;
  });
}

export function dotted(path: Path): string {
  return path.join('.');
}

function pathOf({ path }: Issue): Path {
  return path.filter((name) => typeof name !== 'symbol');
}

function unknownKey(path: Path, layers: readonly Layer[]): string {
  const section = path.slice(0, -1);
  const names = namesIn(section);
  const meant = nearest(String(path.at(-1)), names);
  const hint = meant ? `Did you mean ${meant}?` : `Known here: ${names.join(', ')}.`;
  return `${whereIs(path, layers)}: there is no key ${dotted(path)}. ${hint}`;
}

function whereIs(path: Path, layers: readonly Layer[]): string {
  for (let length = path.length; length > 0; length -= 1) {
    const layer = layerOf(layers, path.slice(0, length));
    if (layer) return layer.where(path);
  }
  return 'configuration';
}

function shown(path: Path, value: unknown): string {
  if (value === undefined || typeof value === 'object' || isSecret(path)) return '';
  return ` ${JSON.stringify(value)}`;
}

function expectation(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (value === undefined) return 'missing';
      return `expected ${NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value': {
      const meant =
        typeof value === 'string' ? nearest(value, issue.values.map(String)) : undefined;
      return `expected ${listed(issue.values.map(String))}${meant ? `. Did you mean ${meant}?` : ''}`;
    }
    case 'too_small':
      return issue.origin === 'string'
        ? 'must not be empty'
        : `expected ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`;
    case 'too_big':
      return `expected at most ${issue.maximum}`;
    case 'custom':
      return issue.message;
    case 'invalid_key':
      return issue.issues.map(({ message }) => message).join(', ');
    default:
      return issue.message.toLowerCase();
  }
}

const NAMES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text (in quotes when it looks like a number)',
  boolean: 'true or false',
  object: 'a section with keys of its own',
  array: 'a list, such as [one, two]',
  record: 'a section with a name and a value a line',
};

function listed(values: readonly string[]): string {
  return values.length < 2
    ? values.join('')
    : `${values.slice(0, -1).join(', ')} or ${values.at(-1) ?? ''}`;
}
