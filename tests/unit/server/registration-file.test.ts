import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { RegistrationFile } from '../../../server/registration-file.ts';
import type { Binding } from '../../../signaling/bindings.ts';

const PHONE: Binding = {
  aor: 'agent001@127.0.0.1',
  contact: 'sip:agent001@127.0.0.1:52553;ob',
  kind: 'phone',
  userAgent: 'MicroSIP/3.20.5',
  source: '127.0.0.1:52553',
  transport: 'udp',
  callId: 'ebd30ee2',
  cseq: 7,
  q: 1,
  path: [],
  expiresAt: 2000,
};
const PAGE: Binding = { ...PHONE, kind: 'page', aor: 'page@127.0.0.1', transport: 'ws' };

let folder: string;
let path: string;
let log: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registrations-'));
  path = join(folder, 'inner', 'registrations.json');
  log = [];
});
afterEach(() => rm(folder, { recursive: true }));

const open = () => new RegistrationFile(path, (level, message) => log.push(`${level} ${message}`));

it('keeps phones over a restart, pages not, and nothing that has expired meanwhile', async () => {
  const file = open();
  const other = { ...PHONE, contact: 'sip:other@127.0.0.1', instance: 'x;1' };
  file.save([PHONE]);
  file.save([PAGE, PHONE, { ...other, expiresAt: 999 }, other]);
  await file.close();
  expect(await open().load(1000)).toEqual([PHONE, other]);
  expect(await readdir(join(folder, 'inner'))).toEqual(['registrations.json']);
  expect(log).toEqual([]);
});

it('starts with nothing when there is no file', async () => {
  expect(await open().load()).toEqual([]);
  expect(log).toEqual([]);
});

it.each(['', '{', '{"version":2}', '{"version":1,"registrations":[{"aor":1}]}'])(
  'starts with nothing, and says so, when the file holds %j',
  async (text) => {
    path = join(folder, 'registrations.json');
    await writeFile(path, text);
    expect(await open().load()).toEqual([]);
    expect(log).toHaveLength(1);
    expect(log[0]).toContain('could not be read');
  },
);

it('goes on without a place to write to', async () => {
  path = join(folder, 'a file', 'registrations.json');
  await writeFile(join(folder, 'a file'), 'in the way');
  const file = open();
  file.save([PHONE]);
  await file.close();
  expect(log[0]).toContain('could not be written');
  expect(await readFile(join(folder, 'a file'), 'utf8')).toBe('in the way');
});
