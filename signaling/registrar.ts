/**
 * The registrar: turns REGISTER requests into bindings (RFC 3261 §10.3,
 * https://www.rfc-editor.org/rfc/rfc3261#section-10.3), with Path (RFC 3327) and outbound (RFC 5626
 * §6, https://www.rfc-editor.org/rfc/rfc5626#section-6). Whoever comes this far is welcome:
 * passwords, where any are asked for, are the application's affair.
 */
import type { Log } from '../common/log.ts';
import type { Binding, Bindings } from './bindings.ts';
import { parseNameAddr, type NameAddr } from './sip/name-addr.ts';
import { parseDecimal, splitOutside } from './sip/tokens.ts';
import { parseUri } from './sip/uri.ts';
import type { SipReply, SipRequest } from './srf.ts';

/** Seconds. */
export interface ExpiryBounds {
  /** Shorter is a flood, and refused with 423. */
  readonly min: number;
  /** The most that is granted. */
  readonly max: number;
  /** Granted when a phone names none. */
  readonly default: number;
}

/** Ten seconds is the shortest that MicroSIP can be set to, and 300 what it asks for. */
export const EXPIRY: ExpiryBounds = { min: 10, max: 3600, default: 300 };

export interface RegistrarOptions {
  readonly bindings: Bindings;
  readonly expiry: ExpiryBounds;
  readonly now: () => number;
  readonly changed: () => void;
  readonly log: Log;
}

