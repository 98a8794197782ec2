/**
 * The certificate of the page and of SIP over TLS: the files that are configured; else one of mkcert,
 * where that is installed, for browsers on this computer then trust it; else a self-signed one, which
 * people compare by its fingerprint. What is made is kept, and made anew when it runs out or when the
 * machine has an address that is not in it.
 */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { BridgeError, messageOf } from '../../common/errors.ts';

export interface TlsCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** SHA-256, upper-case hex with colons. */
  readonly fingerprint: string;
  readonly from: 'files' | 'mkcert' | 'self-signed';
}

export interface CertificateOptions {
  /** Where what is made is kept. */
  readonly folder: string;
  /** Addresses and names it has to be good for. */
  readonly names: readonly string[];
  /** Given files, PEM. */
  readonly files?: { readonly cert: string; readonly key: string };
  /** Writes a certificate for the names into the two files; false: mkcert is not here. */
  readonly mkcert?: (cert: string, key: string, names: readonly string[]) => Promise<boolean>;
  readonly now?: () => number;
}

const DAY_MS = 86_400_000;
/** The longest that Apple's systems accept: https://support.apple.com/en-us/103769 */
const LIFE_DAYS = 820;
const RENEW_DAYS = 14;
const MKCERT_MS = 20_000;

/** @throws BridgeError BAD_CERTIFICATE for given files that are none, or a folder that cannot be written. */
export async function openCertificate(options: CertificateOptions): Promise<TlsCertificate> {
  const { folder, names, files, mkcert = runMkcert, now = Date.now } = options;
  if (files) return readPair(files.cert, files.key, 'files');
  const [cert, key] = [join(folder, 'certificate.pem'), join(folder, 'certificate.key')];
  const kept = await readPair(cert, key, 'self-signed').catch(() => undefined);
  if (kept && isGoodFor(kept.cert, names, now())) return kept;
  try {
    await mkdir(folder, { recursive: true });
    if (!(await mkcert(cert, key, names))) {
      const made = await selfSigned(names, now());
      await writeFile(key, made.key, { mode: 0o600 });
      await writeFile(cert, made.cert);
    }
    await chmod(key, 0o600);
  } catch (cause) {
    throw new BridgeError('BAD_CERTIFICATE', `${cert} cannot be written: ${messageOf(cause)}.`, {
      cause,
    });
  }
  return readPair(cert, key, 'self-signed');
}

async function readPair(
  certFile: string,
  keyFile: string,
  from: TlsCertificate['from'],
): Promise<TlsCertificate> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
    // Throws when they do not belong together.
    createSecureContext({ cert, key });
    const x509 = new X509Certificate(cert);
    const isOwn = x509.subject === x509.issuer;
    return {
      cert,
      key,
      fingerprint: x509.fingerprint256,
      from: from === 'files' || isOwn ? from : 'mkcert',
    };
  } catch (cause) {
    throw new BridgeError(
      'BAD_CERTIFICATE',
      `http.certificate, http.key: ${certFile} and ${keyFile} are no certificate and key in PEM: ${messageOf(cause)}.`,
      { cause },
    );
  }
}

function isGoodFor(pem: string, names: readonly string[], now: number): boolean {
  const certificate = new X509Certificate(pem);
  if (Date.parse(certificate.validTo) - now < RENEW_DAYS * DAY_MS) return false;
  return names.every((name) =>
    isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name),
  );
}

async function selfSigned(
  names: readonly string[],
  now: number,
): Promise<{ cert: string; key: string }> {
  const { cert, private: key } = await generate(
    [{ name: 'commonName', value: 'sip-agent-bridge' }],
    {
      keyType: 'ec',
      curve: 'P-256',
      algorithm: 'sha256',
      notBeforeDate: new Date(now - DAY_MS),
      notAfterDate: new Date(now + LIFE_DAYS * DAY_MS),
      extensions: [
        { name: 'basicConstraints', cA: false, critical: true },
        { name: 'keyUsage', digitalSignature: true, critical: true },
        { name: 'extKeyUsage', serverAuth: true },
        {
          name: 'subjectAltName',
          altNames: names.map((name) =>
            isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name },
          ),
        },
      ],
    },
  );
  return { cert, key };
}

/** https://github.com/FiloSottile/mkcert; its own authority, and nothing else, is installed by hand. */
async function runMkcert(cert: string, key: string, names: readonly string[]): Promise<boolean> {
  const run = promisify(execFile);
  try {
    await run('mkcert', ['-cert-file', cert, '-key-file', key, ...names], { timeout: MKCERT_MS });
    return true;
  } catch {
    return false;
  }
}
