/** Names in the paths of requests, which clients encode (a Call-ID may hold `/` and `@`). */

/** @returns undefined for what is no valid encoding (RFC 3986 §2.1) */
export function decoded(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}
