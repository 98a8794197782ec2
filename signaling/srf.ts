/**
 * The narrow, typed port to drachtio-srf. The package's own types are stale, so this file says
 * exactly what the application uses of it and nothing else does. It also closes two gaps:
 * listeners of a new dialog are attached in the same tick in which it is made (a promise would let
 * a BYE of the same TCP segment slip by), and a connection that comes and goes is one object with
 * a state instead of four events.
 */
import { createRequire } from 'node:module';
import type { TracedMessage } from './sip/trace.ts';
import { tracedFrame } from './trace/srf-tap.ts';

export interface ParsedAddress {
  readonly name?: string;
  readonly uri: string;
  readonly params: Readonly<Record<string, string | null | undefined>>;
}

export interface SipMessage {
  readonly body: string;
  get(name: string): string | undefined;
  has(name: string): boolean;
  getParsedHeader(name: 'contact'): readonly ParsedAddress[];
  getParsedHeader(name: 'from' | 'to'): ParsedAddress;
}

/** A request from the network, or the copy of one the application sent. */
export interface SipRequest extends SipMessage {
  readonly method: string;
  readonly uri: string;
  readonly protocol: string;
  readonly source_address: string;
  readonly source_port: number;
  /** address:port of the listener it came in on. */
  readonly receivedOn: string;
  readonly callingNumber: string | undefined;
  readonly callingName: string | undefined;
  readonly calledNumber: string | undefined;
  on(event: 'cancel', listener: (cancel: SipMessage) => void): void;
  cancel(options: { headers?: Record<string, string> }, done: (error?: unknown) => void): void;
}

export interface SipResponse extends SipMessage {
  readonly status: number;
  readonly reason: string;
}

export interface SendOptions {
  headers?: Record<string, string | readonly string[]>;
  body?: string;
}

/** The answer to a request from the network. */
export interface SipReply {
  readonly finalResponseSent: boolean;
  send(status: number, options?: SendOptions): void;
  send(status: number, reason: string, options?: SendOptions): void;
  /** With `Require: 100rel`: `onPrack` has to answer it. */
  send(
    status: number,
    options: SendOptions,
    sent: (error: unknown) => void,
    onPrack: (prack: { readonly res: SipReply }) => void,
  ): void;
}

export interface SipDialog {
  /** The server's name for it. */
  readonly id: string;
  readonly type: 'uac' | 'uas';
  /** The INVITE that made it, and its final answer; one of them came from the network. */
  readonly req: { readonly source_address: string };
  readonly res: { readonly source_address: string };
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly local: { sdp: string; readonly contact: string };
  readonly remote: { readonly sdp: string };
  destroy(
    options: { headers?: Record<string, string> },
    done: (error: unknown, bye?: unknown) => void,
  ): void;
  request(options: OneRequest, done: (error: unknown, response?: SipResponse) => void): void;
  on(event: 'destroy', listener: (bye: SipMessage, reason?: string) => void): this;
  /** A re-INVITE, an UPDATE, or another request of the far end inside the dialog. */
  on(
    event: 'modify' | 'update' | 'info' | 'refer' | 'message' | 'notify',
    listener: (request: SipRequest, reply: SipReply) => void,
  ): this;
  /** The ACK of our 2xx; it holds the answer when the offer was ours. */
  on(event: 'ack', listener: (ack: SipRequest) => void): this;
}

export interface InviteOptions {
  localSdp: string;
  callingNumber?: string;
  callingName?: string;
  headers?: Record<string, string>;
  /** Where it goes when not to the request's own URI. */
  proxy?: string;
}

export interface InviteProgress {
  /** The INVITE went out; `request.cancel` takes it back. */
  cbRequest?: (error: unknown, request?: SipRequest) => void;
  /** A provisional response above 100. */
  cbProvisional?: (response: SipResponse) => void;
}

type DialogCallback = (error: unknown, dialog?: SipDialog) => void;

