/**
 * `${env:NAME}` and `${file:path}` in the values of a configuration file, so that the file itself
 * can be shown and checked in. A relative path is taken from the file's folder.
 */
import { dirname, resolve } from 'node:path';
import { BridgeError, messageOf } from '../../common/errors.ts';
import { readText } from './text-file.ts';

const REFERENCE = /\$\{(env|file):([^}]+)\}/g;

/** @throws BridgeError BAD_CONFIG when what is referred to does not exist. */
export function resolveReferences(
  text: string,
  file: string,
  environment: NodeJS.ProcessEnv,
  where: () => string,
): string {
  return text.replace(REFERENCE, (reference: string, kind: string, name: string) => {
    if (kind === 'env') {
      const value = environment[name];
      if (value !== undefined) return value;
      throw new BridgeError(
        'BAD_CONFIG',
        `${where()}: the environment variable ${name} is not set, which ${reference} refers to.`,
      );
    }
    try {
      return readText(resolve(dirname(file), name)).trimEnd();
    } catch (error) {
      throw new BridgeError('BAD_CONFIG', `${where()}: ${reference}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  });
}

export function hasReference(text: string): boolean {
  return text.search(REFERENCE) !== -1;
}
