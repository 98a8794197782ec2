/**
 * `BRIDGE_SIP_SERVER_PORT=5070` is `sip.server.port: 5070`: every key that holds a value has the
 * variable of its path. Numbers, lists and true/false are written as in the file.
 */
import { parse } from 'yaml';
import { BridgeError, messageOf } from '../../common/errors.ts';
import { LEAVES, nearest, type Key } from './keys.ts';
import { place, type Layer, type Tree } from './layer.ts';

const PREFIX = 'BRIDGE_';
/** Says which file to read; no key of that file. */
export const CONFIG_VARIABLE = 'BRIDGE_CONFIG';

const KEYS = new Map(LEAVES.map((key) => [variableOf(key.path), key]));

export function variableOf(path: Key['path']): string {
  return PREFIX + path.join('_').toUpperCase();
}

/** @throws BridgeError BAD_CONFIG for a variable that no key has: it would be ignored in silence. */
export function environmentLayer(environment: NodeJS.ProcessEnv): Layer {
  let values: Tree = {};
  for (const [name, text = ''] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || name === CONFIG_VARIABLE || text === '') continue;
    const key = KEYS.get(name);
    if (!key) {
      const meant = nearest(
        name.toLowerCase(),
        [...KEYS.keys()].map((known) => known.toLowerCase()),
      );
      throw new BridgeError(
        'BAD_CONFIG',
        `The environment variable ${name} is no setting of the bridge.` +
          (meant ? ` Did you mean ${meant.toUpperCase()}?` : ''),
      );
    }
    values = place(key.path, valueOf(key, name, text), values);
  }
  return { values, where: (path) => `${variableOf(path)} (environment)` };
}

function valueOf({ schema }: Key, name: string, text: string): unknown {
  if (schema.type === 'string' && schema.enum === undefined) return text;
  try {
    return parse(text);
  } catch (error) {
    throw new BridgeError('BAD_CONFIG', `${name}: not valid: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
