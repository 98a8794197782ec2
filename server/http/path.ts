/** What a request asks for, and the names in it, which clients encode (a Call-ID may hold `/` and `@`). */
import type { IncomingMessage } from 'node:http';

/** @returns undefined for what is no address: `//` for one, which any page of the web can have a browser send. */
export function targetOf({ url = '/' }: IncomingMessage): URL | undefined {
  return URL.canParse(url, 'http://localhost') ? new URL(url, 'http://localhost') : undefined;
}

/** @returns undefined for what is no valid encoding (RFC 3986 §2.1) */
export function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
