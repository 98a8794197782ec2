/**
 * One place configuration comes from (defaults, file, environment, flags) and how several of them
 * become one: objects are merged key by key, everything else is replaced by the later layer.
 */
export type Path = readonly (string | number)[];
export type Tree = Readonly<Record<string, unknown>>;

export interface Layer {
  readonly values: Tree;
  /** How a person finds the value: `bridge.yaml:3:5`, `BRIDGE_HTTP_PORT`, `--port`. */
  where(path: Path): string;
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function merge(below: Tree, above: Tree): Tree {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] = isTree(old) && isTree(value) ? merge(old, value) : value;
  }
  return merged;
}

export function valueAt(values: unknown, path: Path): unknown {
  let value = values;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string | number, unknown>)[key];
  }
  return value;
}

/** A tree with one value in it, or `into` with that value added. */
export function place(path: Path, value: unknown, into: Tree = {}): Tree {
  return merge(into, path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Tree);
}

/** The layer a value comes from: the last one that has it. */
export function layerOf(layers: readonly Layer[], path: Path): Layer | undefined {
  return layers.findLast(({ values }) => valueAt(values, path) !== undefined);
}
