/**
 * The drachtio application: registrar and calls over one connection to a drachtio server. It
 * cannot tell the embedded server from the real one.
 */
import { randomBytes } from 'node:crypto';
import type { CallStatus } from '../common/api.ts';
import type { BridgeEvent } from '../common/events.ts';
import type { Log } from '../common/log.ts';
import { Bindings, type Binding } from './bindings.ts';
import { Call } from './call.ts';
import type { CallMedia } from './media.ts';
import { DigestServer, type DigestOptions } from './digest-server.ts';
import { Registrar } from './registrar.ts';
import type { TracedMessage } from './sip/trace.ts';
import { SrfPort, type SipReply, type SipRequest, type SipTransport } from './srf.ts';

/** Expired bindings are invisible at once; this only forgets them. */
const SWEEP_MS = 30_000;
const PAGE_REACTION_MS = 5000;

export interface SignalingOptions {
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string };
  readonly media: CallMedia;
  /** Said in the reason phrase of the 480 when no page is open. */
  readonly pageUrl: () => string;
  readonly log: Log;
  /** Phones have to give one of these passwords; left out, any user with any password is welcome. */
  readonly auth?: Pick<DigestOptions, 'realm' | 'users'> &
    Partial<Pick<DigestOptions, 'algorithm'>>;
  /** How long a page may take to its first sign of life; 5 s when left out. */
  readonly pageReactionMs?: number;
  /** Every SIP message, as far as the server tells of it: for a server that has no trace itself. */
  readonly onMessage?: (message: TracedMessage) => void;
  /** Registrations, calls or the connection changed. */
  readonly changed: () => void;
  /** Something happened that a state cannot say. */
  readonly tell: (event: BridgeEvent) => void;
}

export interface DrachtioState {
  readonly state: 'connecting' | 'connected' | 'refused';
  readonly version?: string;
  readonly why?: string;
}

export class Signaling {
  readonly #options: SignalingOptions;
  readonly #srf = new SrfPort();
  readonly #bindings = new Bindings(Date.now);
  readonly #registrar: Registrar;
  readonly #digest: DigestServer | undefined;
  readonly #calls = new Map<string, Call>();
  readonly #sweep: NodeJS.Timeout;
  #transports: readonly SipTransport[] = [];
  #drachtio: DrachtioState = { state: 'connecting' };
  #closed: Promise<void> | undefined;

  constructor(options: SignalingOptions) {
    this.#options = options;
    const { log, changed, auth } = options;
    this.#digest =
      auth &&
      new DigestServer({
        // Every phone knows MD5.
        algorithm: 'MD5',
        ...auth,
        now: Date.now,
        newNonce: () => randomBytes(8).toString('hex'),
      });
    this.#registrar = new Registrar({ bindings: this.#bindings, now: Date.now, changed, log });
    this.#sweep = setInterval(() => {
      if (this.#bindings.sweep() > 0) changed();
    }, SWEEP_MS).unref();
  }

  /** Resolves once the server has said yes or no; goes on trying for as long as it does neither. */
  connect(): Promise<void> {
    const srf = this.#srf;
    srf.on('register', (request, reply) => {
      if (this.#admits(request, reply)) this.#registrar.handle(request, reply);
    });
    srf.on('invite', (request, reply) => this.#invite(request, reply));
    srf.on('options', (_request, reply) =>
      reply.send(200, { headers: { Accept: 'application/sdp' } }),
    );
    // Presence, voicemail lamps and instant messages: refusing them does a phone no harm.
    srf.on('subscribe', (_request, reply) => reply.send(489));
    srf.on('publish', (_request, reply) => reply.send(489));
    srf.on('message', (_request, reply) => reply.send(405));
    const { onMessage } = this.#options;
    return new Promise((resolve) => {
      srf.connect(this.#options.drachtio, {
        ...(onMessage && { onMessage }),
        connected: (transports, version) => {
          this.#transports = transports;
          this.#setDrachtio({ state: 'connected', version });
          resolve();
        },
        disconnected: (why) => {
          // The server has forgotten what it told us, or we can no longer tell it anything.
          for (const call of this.#calls.values()) void call.hangUp('drachtio was lost');
          this.#setDrachtio({ state: 'connecting', why });
        },
        refused: () => {
          this.#setDrachtio({ state: 'refused' });
          resolve();
        },
      });
    });
  }

  get drachtio(): DrachtioState {
    return this.#drachtio;
  }

  /** Where the SIP server listens, as it says itself. */
  get transports(): readonly SipTransport[] {
    return this.#transports;
  }

  get registrations(): readonly Binding[] {
    return this.#bindings.current();
  }

  get calls(): readonly CallStatus[] {
    return [...this.#calls.values()].map((call) => call.status);
  }

  /** A page's WebSocket closed: it cannot be rung any more and its calls have lost their page. */
  flowClosed(source: string): void {
    this.#registrar.flowClosed(source);
    for (const call of this.#calls.values()) {
      if (call.page.source === source) void call.hangUp('The page was closed');
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    clearInterval(this.#sweep);
    await Promise.all([...this.#calls.values()].map((call) => call.hangUp('The bridge stops')));
    this.#srf.close();
  }

  #invite(request: SipRequest, reply: SipReply): void {
    const { log, media, changed, pageUrl } = this.#options;
    const page = this.#bindings.pages().at(-1);
    const callId = request.get('Call-ID') ?? '';
    if (this.#closed) {
      reply.send(503, 'The bridge stops');
      return;
    }
    if (!this.#admits(request, reply)) return;
    // The Call-ID names everything a call owns, up to the agent's session: no second one at a time.
    if (this.#calls.has(callId)) {
      reply.send(482);
      return;
    }
    if (!page) {
      log('warn', 'a call came while no page was open', { code: 'NO_PAGE', callId });
      reply.send(480, `No page is open. Open ${pageUrl()} in Chrome`);
      return;
    }
    const call = new Call(
      {
        srf: this.#srf,
        media,
        log,
        pageReactionMs: this.#options.pageReactionMs ?? PAGE_REACTION_MS,
        changed: (changedCall) => {
          if (changedCall.status.state === 'ended') this.#calls.delete(changedCall.callId);
          changed();
        },
      },
      request,
      reply,
      page,
    );
    this.#calls.set(callId, call);
    changed();
    void call.start();
  }

  /** Answers the request itself when it says no. */
  #admits(request: SipRequest, reply: SipReply): boolean {
    if (!this.#digest || this.#isFromPage(request)) return true;
    const verdict = this.#digest.judge({
      method: request.method,
      uri: request.uri,
      authorization: request.get('Authorization'),
    });
    switch (verdict.kind) {
      case 'accepted':
        return true;
      case 'challenged':
        reply.send(401, { headers: { 'WWW-Authenticate': verdict.challenge } });
        return false;
      case 'forbidden':
        this.#options.log('warn', `wrong user or password from ${request.source_address}`);
        reply.send(403, 'Wrong user or password');
        return false;
      case 'malformed':
        reply.send(400, 'The credentials do not fit the request');
        return false;
    }
  }

  /** By the listener it came in on: pages come over the bridge's own HTTP origin, phones cannot. */
  #isFromPage({ protocol, receivedOn }: SipRequest): boolean {
    const port = Number(receivedOn.slice(receivedOn.lastIndexOf(':') + 1));
    return (
      protocol !== 'udp' &&
      this.#transports.some((transport) => transport.protocol === 'ws' && transport.port === port)
    );
  }

  #setDrachtio(state: DrachtioState): void {
    this.#drachtio = state;
    this.#options.changed();
  }
}
