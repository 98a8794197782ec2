import { X509Certificate } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openCertificate } from '../../../../server/lan/certificate.ts';

const NAMES = ['localhost', '127.0.0.1', '192.168.1.5'];
const DAY_MS = 86_400_000;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificate-'));
});
afterEach(() => rm(folder, { recursive: true }));

const noMkcert = () => Promise.resolve(false);

it('makes a self-signed one for every name, which only its owner can read, and keeps it', async () => {
  const made = await openCertificate({ folder, names: NAMES, mkcert: noMkcert });
  const x509 = new X509Certificate(made.cert);
  expect(made.from).toBe('self-signed');
  expect(made.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  expect(made.fingerprint).toBe(x509.fingerprint256);
  expect(x509.checkHost('localhost')).toBe('localhost');
  expect(x509.checkIP('192.168.1.5')).toBe('192.168.1.5');
  expect(x509.checkIP('192.168.1.6')).toBeUndefined();
  expect(x509.ca).toBe(false);
  if (process.platform !== 'win32') {
    expect((await stat(join(folder, 'certificate.key'))).mode & 0o077).toBe(0);
  }
  expect(await openCertificate({ folder, names: NAMES, mkcert: noMkcert })).toEqual(made);
});

it('makes a new one for an address it does not have, and before it runs out', async () => {
  const options = { folder, mkcert: noMkcert };
  const first = await openCertificate({ ...options, names: NAMES });
  const moved = await openCertificate({ ...options, names: [...NAMES, '10.0.0.9'] });
  expect(moved.fingerprint).not.toBe(first.fingerprint);
  expect(new X509Certificate(moved.cert).checkIP('10.0.0.9')).toBe('10.0.0.9');
  const later = Date.now() + 810 * DAY_MS;
  const renewed = await openCertificate({ ...options, names: NAMES, now: () => later });
  expect(renewed.fingerprint).not.toBe(moved.fingerprint);
  expect(Date.parse(new X509Certificate(renewed.cert).validTo)).toBeGreaterThan(later);
});

it('takes what mkcert writes', async () => {
  const elsewhere = await mkdtemp(join(tmpdir(), 'mkcert-'));
  const theirs = await openCertificate({ folder: elsewhere, names: NAMES, mkcert: noMkcert });
  const asked: (readonly string[])[] = [];
  const made = await openCertificate({
    folder,
    names: NAMES,
    mkcert: async (cert, key, names) => {
      asked.push(names);
      await copyFile(join(elsewhere, 'certificate.pem'), cert);
      await copyFile(join(elsewhere, 'certificate.key'), key);
      return true;
    },
  });
  expect(asked).toEqual([NAMES]);
  expect(made.fingerprint).toBe(theirs.fingerprint);
  await rm(elsewhere, { recursive: true });
});

it('takes files that are given, and says what is wrong with them', async () => {
  const made = await openCertificate({ folder, names: NAMES, mkcert: noMkcert });
  const files = { cert: join(folder, 'certificate.pem'), key: join(folder, 'certificate.key') };
  const given = await openCertificate({ folder: '/nowhere', names: ['other.example'], files });
  expect(given).toEqual({ ...made, from: 'files' });

  await writeFile(join(folder, 'not.pem'), 'no certificate');
  const bad = { ...files, cert: join(folder, 'not.pem') };
  await expect(openCertificate({ folder, names: NAMES, files: bad })).rejects.toMatchObject({
    code: 'BAD_CERTIFICATE',
    message: expect.stringContaining('not.pem') as string,
  });
  const other = await openCertificate({ folder, names: ['new.example'], mkcert: noMkcert });
  await writeFile(join(folder, 'other.key'), made.key);
  expect(await readFile(files.cert, 'utf8')).toBe(other.cert);
  const mixed = { ...files, key: join(folder, 'other.key') };
  await expect(openCertificate({ folder, names: NAMES, files: mixed })).rejects.toMatchObject({
    code: 'BAD_CERTIFICATE',
    message: expect.stringContaining('mismatch') as string,
  });
});

it('says so when the folder cannot be written', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(
    openCertificate({ folder: join(folder, 'file'), names: NAMES, mkcert: noMkcert }),
  ).rejects.toMatchObject({ code: 'BAD_CERTIFICATE' });
});
