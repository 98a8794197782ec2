/**
 * The registrar: turns REGISTER requests into bindings (RFC 3261 §10.3,
 * https://www.rfc-editor.org/rfc/rfc3261#section-10.3). Whoever comes this far is welcome: passwords,
 * where any are asked for, are the application's affair.
 */
import type { Log } from '../common/log.ts';
import type { Binding, Bindings } from './bindings.ts';
import type { ParsedAddress, SipReply, SipRequest } from './srf.ts';

/** Seconds granted when the phone names none, and the most that is granted. */
const DEFAULT_EXPIRES = 300;
const MAX_EXPIRES = 3600;
/** Shorter is a flood; ten seconds is the shortest that MicroSIP can be set to. */
const MIN_EXPIRES = 10;

export interface RegistrarOptions {
  readonly bindings: Bindings;
  readonly now: () => number;
  readonly changed: () => void;
  readonly log: Log;
}

export class Registrar {
  readonly #options: RegistrarOptions;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  handle(request: SipRequest, reply: SipReply): void {
    const { bindings } = this.#options;
    const aor = aorOf(request.getParsedHeader('to').uri);
    if (!aor) {
      reply.send(400, 'The To header holds no SIP address');
      return;
    }
    const header = request.get('Contact');
    if (header?.trim() === '*') this.#removeAll(request, reply, aor);
    else if (header === undefined) answer(reply, bindings.of(aor), this.#options.now());
    else this.#update(request, reply, aor);
  }

  /** The connection that pages registered over has closed: their bindings go with it. */
  flowClosed(source: string): void {
    if (this.#options.bindings.removeFlow(source) > 0) this.#options.changed();
  }

  #removeAll(request: SipRequest, reply: SipReply, aor: string): void {
    if (request.get('Expires')?.trim() !== '0') {
      reply.send(400, 'Contact: * needs Expires: 0');
      return;
    }
    this.#options.bindings.removeAll(aor);
    this.#options.log('info', `${aor} unregistered everywhere`);
    this.#options.changed();
    answer(reply, [], this.#options.now());
  }

  #update(request: SipRequest, reply: SipReply, aor: string): void {
    const { bindings, now, changed, log } = this.#options;
    const callId = request.get('Call-ID') ?? '';
    const cseq = Number.parseInt(request.get('CSeq') ?? '0', 10);
    const contacts = request.getParsedHeader('contact');
    // All or nothing (RFC 3261 §10.3 step 7): look at every contact before touching any.
    const outOfOrder = contacts.some(({ uri }) => {
      const known = bindings.find(aor, uri);
      return known?.callId === callId && cseq <= known.cseq && known.expiresAt > now();
    });
    if (outOfOrder) {
      reply.send(500, 'REGISTER out of order', { headers: { 'Retry-After': '1' } });
      return;
    }
    const tooBrief = contacts.some((contact) => {
      const seconds = expiresOf(contact, request);
      return seconds > 0 && seconds < MIN_EXPIRES;
    });
    if (tooBrief) {
      reply.send(423, { headers: { 'Min-Expires': String(MIN_EXPIRES) } });
      return;
    }
    for (const contact of contacts) {
      const seconds = expiresOf(contact, request);
      const known = bindings.find(aor, contact.uri);
      if (seconds === 0) {
        bindings.remove(aor, contact.uri);
        if (known) log('info', `${aor} unregistered`, { contact: contact.uri });
        continue;
      }
      const binding: Binding = {
        aor,
        contact: contact.uri,
        kind: /\/WSS?\s/i.test(request.get('Via') ?? '') ? 'page' : 'phone',
        userAgent: request.get('User-Agent') ?? '',
        source: `${request.source_address}:${request.source_port}`,
        callId,
        cseq,
        expiresAt: now() + seconds * 1000,
      };
      bindings.put(binding);
      if (!known) log('info', `${binding.kind} ${aor} registered from ${binding.source}`);
    }
    changed();
    answer(reply, bindings.of(aor), now());
  }
}

/** `sip:User@Example.COM:5060;x` → `User@example.com`: the port is no part of who someone is. */
export function aorOf(uri: string): string | undefined {
  const match = /^sips?:([^@;?]+)@(\[[^\]]+\]|[^:;?]+)/i.exec(uri);
  return match?.[1] && match[2] ? `${match[1]}@${match[2].toLowerCase()}` : undefined;
}

function expiresOf(contact: ParsedAddress, request: SipRequest): number {
  const asked = Number.parseInt(contact.params['expires'] ?? request.get('Expires') ?? '', 10);
  return Number.isNaN(asked) ? DEFAULT_EXPIRES : Math.min(Math.max(asked, 0), MAX_EXPIRES);
}

/**
 * 200 with every current binding, the one just made first: the SIP server keeps the route to a
 * connection for as long as the first says.
 */
function answer(reply: SipReply, bindings: readonly Binding[], now: number): void {
  const contacts = bindings.toReversed().map(({ contact, expiresAt }) => {
    const seconds = Math.max(1, Math.ceil((expiresAt - now) / 1000));
    return { text: `<${contact}>;expires=${seconds}`, seconds };
  });
  const headers: Record<string, string> = {};
  const [first] = contacts;
  if (first) {
    headers['Contact'] = contacts.map(({ text }) => text).join(', ');
    headers['Expires'] = String(first.seconds);
  }
  reply.send(200, { headers });
}