/** An extension that went well, and what the 200 has to say of it. */
interface Outbound {
  readonly instance: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export class Registrar {
  readonly #options: RegistrarOptions;

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  handle(request: SipRequest, reply: SipReply, kind: Binding['kind']): void {
    const { bindings } = this.#options;
    const aor = aorOf(parseNameAddr(request.get('To') ?? '')?.uri ?? '');
    if (aor === undefined) {
      reply.send(400, 'The To header holds no SIP address');
      return;
    }
    const header = request.get('Contact')?.trim();
    if (header === '*') this.#removeAll(request, reply, aor);
    else if (header === undefined || header === '') {
      answer(reply, bindings.of(aor), this.#options.now());
    } else this.#update(request, reply, aor, splitOutside(header, ','), kind);
  }

  /** The connection that pages registered over has closed: their bindings go with it. */
  flowClosed(source: string): void {
    if (this.#options.bindings.removeFlow(source) > 0) this.#options.changed();
  }

  #removeAll(request: SipRequest, reply: SipReply, aor: string): void {
    const { bindings, log, changed, now } = this.#options;
    if (request.get('Expires')?.trim() !== '0') {
      reply.send(400, 'Contact: * needs Expires: 0');
      return;
    }
    const all = bindings.of(aor);
    if (all.some((known) => this.#isLate(request, known))) {
      outOfOrder(reply);
      return;
    }
    for (const binding of all) bindings.remove(binding);
    log('info', `${aor} unregistered everywhere`);
    changed();
    answer(reply, [], now());
  }

  #update(
    request: SipRequest,
    reply: SipReply,
    aor: string,
    header: readonly string[],
    kind: Binding['kind'],
  ): void {
    const { bindings, expiry, now, changed, log } = this.#options;
    // All or nothing (RFC 3261 §10.3 step 7): look at every contact before touching any.
    const contacts = header.flatMap((text) => {
      const contact = parseNameAddr(text);
      return contact && parseUri(contact.uri) ? [contact] : [];
    });
    if (contacts.length < header.length) {
      reply.send(400, 'A Contact holds no SIP address');
      return;
    }
    const outbound = outboundOf(request, contacts);
    if (outbound === undefined) {
      reply.send(439);
      return;
    }
    const { instance, headers } = outbound;
    const wanted = contacts.map((contact) => ({
      ...(instance !== undefined && { instance }),
      contact: contact.uri,
      q: qOf(contact),
      seconds: expiresOf(contact, request, expiry),
    }));
    const late = wanted.some((contact) => {
      const known = bindings.find(aor, contact);
      return known && this.#isLate(request, known);
    });
    if (late) {
      outOfOrder(reply);
      return;
    }
    if (wanted.some(({ seconds }) => seconds > 0 && seconds < expiry.min)) {
      reply.send(423, { headers: { 'Min-Expires': String(expiry.min) } });
      return;
    }
    const path = listOf(request, 'Path').flatMap((text) => parseNameAddr(text)?.uri ?? []);
    for (const { seconds, ...contact } of wanted) {
      const known = bindings.find(aor, contact);
      if (seconds === 0) {
        if (!known) continue;
        bindings.remove(known);
        log('info', `${aor} unregistered`, { contact: known.contact });
        continue;
      }
      const binding: Binding = {
        ...contact,
        aor,
        kind,
        userAgent: request.get('User-Agent') ?? '',
        source: `${request.source_address}:${request.source_port}`,
        transport: transportOf(request),
        callId: request.get('Call-ID') ?? '',
        cseq: cseqOf(request),
        path,
        expiresAt: now() + seconds * 1000,
      };
      bindings.put(binding);
      if (!known) log('info', `${kind} ${aor} registered from ${binding.source}`);
    }
    changed();
    answer(reply, bindings.of(aor), now(), {
      ...headers,
      ...(path.length > 0 &&
        supports(request, 'path') && { Path: path.map((uri) => `<${uri}>`).join(', ') }),
    });
  }

  /** Overtaken by a later REGISTER of the same user agent. */
  #isLate(request: SipRequest, known: Binding): boolean {
    return (
      known.callId === request.get('Call-ID') &&
      cseqOf(request) <= known.cseq &&
      known.expiresAt > this.#options.now()
    );
  }
}

/** `sip:User@Example.COM:5060;x` → `User@example.com`: the port is no part of who someone is. */
export function aorOf(uri: string): string | undefined {
  const parsed = parseUri(uri);
  return parsed?.user === undefined ? undefined : `${parsed.user}@${parsed.host}`;
}

/** How a request came: drachtio calls a WebSocket `tcp`, the Via does not. */
export function transportOf(request: SipRequest): Binding['transport'] {
  if (request.protocol === 'udp' || request.protocol === 'tls') return request.protocol;
  return /^SIP\s*\/\s*2\.0\s*\/\s*WSS?\s/i.test(request.get('Via') ?? '') ? 'ws' : 'tcp';
}

/**
 * The instance that a REGISTER is for. Undefined: it asks for outbound, and a proxy on the way does
 * not know that (439).
 */
function outboundOf(request: SipRequest, contacts: readonly NameAddr[]): Outbound | undefined {
  const [contact] = contacts;
  const instance = contact?.params.get('+sip.instance');
  const regId = parseDecimal(contact?.params.get('reg-id') ?? '', 0x7fff_ffff);
  // One flow, one contact.
  if (instance === undefined || !regId || contacts.length > 1) {
    return { instance: undefined, headers: {} };
  }
  if (!supports(request, 'outbound')) return { instance, headers: {} };
  const isDirect = listOf(request, 'Via').length === 1;
  const edge = parseUri(parseNameAddr(listOf(request, 'Path').at(-1) ?? '')?.uri ?? '');
  if (!isDirect && !edge?.params.has('ob')) return undefined;
  return { instance: `${instance};${regId}`, headers: { Require: 'outbound' } };
}

function supports(request: SipRequest, option: string): boolean {
  return ['Supported', 'Require'].some((name) =>
    listOf(request, name).some((value) => value.toLowerCase() === option),
  );
}

function listOf(request: SipRequest, name: string): string[] {
  return splitOutside(request.get(name) ?? '', ',').filter((value) => value !== '');
}

function cseqOf(request: SipRequest): number {
  return Number.parseInt(request.get('CSeq') ?? '0', 10);
}

function qOf({ params }: NameAddr): number {
  const q = params.get('q') ?? '';
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 1;
}

function expiresOf({ params }: NameAddr, request: SipRequest, bounds: ExpiryBounds): number {
  const asked = Number.parseInt(params.get('expires') ?? request.get('Expires') ?? '', 10);
  return Number.isNaN(asked) ? bounds.default : Math.min(Math.max(asked, 0), bounds.max);
}

function outOfOrder(reply: SipReply): void {
  reply.send(500, 'REGISTER out of order', { headers: { 'Retry-After': '1' } });
}

/**
 * 200 with every current binding, the one just made first: the SIP server keeps the route to a
 * connection for as long as the first says.
 */
function answer(
  reply: SipReply,
  bindings: readonly Binding[],
  now: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  const contacts = bindings.toReversed().map(({ contact, expiresAt, q }) => {
    const seconds = Math.max(1, Math.ceil((expiresAt - now) / 1000));
    return { text: `<${contact}>;expires=${seconds}${q < 1 ? `;q=${q}` : ''}`, seconds };
  });
  const [first] = contacts;
  reply.send(200, {
    headers: {
      ...headers,
      ...(first && {
        Contact: contacts.map(({ text }) => text).join(', '),
        Expires: String(first.seconds),
      }),
    },
  });
}
