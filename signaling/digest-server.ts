/**
 * The server's side of digest authentication: writes challenges and judges credentials (RFC 7616,
 * https://www.rfc-editor.org/rfc/rfc7616#section-3.4; SHA-256 in SIP: RFC 8760). Pure: the clock
 * and the nonces are parameters.
 *
 * One challenge for each algorithm, the best one first; a client takes the first that it knows
 * (RFC 8760 §2.3). They share a nonce, which is short, because an INVITE with credentials has to
 * stay below 1300 bytes: above, phones turn to TCP (RFC 3261 §18.1.1).
 *
 * A nonce lives for a few minutes and each of its counts (nc) is good for once, so credentials that
 * were overheard are of no use. Whoever comes with a spent nonce is not refused but told so
 * (stale=true): a phone then tries again without asking its user.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export const NONCE_LIFE_MS = 300_000;
/** So many phones may be on their way between challenge and answer; older nonces are forgotten. */
const MAX_NONCES = 10_000;

/** As in the challenge → as node:crypto calls it. */
const HASHES = { 'SHA-256': 'sha256', MD5: 'md5' } as const;

export type DigestAlgorithm = keyof typeof HASHES;

export interface DigestOptions {
  readonly realm: string;
  /** As long as a nonce is good for. */
  readonly nonceLifeMs: number;
  /** Password by username. */
  readonly users: ReadonlyMap<string, string>;
  readonly now: () => number;
  /** Unguessable, and short: phones keep it in small buffers. */
  readonly newNonce: () => string;
}

export type Verdict =
  | { readonly kind: 'accepted'; readonly user: string }
  /** 401 with these WWW-Authenticate, in this order. */
  | { readonly kind: 'challenged'; readonly challenges: readonly string[] }
  /** 403: the nonce was good and the password was not. */
  | { readonly kind: 'forbidden' }
  /** 400: credentials that do not fit the request or the challenge. */
  | { readonly kind: 'malformed' };

export interface DigestedRequest {
  readonly method: string;
  readonly uri: string;
  /** The value of the Authorization header; several of them with commas between. */
  readonly authorization: string | undefined;
  /** What this client may use, the best first. */
  readonly algorithms: readonly DigestAlgorithm[];
}

interface Nonce {
  readonly issuedAt: number;
  /** The highest count that was used. */
  count: number;
}

export class DigestServer {
  readonly #options: DigestOptions;
  /** In the order of issue. */
  readonly #nonces = new Map<string, Nonce>();

  constructor(options: DigestOptions) {
    this.#options = options;
  }

  judge({ method, uri, authorization, algorithms }: DigestedRequest): Verdict {
    const { realm, users } = this.#options;
    // Credentials for somebody else's realm are none of ours (RFC 3261 §22.1).
    const ours = parseCredentials(authorization ?? '').filter((one) => one.get('realm') === realm);
    if (ours.length === 0) return this.#challenge(algorithms, false);

    const algorithmOf = (given: ReadonlyMap<string, string>) =>
      algorithms.find((known) => known === (given.get('algorithm') ?? 'MD5').toUpperCase());
    const given = ours.find(algorithmOf);
    const algorithm = given && algorithmOf(given);
    const field = (name: string): string => given?.get(name) ?? '';
    const fits =
      field('uri') === uri && field('qop') === 'auth' && /^[\da-f]{8}$/i.test(field('nc'));
    if (algorithm === undefined || !fits) return { kind: 'malformed' };

    const nonce = this.#live(field('nonce'));
    const count = Number.parseInt(field('nc'), 16);
    if (!nonce || count <= nonce.count) return this.#challenge(algorithms, true);

    const digest = (text: string): string =>
      createHash(HASHES[algorithm]).update(text).digest('hex');
    const user = field('username');
    const password = users.get(user);
    const a1 = digest(`${user}:${realm}:${password ?? ''}`);
    const a2 = digest(`${method}:${uri}`);
    const expected = digest(
      [a1, field('nonce'), field('nc'), field('cnonce'), 'auth', a2].join(':'),
    );
    if (password === undefined || !equal(expected, field('response').toLowerCase())) {
      return { kind: 'forbidden' };
    }
    nonce.count = count;
    return { kind: 'accepted', user };
  }

  #challenge(algorithms: readonly DigestAlgorithm[], stale: boolean): Verdict {
    const { realm, now, newNonce } = this.#options;
    const nonce = newNonce();
    this.#nonces.set(nonce, { issuedAt: now(), count: 0 });
    this.#forget();
    const challenges = algorithms.map((algorithm) =>
      [
        `Digest realm=${quote(realm)}`,
        `nonce="${nonce}"`,
        `algorithm=${algorithm}`,
        'qop="auth"',
        ...(stale ? ['stale=true'] : []),
      ].join(', '),
    );
    return { kind: 'challenged', challenges };
  }

  #live(text: string): Nonce | undefined {
    const nonce = this.#nonces.get(text);
    return nonce && this.#options.now() - nonce.issuedAt < this.#options.nonceLifeMs
      ? nonce
      : undefined;
  }

  #forget(): void {
    for (const [text] of this.#nonces) {
      if (this.#live(text) && this.#nonces.size <= MAX_NONCES) return;
      this.#nonces.delete(text);
    }
  }
}

/** The parameters of each Digest credentials in the text, names in lower case. */
function parseCredentials(value: string): Map<string, string>[] {
  const found: Map<string, string>[] = [];
  const pattern = /(?:^|[\s,])(digest)\s|([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;
  for (const [, scheme, name = '', quoted, token] of value.matchAll(pattern)) {
    if (scheme !== undefined) found.push(new Map());
    else found.at(-1)?.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
  }
  return found;
}

function equal(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