/** A request that opens no dialog: OPTIONS, MESSAGE. */
export interface OneRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Inside this dialog, which tells where it goes. */
  readonly stackDialogId?: string;
  /** Where it goes when not to the request's own URI. */
  readonly proxy?: string;
}

export interface Outcome {
  readonly status: number;
  readonly reason: string;
}

/** Longer than the SIP server itself waits (64 × T1). */
const NO_ANSWER_MS = 35_000;

/** An INVITE that was refused: `status` and `reason` as the far end (or the server for it) said. */
export interface InviteRefusal {
  readonly status: number;
  readonly reason: string;
  /** Of a 3xx: where else to try. */
  readonly contact?: string;
  /** Min-SE of a 422. */
  readonly minSe?: string;
}

interface UntypedSrf {
  readonly app: {
    readonly client?: {
      /** The wire protocol object: reached into to stop a pending reconnect (see close) and to trace. */
      readonly wp?: {
        on(event: 'msg', listener: (socket: unknown, frame: string) => void): void;
        closing: boolean;
        readonly reconnectVars: { retryTimer?: NodeJS.Timeout | null };
      };
    };
  };
  connect(options: {
    host: string;
    port: number;
    secret: string;
    reconnect: { retryMaxDelay: number };
  }): void;
  disconnect(): void;
  on(
    event: 'connect',
    listener: (error: unknown, hostports: string, version: string, local: string) => void,
  ): void;
  on(event: 'error' | 'close' | 'reconnecting', listener: (error?: unknown) => void): void;
  use(method: string, handler: (request: SipRequest, reply: SipReply) => void): void;
  request(
    uri: string,
    options: OneRequest,
    callback: (
      error: unknown,
      request?: { on(event: 'response', listener: (response: SipResponse) => void): void },
    ) => void,
  ): void;
  createUAC(
    uri: string,
    options: InviteOptions,
    progress: InviteProgress,
    callback: DialogCallback,
  ): void;
  createUAS(
    request: SipRequest,
    reply: SipReply,
    options: { localSdp: string; headers?: Record<string, string> },
    callback: DialogCallback,
  ): void;
}

type Method =
  'register' | 'invite' | 'options' | 'subscribe' | 'publish' | 'message' | 'info' | 'refer';

/** One listening SIP transport of the drachtio server, from its `connect` answer. */
export interface SipTransport {
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
}

export interface SrfEvents {
  connected(transports: readonly SipTransport[], version: string): void;
  /** Not connected (any more); the package goes on trying by itself. */
  disconnected(why: string): void;
  /** The secret is wrong: trying again is of no use. */
  refused(): void;
  /** Every SIP message that the server tells of; see trace/srf-tap.ts. */
  onMessage?: (message: TracedMessage) => void;
}

const require = createRequire(import.meta.url);

export class SrfPort {
  readonly #srf: UntypedSrf;
  #closed = false;

  constructor() {
    const Srf = require('drachtio-srf') as new () => UntypedSrf;
    this.#srf = new Srf();
  }

