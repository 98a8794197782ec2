/**
 * A bridge that is open to a network: what it keeps, whom it lets in, and the addresses it is reached
 * at. Without this the bridge is for programs of its own computer only.
 */
import { readFileSync } from 'node:fs';
import { networkInterfaces, release } from 'node:os';
import type { Log } from '../../common/log.ts';
import { ownAddresses, type InterfaceTable, type OwnAddress } from '../../rtpengine/network.ts';
import { openKept } from './kept.ts';
import { PageAccess, TOKEN } from './page-access.ts';
import { Sources } from './sources.ts';
import { wslNetwork } from './wsl.ts';

export interface LanOptions {
  /** Where the password of phones, the key of the page and the certificate are kept. */
  readonly folder: string;
  /** This machine's; another one's in tests. */
  readonly interfaces?: () => InterfaceTable;
}

export interface Lan {
  readonly sources: Sources;
  readonly access: PageAccess;
  /** For phones, where no users are configured. */
  readonly phone: { readonly user: string; readonly password: string };
  /** Where phones and pages reach this machine, the best first; public ones are not served. */
  addresses(): readonly OwnAddress[];
}

export async function openLan(options: LanOptions, log: Log): Promise<Lan> {
  const { folder, interfaces = networkInterfaces } = options;
  const { key, phone } = await openKept(folder);
  const wsl = wslNetwork({ kernel: release(), environment: process.env, readText });
  return {
    sources: new Sources(log),
    access: new PageAccess(key),
    phone,
    addresses: () => ownAddresses(interfaces(), wsl).filter(({ reach }) => reach !== 'public'),
  };
}

/** The page's address with a token that is good for one use. */
export function withToken(url: string, access: PageAccess): string {
  return `${url}/?${TOKEN}=${access.newToken()}`;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
