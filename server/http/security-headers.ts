/**
 * Headers that keep the page to itself: it loads and reaches nothing but its own origin, runs no
 * script and applies no style that was not served as a file, and is shown in nobody's frame. The one
 * exception are agents that the page connects by itself (`agent.direct`).
 * Content Security Policy: https://www.w3.org/TR/CSP3/
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  // The icon stands in the page itself.
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** @param agents addresses that the page may connect, beside its own origin. */
export function securityHeaders(agents: readonly string[]): Readonly<Record<string, string>> {
  const targets = ["'self'", ...new Set(agents.map(originOf))];
  return {
    'Content-Security-Policy': [...POLICY, `connect-src ${targets.join(' ')}`].join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}

/** `wss://agent.example:8443`; of an address whose host is filled in by call, the scheme alone. */
function originOf(url: string): string {
  const origin = /^wss?:\/\/[\w.:[\]-]+(?=[/?#]|$)/i.exec(url)?.[0];
  return origin ?? (/^wss:/i.test(url) ? 'wss:' : 'ws:');
}
