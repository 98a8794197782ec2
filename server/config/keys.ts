/** The keys the schema knows, each with its path: what the environment, suggestions and help need. */
import type { Path } from './layer.ts';
import { jsonSchema, type JsonSchema } from './schema.ts';

export interface Key {
  readonly path: Path;
  readonly schema: JsonSchema;
}

const root = jsonSchema();

/** Every key that holds a value itself, in the order of the schema. */
export const LEAVES: readonly Key[] = leavesOf(root, []);

function leavesOf(schema: JsonSchema, path: Path): Key[] {
  const { properties } = schema;
  if (properties === undefined) return [{ path, schema }];
  return Object.entries(properties).flatMap(([name, inner]) =>
    leavesOf(inner as JsonSchema, [...path, name]),
  );
}

/** The names allowed in the section at `path`; none where names are free. */
export function namesIn(path: Path): readonly string[] {
  return Object.keys(schemaAt(path)?.properties ?? {});
}

export function isSection(path: Path): boolean {
  return schemaAt(path)?.properties !== undefined;
}

/** Whether the value at `path` must not be shown. */
export function isSecret(path: Path): boolean {
  return schemaAt(path)?.['secret'] === true;
}

function schemaAt(path: Path): JsonSchema | undefined {
  let schema: JsonSchema | undefined = root;
  for (const name of path) {
    const free: unknown = schema.additionalProperties;
    const inner: unknown =
      schema.properties?.[name] ??
      (typeof name === 'number' ? schema.items : undefined) ??
      (typeof free === 'object' ? free : undefined);
    if (typeof inner !== 'object' || inner === null) return undefined;
    schema = inner as JsonSchema;
  }
  return schema;
}

/** The name meant, when one is close enough to be a slip of the finger. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate) }))
    .sort((one, other) => one.distance - other.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(name.length > 3 ? 2 : 1, Math.floor(name.length / 3))
    ? best.candidate
    : undefined;
}

/** Levenshtein's distance. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
