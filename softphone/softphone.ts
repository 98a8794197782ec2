/**
 * The project's own softphone: registers, calls and is called as MicroSIP does, with the same
 * headers and the same SDP. Sends what it is given, keeps what it hears and knows the time of every
 * packet. The tests, the benches, the demo and `npm run dial` are its users.
 */
import { silent, type Log } from '../common/log.ts';
import { responseTo } from '../signaling/sip/build.ts';
import { newTag } from '../signaling/sip/ids.ts';
import type { ServerTransaction } from '../signaling/sip/server-transaction.ts';
import type { TimerValues } from '../signaling/sip/timers.ts';
import type { Trace } from '../signaling/sip/trace.ts';
import type { Call } from './call.ts';
import { IncomingCall } from './incoming-call.ts';
import { OutgoingCall } from './outgoing-call.ts';
import { Registration } from './registration.ts';
import type { PlaySource } from './rtp-sender.ts';
import type { PacketReceived, PacketSent } from './rtp-session.ts';
import type { Codec } from './sdp.ts';
import { ALLOW, SUPPORTED, UserAgent } from './user-agent.ts';

export interface SoftphoneOptions {
  readonly server: { readonly host: string; readonly port: number };
  readonly transport?: 'udp' | 'tcp';
  readonly user: string;
  /** Answers digest challenges; without one a challenge is a refusal. */
  readonly password?: string | undefined;
  /** Our address, in Via, Contact and SDP. */
  readonly localHost?: string;
  /** The RTP port of the first call, even; picked by the system when left out. */
  readonly rtpPort?: number | undefined;
  readonly userAgent?: string;
  /** RFC 3261 timers; a smaller T1 gives up sooner on a server that does not answer. */
  readonly timers?: Partial<TimerValues> | undefined;
  /** Every SIP message sent and received. */
  readonly trace?: Trace | undefined;
  readonly log?: Log | undefined;
  /** Takes incoming calls; without it they get 486 Busy Here. */
  readonly onCall?: ((call: IncomingCall) => void) | undefined;
}

export interface CallOptions {
  /** An extension, or a whole sip: URI. */
  readonly to: string;
  /** Silence when left out. */
  readonly play?: PlaySource | undefined;
  /** Offered in this order; PCMA then PCMU when left out, as MicroSIP does. */
  readonly codecs?: readonly Codec[];
  /** Added to the INVITE. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Keep the audio and a line per packet; on by default. */
  readonly record?: boolean;
  /** How much slower (+) or faster (−) than this machine's clock to send. */
  readonly skewPpm?: number;
  readonly onPacketSent?: PacketSent;
  readonly onPacketReceived?: PacketReceived;
}

const CODECS: readonly Codec[] = ['pcma', 'pcmu'];

export class Softphone {
  readonly #agent: UserAgent;
  readonly #registration: Registration;
  readonly #options: SoftphoneOptions;
  readonly #log: Log;
  /** By Call-ID and our tag, which every request within the dialog carries. */
  readonly #calls = new Map<string, Call>();
  #closed: Promise<void> | undefined;

  static async create(options: SoftphoneOptions): Promise<Softphone> {
    const late: { phone?: Softphone } = {};
    const agent = await UserAgent.open({
      server: options.server,
      transport: options.transport ?? 'udp',
      user: options.user,
      password: options.password,
      localHost: options.localHost ?? '127.0.0.1',
      userAgent: options.userAgent ?? 'sip-agent-bridge softphone',
      timers: options.timers,
      trace: options.trace,
      log: options.log,
      onRequest: (transaction) => late.phone?.receive(transaction),
    });
    return (late.phone = new Softphone(agent, options));
  }

  private constructor(agent: UserAgent, options: SoftphoneOptions) {
    this.#agent = agent;
    this.#options = options;
    this.#log = options.log ?? silent;
    this.#registration = new Registration(agent);
  }

  /** Where we can be called directly, as in a Contact header. */
  get contact(): string {
    return this.#agent.contact();
  }

  /** Resolves with the granted seconds; refreshed until `unregister` or `close`. */
  async register({ expires = 300 }: { expires?: number } = {}): Promise<number> {
    const granted = await this.#registration.register(expires);
    this.#log('info', 'Registered', { server: this.#agent.serverName, expires: granted });
    return granted;
  }

  unregister(): Promise<void> {
    return this.#registration.unregister();
  }

  /** Resolves when the INVITE has been sent; the call's promises tell the rest. */
  async call(options: CallOptions): Promise<OutgoingCall> {
    const call = await OutgoingCall.open(this.#agent, { ...this.#media(), ...options });
    this.#keep(call);
    call.start();
    return call;
  }

  /** Hangs up what is still up, without waiting for answers, and releases every port. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#registration.stop();
    const endings = [...this.#calls.values()].map((call) => call.hangup());
    // One turn of the event loop lets the farewells leave the sockets.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#agent.close();
    await Promise.all(endings);
  }

  /** A request from the network that begins a transaction. */
  private receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (request.toTag !== '') {
      const call = this.#calls.get(keyOf(request.callId, request.toTag));
      if (call) call.receive(transaction);
      else transaction.respond(responseTo(request, 481));
      return;
    }
    const toTag = newTag();
    switch (request.method) {
      case 'INVITE':
        this.#ring(transaction);
        break;
      case 'CANCEL':
        this.#cancel(transaction);
        break;
      case 'OPTIONS': {
        const response = responseTo(request, 200, { toTag });
        response.headers
          .add('Allow', ALLOW)
          .add('Accept', 'application/sdp')
          .add('Supported', SUPPORTED)
          .add('User-Agent', this.#agent.userAgent);
        transaction.respond(response);
        break;
      }
      case 'NOTIFY':
      case 'MESSAGE':
        transaction.respond(responseTo(request, 200, { toTag }));
        break;
      default: {
        const response = responseTo(request, 405, { toTag });
        response.headers.add('Allow', ALLOW);
        transaction.respond(response);
      }
    }
  }

  #ring(transaction: ServerTransaction): void {
    const call = new IncomingCall(this.#agent, transaction, { ...this.#media(), codecs: CODECS });
    this.#keep(call);
    if (this.#options.onCall) this.#options.onCall(call);
    else call.reject();
  }

  #cancel(transaction: ServerTransaction): void {
    const { request } = transaction;
    const invite = this.#agent.inviteOf(request);
    const call = [...this.#calls.values()].find(
      (each) => each instanceof IncomingCall && each.transaction === invite,
    );
    transaction.respond(responseTo(request, invite ? 200 : 481));
    if (call instanceof IncomingCall) call.cancelled();
  }

  #keep(call: Call): void {
    const key = keyOf(call.callId, call.localTag);
    this.#calls.set(key, call);
    void call.ended.then(() => this.#calls.delete(key));
  }

  #media() {
    return {
      host: this.#agent.localAddress,
      port: this.#calls.size === 0 ? this.#options.rtpPort : undefined,
      codecs: CODECS,
      log: this.#log,
    };
  }
}

function keyOf(callId: string, localTag: string): string {
  return `${callId} ${localTag}`;
}
