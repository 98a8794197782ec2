/** A configuration file as a layer: its values, and the line and column of each. */
import { basename } from 'node:path';
import {
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Node,
} from 'yaml';
import { BridgeError, messageOf } from '../../common/errors.ts';
import { isSection } from './keys.ts';
import { isTree, type Layer, type Path, type Tree } from './layer.ts';
import { hasReference, resolveReferences } from './secrets.ts';
import { readText } from './text-file.ts';

export interface FileLayer extends Layer {
  /** Whether the file refers to the value's secret instead of holding it. */
  isReference(path: Path): boolean;
  /** What references lead to nothing, as sentences, by the path of the value. */
  readonly unresolved: ReadonlyMap<string, string>;
}

/** Of a path in sets and maps; a list is one value. */
export function pathKey(path: Path): string {
  return JSON.stringify(path.filter((name) => typeof name === 'string'));
}

/** @throws BridgeError BAD_CONFIG when it cannot be read or is not a YAML map. */
export function readFileLayer(file: string, environment: NodeJS.ProcessEnv): FileLayer {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    throw new BridgeError('BAD_CONFIG', `${file} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return parseLayer(text, file, environment);
}

export function parseLayer(text: string, file: string, environment: NodeJS.ProcessEnv): FileLayer {
  const name = basename(file);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const [problem] = document.errors;
  if (problem) {
    throw new BridgeError(
      'BAD_CONFIG',
      `${at(problem.pos[0])}: not valid YAML: ${problem.message}.`,
    );
  }
  /** The key's own place; for what is not there, that of the section it should be in. */
  const where = (path: Path): string => {
    for (let length = path.length; length > 0; length -= 1) {
      const offset = offsetOf(document.contents, path.slice(0, length));
      if (offset !== undefined) return at(offset);
    }
    return name;
  };
  const references = new Set<string>();
  const unresolved = new Map<string, string>();
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string' || !hasReference(node.value)) return;
      const path = pathKey(pathOf(ancestors));
      references.add(path);
      const offset = node.range?.[0] ?? 0;
      try {
        node.value = resolveReferences(node.value, file, environment, () => at(offset));
      } catch (error) {
        unresolved.set(path, messageOf(error));
      }
    },
  });
  // An empty file is an empty configuration.
  const values: unknown = document.toJS() ?? {};
  if (!isTree(values)) {
    throw new BridgeError('BAD_CONFIG', `${name}:1:1: expected sections such as sip: and agent:.`);
  }
  return {
    values: withoutNulls(values),
    where,
    isReference: (path) => references.has(pathKey(path)),
    unresolved,
  };
}

/** `sip:` with nothing below it is a section that was left empty, not a null. */
function withoutNulls(values: Tree, path: Path = []): Tree {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const here = [...path, key];
      if (value === null) return isSection(here) ? [[key, {}]] : [];
      return [[key, isTree(value) ? withoutNulls(value, here) : value]];
    }),
  );
}

function pathOf(ancestors: readonly unknown[]): string[] {
  return ancestors.flatMap((node) =>
    isPair(node) && isScalar(node.key) ? [String(node.key.value)] : [],
  );
}

function offsetOf(contents: Node | null, path: Path): number | undefined {
  let node: unknown = contents;
  let offset: number | undefined;
  for (const name of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        ({ key }) => isScalar(key) && String(key.value) === String(name),
      );
      if (!pair) return undefined;
      offset = isNode(pair.key) ? pair.key.range?.[0] : offset;
      node = pair.value;
    } else {
      return offset;
    }
  }
  return offset;
}
