/**
 * The drachtio application: registrar and calls over one connection to a drachtio server. It
 * cannot tell the embedded server from the real one.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { HEADER_CALL_ID, HEADER_EXTENSION, type CallStatus } from '../common/api.ts';
import type { BridgeEvent } from '../common/events.ts';
import type { Log } from '../common/log.ts';
import { Authentication, type PageCredentials, type PhoneAuth } from './authentication.ts';
import type { Binding } from './bindings.ts';
import { CallControl } from './call-control.ts';
import { Call, type CallDependencies, type Veto } from './call.ts';
import { CallTable } from './call-table.ts';
import { BAD_EVENT, CAPABILITIES } from './capabilities.ts';
import { DrachtioLink, type DrachtioState } from './drachtio-link.ts';
import { DEFAULT_KEY, type Extension } from './extensions.ts';
import { IncomingInvite } from './incoming-invite.ts';
import { Originations } from './originations.ts';
import { reasonHeader, type Refusal } from './call-phrases.ts';
import type { PlayNotice } from './last-words.ts';
import type { CallMedia, MediaPeer } from './media.ts';
import { Messages } from './messages.ts';
import type { CodecName } from './sdp.ts';
import type { Reachability } from './reachability.ts';
import { parseReplaces } from './refer.ts';
import { aorOf, type ExpiryBounds } from './registrar.ts';
import { Registrations } from './registrations.ts';
import { Router } from './routing.ts';
import type { TracedMessage } from './sip/trace.ts';
import { isTooShort, MIN_SE } from './session.ts';
import { SrfPort, type SipReply, type SipRequest, type SipTransport } from './srf.ts';
import { Transfers } from './transfer.ts';

const PAGE_REACTION_MS = 5000;
/** A phone answers a retransmission of the INVITE at the latest, or it is not there. */
const PHONE_REACTION_MS = 10_000;
const RING_MS = 60_000;
/** What stopping waits for answers to the last BYE. */
const FAREWELL_MS = 1000;
const MAX_CALLS_PER_PAGE = 4;
const DRACHTIO_LOST = 'drachtio was lost';

export interface SignalingOptions {
  readonly drachtio: { readonly host: string; readonly port: number; readonly secret: string };
  readonly media: CallMedia;
  /** Audio codecs in the order of preference; left out: PCMU and PCMA in the caller's order. */
  readonly codecs?: readonly CodecName[];
  /** Further names of this machine in URIs: a server for all addresses names one of them only. */
  readonly isOwnHost?: (host: string) => boolean;
  /** Said in the reason phrase of the 480 when no page is open. */
  readonly pageUrl: () => string;
  readonly log: Log;
  /** Phones have to give one of these passwords; left out, any user with any password is welcome. */
  readonly auth?: PhoneAuth;
  /** What pages log in with; made anew for each run. */
  readonly pages: PageCredentials;
  readonly expiry?: ExpiryBounds;
  /** Registrations of an earlier run. */
  readonly remembered?: readonly Binding[];
  /** Registrations have changed; all of them. */
  readonly remember?: (bindings: readonly Binding[]) => void;
  /** How often registered phones are asked whether they are still there; left out: never. */
  readonly optionsIntervalMs?: number;
  /** How long a page may take to its first sign of life; 5 s when left out. */
  readonly pageReactionMs?: number;
  /** Every SIP message, as far as the server tells of it: for a server that has no trace itself. */
  readonly onMessage?: (message: TracedMessage) => void;
  /** Which call a leg belongs to, by its Call-ID: for the trace. */
  readonly legTried?: (callId: string, sipCallId: string, kind: MediaPeer) => void;
  /** What dialled numbers mean; without any, every number rings every page. */
  readonly extensions?: readonly Extension[];
  /** Hosts, or host:port, that pages may call besides registered phones. */
  readonly reach?: readonly string[];
  readonly maxCallsPerPage?: number;
  /** How long anybody is rung, where an extension does not say. */
  readonly ringMs?: number;
  /** How often a phone that is called is asked to refresh its session; half an hour. */
  readonly sessionSeconds?: number;
  /** Asked before a call is answered. */
  readonly veto?: Veto;
  /** What a phone is told when the page of its call has gone; left out: nothing but BYE. */
  readonly playNotice?: PlayNotice;
  /** Registrations, calls or the connection changed. */
  readonly changed: () => void;
  /** Something happened that a state cannot say. */
  readonly tell: (event: BridgeEvent) => void;
}

