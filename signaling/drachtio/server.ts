/**
 * A drachtio server inside this process: SIP over UDP, TCP and WebSocket on one side, drachtio's
 * admin protocol on the other. drachtio-srf cannot tell it from the C++ server, which has no build
 * for Windows and macOS. Transactions and dialogs live here; what to do with a call is the
 * application's decision.
 */
import { silent, type Log } from '../../common/log.ts';
import { isWildcard, localAddressTowards } from '../sip/local-address.ts';
import type { Limits } from '../sip/limits.ts';
import type { Resolver } from '../sip/resolver.ts';
import type { TimerValues } from '../sip/timers.ts';
import type { Trace, TracedMessage } from '../sip/trace.ts';
import { TransactionLayer } from '../sip/transaction-layer.ts';
import { openTransports } from '../sip/transports.ts';
import type { Transport, TransportSpec } from '../sip/transport.ts';
import { hostPort } from '../sip/uri.ts';
import { openAdmin, type AdminServer, type App, type SipCommand } from './admin-server.ts';
import { AppResponses } from './app-responses.ts';
import { cdrTo } from './cdr.ts';
import { ContactCache } from './contact-cache.ts';
import type { Core } from './core.ts';
import { Dialogs } from './dialog.ts';
import { IncomingRequests } from './incoming.ts';
import { NextHop } from './next-hop.ts';
import { Proxies } from './proxy.ts';
import { Uac } from './uac.ts';
import { EXTENSIONS, Uas } from './uas.ts';

export type { TracedMessage, TransportSpec };

/** The most that UDP over IPv4 carries. */
const MAX_DATAGRAM = 65_507;

/** Shown to applications; clients read its numbers to know what the server can do. */
const VERSION = 'v0.9.10-embedded';

export interface DrachtioOptions {
  readonly admin: { readonly host: string; readonly port: number; readonly secret: string };
  readonly transports: readonly TransportSpec[];
  readonly timers?: Partial<TimerValues>;
  readonly log?: Log;
  readonly limits?: Partial<Limits>;
  /** Of names in URIs; the system's when left out. */
  readonly resolver?: Resolver;
  /**
   * A request with more bytes goes over TCP where its URI names no transport, and over UDP after all
   * if TCP fails (RFC 3261 §18.1.1). Left out: UDP takes what a datagram holds, since phones that
   * listen on UDP alone are the rule and IP fragments arrive on a LAN.
   */
  readonly udpMtu?: number;
  /** Sources without a limit of messages per second; loopback when left out. */
  readonly exempt?: (address: string) => boolean;
  /** Whether anything may come from that address; anything may when left out. */
  readonly admits?: (address: string) => boolean;
  /** Option tags that requests may require; EXTENSIONS of uas.ts when left out. */
  readonly extensions?: readonly string[];
  /** Every SIP message in and out. */
  readonly onMessage?: (message: TracedMessage) => void;
}

export interface DrachtioCounters {
  /** SIP messages. */
  readonly received: number;
  readonly sent: number;
  /** Messages that could not be read: dropped, or answered 400. */
  readonly malformed: number;
  /** Requests that came again and were answered from their transaction. */
  readonly repeated: number;
  /** Responses that nobody waits for. */
  readonly stray: number;
  /** Messages refused for their size or their number of headers. */
  readonly tooLarge: number;
  /** Messages dropped because their source sent too many. */
  readonly flooded: number;
  /** Requests and connections refused because too many were alive. */
  readonly overloaded: number;
  /** Alive now. */
  readonly transactions: number;
  readonly dialogs: number;
}

export interface DrachtioServer {
  readonly adminPort: number;
  /** As bound: real addresses and ports. */
  readonly transports: readonly TransportSpec[];
  /** A snapshot. */
  readonly counters: DrachtioCounters;
  close(): Promise<void>;
}

export async function startDrachtio(options: DrachtioOptions): Promise<DrachtioServer> {
  const server = new EmbeddedServer(options);
  await server.open();
  return server;
}

