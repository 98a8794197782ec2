/**
 * The machine as the checks see it. Everything that depends on where the program runs is read here,
 * so that each check is a function of it and can be shown a machine that is not this one.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces, release } from 'node:os';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  /** The kernel's own name for itself: WSL says it there. */
  readonly kernel: string;
  /** Such as 20.19.0. */
  readonly nodeVersion: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly interfaces: ReturnType<typeof networkInterfaces>;
  /** A file's text; undefined when there is no such file. */
  readonly readText: (path: string) => string | undefined;
}

export function thisMachine(): Surroundings {
  return {
    platform: process.platform,
    kernel: release(),
    nodeVersion: process.versions.node,
    environment: process.env,
    interfaces: networkInterfaces(),
    readText: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}