  connect(target: { host: string; port: number; secret: string }, events: SrfEvents): void {
    let listeners: readonly SipTransport[] = [];
    this.#srf.on('connect', (error, hostports, version) => {
      if (this.#closed) return;
      if (error) events.refused();
      else {
        listeners = parseHostports(hostports);
        events.connected(listeners, version);
      }
    });
    const lost = (why: string) => {
      if (!this.#closed) events.disconnected(why);
    };
    this.#srf.on('error', (error) => lost(error instanceof Error ? error.message : String(error)));
    this.#srf.on('close', () => lost('the connection was closed'));
    this.#srf.on('reconnecting', () => undefined);
    this.#srf.connect({ ...target, reconnect: { retryMaxDelay: 2000 } });
    const { onMessage } = events;
    if (onMessage === undefined) return;
    this.#srf.app.client?.wp?.on('msg', (_socket, frame) => {
      const message = tracedFrame(frame, listeners, Date.now());
      if (message !== undefined) onMessage(message);
    });
  }

  on(method: Method, handler: (request: SipRequest, reply: SipReply) => void): void {
    this.#srf.use(method, handler);
  }

  /** Sends a request outside any dialog; rejects when it got no answer at all. */
  request(uri: string, options: OneRequest): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer')), NO_ANSWER_MS).unref();
      const fail = (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      };
      try {
        this.#srf.request(uri, options, (error, request) => {
          if (!request) {
            fail(error);
            return;
          }
          request.on('response', ({ status, reason }) => {
            if (status < 200) return;
            clearTimeout(timer);
            resolve({ status, reason });
          });
        });
      } catch (error) {
        // Thrown while no server is connected.
        fail(error);
      }
    });
  }

  /** Ends a dialog of an earlier connection, when the server still has it. */
  hangUp(dialogId: string, headers: Readonly<Record<string, string>>): void {
    const bye = { method: 'BYE', stackDialogId: dialogId, headers };
    // Of a dialog that is gone, or with the connection gone again, nothing has to be told.
    this.request('sip:localhost', bye).catch(() => undefined);
  }

  /** Sends an INVITE. `answered` runs in the tick the dialog is made in. */
  invite(
    uri: string,
    options: InviteOptions,
    progress: InviteProgress,
    answered: (dialog: SipDialog) => void,
    failed: (refusal: InviteRefusal) => void,
  ): void {
    this.#srf.createUAC(uri, options, progress, (error, dialog) => {
      if (dialog) answered(dialog);
      else failed(refusalOf(error));
    });
  }

  /**
   * Answers an INVITE with 200 and a description. It fails without a reason where the server refuses to
   * send that: a CANCEL has crossed it, and the INVITE is answered already (RFC 3261 §9.2).
   */
  accept(
    request: SipRequest,
    reply: SipReply,
    answer: { localSdp: string; headers?: Record<string, string> },
    answered: (dialog: SipDialog) => void,
    failed: (reason: string | undefined) => void,
  ): void {
    this.#srf.createUAS(request, reply, answer, (error, dialog) => {
      if (dialog) answered(dialog);
      else failed(typeof error === 'string' ? undefined : refusalOf(error).reason);
    });
  }

  close(): void {
    this.#closed = true;
    const wire = this.#srf.app.client?.wp;
    if (!wire) return;
    // `disconnect` throws when no connection is up and leaves a pending reconnect timer running.
    wire.closing = true;
    clearTimeout(wire.reconnectVars.retryTimer ?? undefined);
    try {
      this.#srf.disconnect();
    } catch {
      return;
    }
  }
}

/** `udp/127.0.0.1:5060,ws/[::1]:8088` → transports; unreadable entries are left out. */
export function parseHostports(hostports: string): SipTransport[] {
  return hostports.split(',').flatMap((entry) => {
    const match = /^(\w+)\/\[?([^\]]+?)\]?:(\d+)$/.exec(entry.trim());
    if (!match?.[1] || !match[2]) return [];
    return [{ protocol: match[1], host: match[2], port: Number(match[3]) }];
  });
}

function refusalOf(error: unknown): InviteRefusal {
  const { status, reason, message, res } = (error ?? {}) as Partial<InviteRefusal> & {
    message?: string;
    res?: SipResponse;
  };
  const contact = res?.has('Contact') ? res.getParsedHeader('contact')[0]?.uri : undefined;
  const minSe = status === 422 ? res?.get('Min-SE') : undefined;
  return {
    status: status ?? 500,
    reason: reason ?? message ?? 'Server Internal Error',
    ...(contact !== undefined && { contact }),
    ...(minSe !== undefined && { minSe }),
  };
}

/** A request inside a dialog, with its final answer; rejects when there is none. */
export function ask(dialog: SipDialog, request: OneRequest): Promise<SipResponse> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), NO_ANSWER_MS).unref();
    dialog.request(request, (error, response) => {
      if (response && response.status < 200) return;
      clearTimeout(timer);
      if (response) resolve(response);
      else reject(error instanceof Error ? error : new Error(String(error)));
    });
  });
}
