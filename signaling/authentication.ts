/**
 * Who a request is from, and whether that may be believed. Phones give a password where passwords
 * are asked for (digest, RFC 3261 §22). A page always does: with credentials that the server made for
 * this run and put into its configuration, so nobody types them, and nobody else is taken for a page,
 * whichever SIP server the request came through.
 */
import { randomBytes } from 'node:crypto';
import type { Log } from '../common/log.ts';
import { DigestServer, NONCE_LIFE_MS, type DigestAlgorithm } from './digest-server.ts';
import { transportOf } from './registrar.ts';
import type { SipReply, SipRequest } from './srf.ts';

export interface PhoneAuth {
  readonly realm: string;
  /** Password by username. */
  readonly users: ReadonlyMap<string, string>;
  /** Offered in this order; MD5 when left out (docs/decisions/0006). */
  readonly algorithms?: readonly DigestAlgorithm[];
  readonly nonceLifeMs?: number;
}

export interface PageCredentials {
  readonly user: string;
  readonly password: string;
}

export interface AuthenticationOptions {
  /** Left out: any phone with any password is welcome. */
  readonly phones?: PhoneAuth | undefined;
  readonly pages: PageCredentials;
  readonly log: Log;
}

export type Party = 'phone' | 'page';

/** All that JsSIP knows, and all that many phones do. */
const MD5_ONLY: readonly DigestAlgorithm[] = ['MD5'];

export class Authentication {
  readonly #options: AuthenticationOptions;
  readonly #digest: DigestServer;
  /** Password by username, the page's among them. */
  readonly #users = new Map<string, string>();

  constructor(options: AuthenticationOptions) {
    this.#options = options;
    const { phones } = options;
    this.setPhoneUsers(phones?.users ?? new Map());
    this.#digest = new DigestServer({
      realm: phones?.realm ?? 'bridge',
      users: this.#users,
      nonceLifeMs: phones?.nonceLifeMs ?? NONCE_LIFE_MS,
      now: Date.now,
      newNonce: () => randomBytes(8).toString('hex'),
    });
  }

  /** Whoever is registered stays so until it has to show its password again. */
  setPhoneUsers(users: ReadonlyMap<string, string>): void {
    const { pages } = this.#options;
    this.#users.clear();
    for (const [user, password] of users) this.#users.set(user, password);
    this.#users.set(pages.user, pages.password);
  }

  /** Who it is; undefined when the request was answered with why not. */
  admit(request: SipRequest, reply: SipReply): Party | undefined {
    const { phones, pages, log } = this.#options;
    const overWebSocket = transportOf(request) === 'ws';
    if (!phones && !overWebSocket) return 'phone';
    const verdict = this.#digest.judge({
      method: request.method,
      uri: request.uri,
      authorization: request.get('Authorization'),
      algorithms: overWebSocket ? MD5_ONLY : (phones?.algorithms ?? MD5_ONLY),
    });
    switch (verdict.kind) {
      case 'accepted':
        return verdict.user === pages.user ? 'page' : 'phone';
      case 'challenged':
        // One line each: phones do not take challenges apart that are joined by a comma, and
        // RFC 3261 §7.3.1 forbids it.
        reply.send(401, {
          headers: { 'WWW-Authenticate': verdict.challenges.join('\r\nWWW-Authenticate: ') },
        });
        return undefined;
      case 'forbidden':
        log('warn', `wrong user or password from ${request.source_address}`);
        reply.send(403, 'Wrong user or password');
        return undefined;
      case 'malformed':
        reply.send(400, 'The credentials do not fit the request');
        return undefined;
    }
  }
}