class EmbeddedServer implements DrachtioServer {
  private readonly options: DrachtioOptions;
  private readonly log: Log;
  private readonly layer: TransactionLayer;
  private readonly dialogs = new Dialogs();
  private opened: readonly Transport[] = [];
  private admin: AdminServer | undefined;
  private incoming: IncomingRequests | undefined;
  private uas: Uas | undefined;
  private responses: AppResponses | undefined;
  private uac: Uac | undefined;
  private proxies: Proxies | undefined;
  private closing: Promise<void> | undefined;

  constructor(options: DrachtioOptions) {
    this.options = options;
    this.log = options.log ?? silent;
    const trace: Trace | undefined = options.onMessage;
    this.layer = new TransactionLayer({
      log: this.log,
      ...(options.timers && { timers: options.timers }),
      ...(options.limits && { limits: options.limits }),
      ...(options.exempt && { exempt: options.exempt }),
      ...(options.admits && { admits: options.admits }),
      ...(trace && { trace }),
      onRequest: (transaction) => this.uas?.receive(transaction),
      onAck: (ack, flow) => this.uas?.acknowledge(ack, flow),
    });
  }

  get adminPort(): number {
    return this.admin?.port ?? 0;
  }

  get transports(): readonly TransportSpec[] {
    return this.opened.map(({ protocol, host, port }) => ({ protocol, host, port }));
  }

  get counters(): DrachtioCounters {
    return {
      ...this.layer.counters,
      transactions: this.layer.size,
      dialogs: this.dialogs.size,
    };
  }

  async open(): Promise<void> {
    this.opened = await openTransports(this.options.transports, this.layer);
    const cache = new ContactCache();
    const core: Core = {
      layer: this.layer,
      nextHop: new NextHop(this.opened, cache, this.options.resolver),
      udpMtu: this.options.udpMtu ?? MAX_DATAGRAM,
      cache,
      dialogs: this.dialogs,
      log: this.log,
      extensions: new Set(this.options.extensions ?? EXTENSIONS),
      appFor: (method) => this.admin?.appFor(method),
      cdr: cdrTo((verb) => this.admin?.appFor(verb)),
      isFull: () => {
        if (this.dialogs.size < this.layer.limits.dialogs) return false;
        this.layer.overload(`${this.dialogs.size} calls and subscriptions are up`);
        return true;
      },
    };
    const uac = new Uac(core);
    this.uac = uac;
    this.incoming = new IncomingRequests(core);
    this.proxies = new Proxies(core, this.incoming);
    this.uas = new Uas(core, this.incoming, this.proxies);
    this.responses = new AppResponses({
      core,
      incoming: this.incoming,
      hangUp: (dialog, reason) => uac.hangUp(dialog, reason),
      keepSession: (dialog, session) => uac.keepSession(dialog, session),
    });
    try {
      this.admin = await openAdmin({
        ...this.options.admin,
        log: this.log,
        handler: {
          command: (app, command) => this.command(app, command),
          lost: (app) => {
            if (this.closing !== undefined) return;
            this.incoming?.lost(app);
            this.uac?.lost(app);
          },
          greeting: () => [this.hostports(true), VERSION, this.hostports(false)],
        },
      });
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  close(): Promise<void> {
    this.closing ??= (async () => {
      await this.admin?.close();
      this.incoming?.close();
      this.uac?.close();
      this.proxies?.close();
      this.dialogs.clear();
      this.layer.close();
      await Promise.all(this.opened.map((transport) => transport.close()));
    })();
    return this.closing;
  }

  private command(app: App, command: SipCommand): void {
    switch (command.type) {
      case 'response':
        this.responses?.respond(app, command);
        break;
      case 'request':
        this.uac?.request(app, command);
        break;
      case 'in-dialog':
        this.uac?.inDialog(app, command);
        break;
      case 'cancel':
        this.uac?.cancel(app, command);
        break;
      case 'proxy':
        this.proxies?.proxy(app, command);
    }
  }

  /** `proto/address:port`, comma separated; with `reachable` a wildcard becomes a real address. */
  private hostports(reachable: boolean): string {
    return this.opened
      .map(({ protocol, host, port }) => {
        const address = reachable && isWildcard(host) ? localAddressTowards('198.51.100.1') : host;
        return `${protocol}/${hostPort(address, port)}`;
      })
      .join(',');
  }
}
