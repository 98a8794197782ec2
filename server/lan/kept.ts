/**
 * What a bridge that is open to a network makes once and keeps over restarts, so that phones need not
 * be told a new password nor the page be opened anew: one small file that only its owner can read.
 */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { BridgeError, messageOf } from '../../common/errors.ts';

const FILE = z.object({
  phone: z.object({ user: z.string().min(1), password: z.string().min(12) }),
  /** Signs the cookies of pages; programs give it as `Authorization: Bearer …`. */
  key: z.string().min(32),
});
export type Kept = z.output<typeof FILE>;

export const FILE_NAME = 'lan.json';

/** @throws BridgeError BAD_CONFIG when the folder can neither be read nor written. */
export async function openKept(folder: string): Promise<Kept> {
  const path = join(folder, FILE_NAME);
  const found = await readKept(folder);
  if (found) return found;
  const fresh: Kept = {
    // Without letters that are taken for others: it is typed into a phone.
    phone: { user: 'agent001', password: typeable(16) },
    key: randomBytes(32).toString('base64url'),
  };
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, `${JSON.stringify(fresh, undefined, 2)}\n`, { mode: 0o600 });
    await chmod(path, 0o600);
  } catch (cause) {
    throw new BridgeError('BAD_CONFIG', `http.folder: ${path}: ${messageOf(cause)}.`, { cause });
  }
  return fresh;
}

/** Undefined when there is none, or none that can be used. */
export async function readKept(folder: string): Promise<Kept | undefined> {
  try {
    return FILE.parse(JSON.parse(await readFile(join(folder, FILE_NAME), 'utf8')));
  } catch {
    return undefined;
  }
}

/** 5 bits a letter. */
function typeable(length: number): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  return [...randomBytes(length)].map((byte) => letters[byte % letters.length] ?? '').join('');
}
