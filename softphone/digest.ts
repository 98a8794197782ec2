/**
 * The client's side of SIP digest authentication: reads a challenge and writes the credentials
 * (RFC 7616, https://www.rfc-editor.org/rfc/rfc7616#section-3.4; RFC 8760 for SHA-256 in SIP).
 * Knows what softphones know: MD5 and SHA-256, qop=auth or none. The order of the parameters is
 * PJSIP's.
 */
import { createHash } from 'node:crypto';

export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: 'MD5' | 'SHA-256';
  /** As the challenge spelled it, to be repeated; RFC 2069 servers name none. */
  readonly algorithmNamed: boolean;
  readonly qop: 'auth' | undefined;
  readonly opaque: string | undefined;
  readonly stale: boolean;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface DigestedRequest {
  readonly method: string;
  readonly uri: string;
  readonly cnonce: string;
  /** How often this nonce has been used, this time included. */
  readonly nonceCount: number;
}

/** Reads a WWW-Authenticate or Proxy-Authenticate value; `undefined` if we cannot answer it. */
export function parseChallenge(value: string): Challenge | undefined {
  const scheme = /^\s*digest\s+/i.exec(value);
  if (!scheme) return undefined;
  const parameters = new Map<string, string>();
  const pattern = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g;
  for (const [, name = '', quoted, token] of value.slice(scheme[0].length).matchAll(pattern)) {
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
  }
  const realm = parameters.get('realm');
  const nonce = parameters.get('nonce');
  const named = parameters.get('algorithm')?.toUpperCase();
  const algorithm = named ?? 'MD5';
  if (realm === undefined || nonce === undefined) return undefined;
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return undefined;
  const qops = parameters
    .get('qop')
    ?.split(',')
    .map((qop) => qop.trim().toLowerCase());
  if (qops && !qops.includes('auth')) return undefined;
  return {
    realm,
    nonce,
    algorithm,
    algorithmNamed: named !== undefined,
    qop: qops ? 'auth' : undefined,
    opaque: parameters.get('opaque'),
    stale: parameters.get('stale')?.toLowerCase() === 'true',
  };
}

export function digestResponse(
  challenge: Challenge,
  credentials: Credentials,
  request: DigestedRequest,
): string {
  const hash = (text: string): string =>
    createHash(challenge.algorithm === 'MD5' ? 'md5' : 'sha256')
      .update(text)
      .digest('hex');
  const a1 = hash(`${credentials.username}:${challenge.realm}:${credentials.password}`);
  const a2 = hash(`${request.method}:${request.uri}`);
  if (challenge.qop === undefined) return hash(`${a1}:${challenge.nonce}:${a2}`);
  const count = hexCount(request.nonceCount);
  return hash(`${a1}:${challenge.nonce}:${count}:${request.cnonce}:${challenge.qop}:${a2}`);
}

/** The value of the Authorization or Proxy-Authorization header. */
export function writeAuthorization(
  challenge: Challenge,
  credentials: Credentials,
  request: DigestedRequest,
): string {
  const parts = [
    `username=${quote(credentials.username)}`,
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri="${request.uri}"`,
    `response="${digestResponse(challenge, credentials, request)}"`,
  ];
  if (challenge.algorithmNamed) parts.push(`algorithm=${challenge.algorithm}`);
  if (challenge.qop !== undefined) parts.push(`cnonce="${request.cnonce}"`);
  if (challenge.opaque !== undefined) parts.push(`opaque=${quote(challenge.opaque)}`);
  if (challenge.qop !== undefined) parts.push('qop=auth', `nc=${hexCount(request.nonceCount)}`);
  return `Digest ${parts.join(', ')}`;
}

function hexCount(count: number): string {
  return count.toString(16).padStart(8, '0');
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
