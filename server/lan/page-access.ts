/**
 * Who may see the page of a bridge that is open to a network: whoever opened the address the bridge has
 * printed. Its token is good for one use, which gives the browser a cookie; scripts cannot read that,
 * other sites cannot make use of it, and it is signed, so that a restart of the bridge closes no page.
 * Programs give the key itself. https://www.rfc-editor.org/rfc/rfc6265#section-8
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export const TOKEN = 'token';
const COOKIE = 'bridge_page';
const COOKIE_DAYS = 30;
const DAY_MS = 86_400_000;
/** Tokens printed and not used yet; more than this, and the oldest is no good any more. */
const MAX_TOKENS = 100;

export type Verdict =
  { readonly kind: 'admitted' | 'refused' | 'used' } | { readonly kind: 'new'; cookie: string };

export class PageAccess {
  readonly #key: string;
  readonly #now: () => number;
  readonly #tokens = new Set<string>();

  constructor(key: string, now: () => number = Date.now) {
    this.#key = key;
    this.#now = now;
  }

  /** For one address that is printed. */
  newToken(): string {
    const token = randomBytes(16).toString('base64url');
    this.#tokens.add(token);
    const oldest = this.#tokens.values().next();
    if (this.#tokens.size > MAX_TOKENS && oldest.done !== true) this.#tokens.delete(oldest.value);
    return token;
  }

  judge(request: IncomingMessage): Verdict {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const token = searchParams.get(TOKEN);
    const isKnown = this.#hasCookie(request) || this.#hasKey(request);
    if (token === null || request.method !== 'GET') {
      return { kind: isKnown ? 'admitted' : 'refused' };
    }
    if (this.#tokens.delete(token)) return { kind: 'new', cookie: this.#newCookie() };
    // Whoever has been let in may well press reload on the address with the token.
    return { kind: isKnown ? 'admitted' : 'used' };
  }

  #hasKey({ headers: { authorization } }: IncomingMessage): boolean {
    const [, key] = /^Bearer (\S+)$/i.exec(authorization ?? '') ?? [];
    return key !== undefined && isSame(key, this.#key);
  }

  #hasCookie({ headers: { cookie } }: IncomingMessage): boolean {
    return (cookie ?? '').split(';').some((pair) => {
      const [name = '', value = ''] = pair.trim().split('=');
      if (name !== COOKIE) return false;
      const [madeAt = '', signature = ''] = value.split('.');
      const age = this.#now() - Number(madeAt);
      return isSame(signature, this.#sign(madeAt)) && age >= 0 && age < COOKIE_DAYS * DAY_MS;
    });
  }

  #newCookie(): string {
    const madeAt = String(this.#now());
    const value = `${madeAt}.${this.#sign(madeAt)}`;
    const maxAge = (COOKIE_DAYS * DAY_MS) / 1000;
    return `${COOKIE}=${value}; Max-Age=${maxAge}; Path=/; HttpOnly; Secure; SameSite=Strict`;
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(`page ${text}`).digest('base64url');
  }
}

function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}