/** What may change while calls go on. */
export interface LiveSettings {
  readonly extensions: readonly Extension[];
  /** Password by username; without effect where passwords are not asked for. */
  readonly users?: ReadonlyMap<string, string>;
}

export class Signaling {
  readonly #options: SignalingOptions;
  readonly #srf = new SrfPort();
  readonly #link: DrachtioLink;
  readonly #registrations: Registrations;
  readonly #messages: Messages;
  readonly #transfers: Transfers;
  /** What is done to calls, and happens in them. */
  readonly control: CallControl;
  readonly #authentication: Authentication;
  readonly #calls = new CallTable();
  readonly #router: Router;
  readonly #originations: Originations;
  /** Who waits to hear how a call goes. */
  readonly #waiting = new Map<string, ((status: CallStatus) => void)[]>();
  #extensions: readonly Extension[];
  /** Dialogs that were up when drachtio was lost: nobody could be told. */
  #orphans: string[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: SignalingOptions) {
    this.#options = options;
    this.#extensions = options.extensions ?? [];
    const srf = this.#srf;
    const { log, auth, pages } = options;
    this.#authentication = new Authentication({ phones: auth, pages, log });
    this.#link = new DrachtioLink({
      srf,
      drachtio: options.drachtio,
      onMessage: options.onMessage,
      isOwnHost: options.isOwnHost,
      connected: () => this.#connected(),
      lost: () => this.#lost(),
      changed: options.changed,
    });
    this.#registrations = new Registrations({
      srf,
      log,
      expiry: options.expiry,
      remembered: options.remembered,
      remember: options.remember,
      optionsIntervalMs: options.optionsIntervalMs,
      changed: options.changed,
    });
    const { bindings } = this.#registrations;
    this.#router = new Router({
      bindings,
      extensions: () => this.#extensions,
      reach: options.reach ?? [],
      maxCallsPerPage: options.maxCallsPerPage ?? MAX_CALLS_PER_PAGE,
      callsOf: (source) => this.#calls.countOf(source),
      isOwn: (uri) => this.#link.isOwn(uri),
      pageUrl: options.pageUrl,
    });
    this.#messages = new Messages({
      srf,
      phonesOf: (user) => bindings.phonesOf(user),
      hasPage: () => bindings.pages().length > 0,
      self: 'page@localhost',
      tell: options.tell,
    });
    this.#transfers = new Transfers({
      srf,
      log,
      domain: () => this.#link.domain,
      calls: () => this.#calls.live,
      route: ({ uri, text }) => this.#router.transfer(uri, text),
      joined: (call, leg) => this.control.follow(call, leg),
      sessionSeconds: options.sessionSeconds,
    });
    this.control = new CallControl({
      find: (id) => this.#calls.get(id),
      transfers: this.#transfers,
      onMessage: (request, reply) => this.#messages.receive(request, reply),
      tell: options.tell,
    });
    this.#originations = new Originations({
      srf,
      reactionMs: options.pageReactionMs ?? PAGE_REACTION_MS,
      changed: (status) => {
        if (status.state === 'ended') this.#calls.noteEnded(status);
        this.#told(status);
      },
      legTried: (...leg) => options.legTried?.(...leg),
    });
  }

  /** Resolves once the server has said yes or no; goes on trying for as long as it does neither. */
  connect(): Promise<void> {
    const srf = this.#srf;
    srf.on('register', (request, reply) => {
      const party = this.#authentication.admit(request, reply);
      if (party) this.#registrations.handle(request, reply, party);
    });
    srf.on('invite', (request, reply) => this.#invite(request, reply));
    srf.on('options', (_request, reply) => reply.send(200, { headers: CAPABILITIES }));
    // Presence and voicemail lamps: refusing them does a phone no harm.
    srf.on('subscribe', (_request, reply) => reply.send(489, BAD_EVENT));
    srf.on('publish', (_request, reply) => reply.send(489, BAD_EVENT));
    srf.on('message', (request, reply) => {
      if (this.#authentication.admit(request, reply)) this.#messages.receive(request, reply);
    });
    return this.#link.connect();
  }

  get drachtio(): DrachtioState {
    return this.#link.state;
  }

  /** For the calls and registrations to come. */
  reconfigure({ extensions, users }: LiveSettings): void {
    this.#extensions = extensions;
    if (users) this.#authentication.setPhoneUsers(users);
  }

  /** Where the SIP server listens, as it says itself. */
  get transports(): readonly SipTransport[] {
    return this.#link.transports;
  }

  get registrations(): readonly Binding[] {
    return this.#registrations.bindings.current();
  }

  /** Whether a phone answers; undefined while nobody has asked it. */
  reachability(phone: Binding): Reachability | undefined {
    return this.#registrations.reachability(phone);
  }

  /** @throws BridgeError NO_PHONE, MESSAGE_REFUSED */
  sendMessage(to: string, text: string): Promise<void> {
    return this.#messages.send(to, text);
  }

  get calls(): readonly CallStatus[] {
    return [...this.#calls.live.map(({ status }) => status), ...this.#originations.statuses];
  }

  /** The last that ended, the latest first. */
  get endedCalls(): readonly CallStatus[] {
    return this.#calls.ended;
  }

  /** Of a call that is up, or ended not long ago. */
  callStatus(id: string): CallStatus | undefined {
    return this.#originations.statusOf(id) ?? this.#calls.statusOf(id);
  }

  /** Has a page call a phone, for the agent of an extension. */
  originate({
    to,
    extension = DEFAULT_KEY,
  }: {
    to: string;
    extension?: string;
  }): CallStatus | Refusal {
    if (this.#closed) return { status: 503, reason: 'The bridge stops' };
    const uri = /^sips?:/i.test(to) ? to : `sip:${to}@${this.#link.domain}`;
    const page = this.#router.pageFor(extension);
    if ('status' in page) return page;
    const route = this.#router.fromPage(uri, extension);
    if (route.kind === 'refuse') return route;
    return this.#originations.start(page, to, extension);
  }

  /** How a call went, once it is answered or has ended; undefined when there is none of that id. */
  async outcome(id: string): Promise<CallStatus | undefined> {
    const now = this.callStatus(id);
    if (now?.state !== 'ringing') return now;
    return new Promise((resolve) => {
      this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), resolve]);
    });
  }

  /** Hangs up; resolves when all is released. */
  async endCall(id: string, why: string): Promise<CallStatus | undefined> {
    this.#originations.end(id, why, 'cancelled');
    await this.#calls.get(id)?.hangUp(why, 480, 'cancelled');
    return this.callStatus(id);
  }

  /** A page's WebSocket closed: it cannot be rung any more and its calls have lost their page. */
  flowClosed(source: string): void {
    this.#registrations.flowClosed(source);
    for (const call of this.#calls.live) call.flowClosed(source);
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#registrations.close();
    this.#originations.close();
    const farewells = this.#calls.live.map((call) => call.hangUpForGood('The bridge stops'));
    // A phone that has gone, or an engine that does not answer, is not waited for.
    const patience = delay(FAREWELL_MS, undefined, { ref: false });
    await Promise.race([Promise.all(farewells), patience]);
    this.#srf.close();
  }

  #connected(): void {
    this.#registrations.review();
    // A server that was not restarted has kept them, and their phones hear nobody.
    const headers = { Reason: reasonHeader(500, DRACHTIO_LOST) };
    for (const dialogId of this.#orphans.splice(0)) this.#srf.hangUp(dialogId, headers);
  }

  #lost(): void {
    for (const call of this.#calls.live) {
      this.#orphans.push(...call.legs.map(({ dialog }) => dialog.id));
      void call.hangUp(DRACHTIO_LOST);
    }
  }

  #invite(request: SipRequest, reply: SipReply): void {
    if (this.#closed) {
      reply.send(503, 'The bridge stops');
      return;
    }
    const kind = this.#authentication.admit(request, reply);
    if (!kind) return;
    if (isTooShort(request)) {
      reply.send(422, { headers: { 'Min-SE': String(MIN_SE) } });
      return;
    }
    const isPage = kind === 'page';
    const name = userOf(request.getParsedHeader('from').uri) ?? 'anonymous';
    const source = `${request.source_address}:${request.source_port}`;
    const binding = this.#registrations.bindings
      .current()
      .findLast((each) => each.source === source);
    const party = { kind, name, binding };
    const replaces = parseReplaces(request.get('Replaces'));
    if (replaces) {
      void this.#transfers.onReplaces(replaces, request, reply, party);
      return;
    }
    const incoming = new IncomingInvite(this.#srf, request, reply, party);
    // A page's call is named by the phone's leg, which has yet to be made: the page may say how.
    const id = isPage ? nameOf(request.get(HEADER_CALL_ID)) : incoming.callId;
    // The Call-ID names everything a call owns, up to the agent's session: no second one at a time.
    if (this.#calls.has(id)) {
      reply.send(482);
      return;
    }
    const dialled = userOf(request.uri) ?? '';
    const route = isPage
      ? this.#router.fromPage(request.uri, request.get(HEADER_EXTENSION))
      : this.#router.fromPhone(dialled);
    if (route.kind === 'refuse') {
      const { status, reason, code } = route;
      const why = code === 'NO_PAGE' ? 'a call came while no page was open' : reason;
      this.#options.log('warn', why, { callId: id, ...(code && { code }) });
      incoming.refuse(status, reason);
      this.#originations.end(id, reason);
      return;
    }
    const call = new Call(this.#callDependencies(), incoming, {
      id,
      direction: isPage ? 'outbound' : 'inbound',
      extension: route.extension,
      dialled,
      targets: route.targets,
      ringMs: route.ringMs ?? this.#options.ringMs ?? RING_MS,
      redirect: (contact) => this.#router.redirect(contact),
    });
    this.#originations.take(id);
    this.#calls.add(call);
    this.#callChanged(call);
    call.start();
  }

  #callDependencies(): CallDependencies {
    const { media, log, pageReactionMs, sessionSeconds, veto, playNotice, codecs, legTried } =
      this.#options;
    return {
      srf: this.#srf,
      media,
      log,
      reactionMs: { page: pageReactionMs ?? PAGE_REACTION_MS, phone: PHONE_REACTION_MS },
      domain: () => this.#link.domain,
      veto,
      playNotice,
      codecs,
      sessionSeconds,
      legTried: (...leg) => legTried?.(...leg),
      connected: (call) => {
        for (const leg of call.legs) this.control.follow(call, leg);
      },
      changed: (call) => this.#callChanged(call),
    };
  }

  #callChanged(call: Call): void {
    this.#calls.note(call);
    this.#told(call.status);
  }

  /** Tells everybody who wants to know how a call goes. */
  #told(call: CallStatus): void {
    const { callId } = call;
    if (call.state !== 'ringing') {
      for (const resolve of this.#waiting.get(callId) ?? []) resolve(call);
      this.#waiting.delete(callId);
    }
    this.#options.tell({ type: 'call', at: new Date().toISOString(), callId, call });
    this.#options.changed();
  }
}

/** A Call-ID as it was proposed (RFC 3261 §25.1: a word), or a new one. */
function nameOf(proposed: string | undefined): string {
  return proposed !== undefined && /^[\w.~%!*'+@-]{1,128}$/.test(proposed)
    ? proposed
    : randomUUID();
}

function userOf(uri: string): string | undefined {
  return aorOf(uri)?.split('@')[0];
}
