/**
 * The side of a WebRTC page: ICE, DTLS and SRTP by libdatachannel (node-datachannel), on a port
 * of its own or one of all pages (page-port.ts), with the raw RTP and RTCP of its one track. The SDP the page sees is not
 * libdatachannel's: it is the phone's, with this leg's transport attributes put in, so that codecs
 * need no translation; libdatachannel gets a minimal SDP of our own instead, and never renegotiates.
 *
 * Pages without microphone permission hide their addresses behind mDNS names. That is fine: the
 * page's checks come in from its real address (peer-reflexive candidates, RFC 8445 section 7.3.1.3).
 *
 * libdatachannel starts when the page's description is there, and not before. Started with the
 * offer, it hears the page's checks before the page's answer; ICE then connects inside
 * `setRemoteDescription`, and now and then a whole DTLS handshake is over, and failed, before the
 * fingerprint in that description has been noted.
 */
import { Audio, PeerConnection, type Track } from 'node-datachannel';
import {
  Meter,
  handOn,
  isMedia,
  type Leg,
  type LegContext,
  type StreamState,
  type Way,
} from './leg.ts';
import { familyOf, interfaceFor, type Family, type Interface } from './interfaces.ts';
import type { PagePort } from './page-port.ts';
import { HOST_PRIORITY, MID, minimalSdp, token } from './page-sdp.ts';
import { classify } from './rtp.ts';
import type { Transport } from './sdp.ts';

const CLOSE_MS = 2000;
/** One second: a handshake that takes longer has failed. */
const MAX_EARLY = 50;

export class PageLeg implements Leg {
  readonly kind = 'page';
  readonly protocol = 'UDP/TLS/RTP/SAVPF';
  readonly address: string;
  readonly advertised: string;
  readonly #candidates: readonly string[];
  readonly port: number;
  readonly meter: Meter;
  readonly #context: LegContext;
  readonly #ice: { readonly ufrag: string; readonly pwd: string };
  readonly #port: PagePort;
  #peer: PeerConnection | undefined;
  #track: Track | undefined;
  #peerClosed: Promise<void> | undefined;
  readonly #listener: Listener = { on: undefined };
  #remote: Transport | undefined;
  #setup: 'actpass' | 'active' | 'passive' = 'actpass';
  #open = false;
  /** Packets for the page from before its handshake was over. */
  readonly #early: Buffer[] = [];
  #other: Way | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    context: LegContext,
    at: Interface,
    port: PagePort,
    ice: { ufrag: string; pwd: string },
  ) {
    this.#context = context;
    this.#port = port;
    this.#ice = ice;
    const [first = at.told('page')] = at.forPages();
    this.address = at.address;
    this.advertised = first;
    this.#candidates = at.forPages();
    this.port = port.port;
    this.meter = new Meter(context.counters);
  }

  /** Rejects with PortsExhausted when no port can be bound. */
  static async open(context: LegContext, family?: Family): Promise<PageLeg> {
    const at = interfaceFor(context.interfaces, family);
    const ice = { ufrag: token(6), pwd: token(24) };
    return new PageLeg(context, at, await context.pagePorts.open(at.address), ice);
  }

  /** Whether the page has said who it is, so that another one would need another leg. */
  get isTaken(): boolean {
    return this.#remote !== undefined;
  }

  /** Whether this SDP comes from the same page with the same ICE session. */
  knows(remote: Transport): boolean {
    return (
      this.#remote?.ufrag === remote.ufrag &&
      this.#remote.pwd === remote.pwd &&
      this.#remote.fingerprint === remote.fingerprint
    );
  }

  /** Of the DTLS handshake; undecided until the page has said what it wants. */
  get role(): 'actpass' | 'active' | 'passive' {
    return this.#setup;
  }

  /** The attributes of an offer to the page; the same ones every time. */
  offer(): string[] {
    return this.#attributes('actpass');
  }

  /** Takes the page's answer to our offer. */
  async acceptAnswer(remote: Transport): Promise<void> {
    if (this.knows(remote)) return;
    // RFC 8842 section 5.2: the answerer chooses, active by preference.
    this.#setup = remote.setup === 'passive' ? 'active' : 'passive';
    await this.#connect(remote, remote.setup, true);
  }

  /** The attributes of our answer to the page's offer. */
  async answer(remote: Transport, preferred: 'active' | 'passive'): Promise<string[]> {
    if (!this.knows(remote)) {
      this.#setup = chooseSetup(remote.setup, preferred);
      await this.#connect(remote, this.#setup === 'active' ? 'passive' : 'active', false);
    }
    return this.#attributes(this.#setup);
  }

  join(other: Way): void {
    this.#other = other;
  }

  send(packet: Buffer): boolean {
    if (this.#track === undefined) return false;
    if (!this.#open) {
      // The phone speaks as soon as it is answered, some packets before the handshake is over.
      if (this.#early.length === MAX_EARLY) return false;
      this.#early.push(packet);
      return true;
    }
    return this.#transmit(this.#track, packet);
  }

  #transmit(track: Track, packet: Buffer): boolean {
    try {
      return track.sendMessageBinary(packet);
    } catch {
      // SRTP refuses what its replay window has passed; the packet is as good as lost.
      return false;
    }
  }

  streams(): readonly StreamState[] {
    const pair = this.#closing === undefined ? this.#peer?.getSelectedCandidatePair() : null;
    const endpoint = pair ? { address: pair.remote.address, port: pair.remote.port } : undefined;
    return [
      {
        kind: 'RTP',
        localPort: this.port,
        endpoint,
        announced: undefined,
        confirmed: this.#open,
        stats: this.meter.rtp,
      },
      {
        kind: 'RTCP',
        localPort: this.port,
        endpoint,
        announced: undefined,
        confirmed: this.#open,
        stats: this.meter.rtcp,
      },
    ];
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#open = false;
      this.#other = undefined;
      await this.#port.handOver();
      if (this.#peer !== undefined && this.#peerClosed !== undefined) {
        this.#peer.close();
        await within(CLOSE_MS, this.#peerClosed);
        this.#listener.on = undefined;
        this.#peer = undefined;
        this.#track = undefined;
      }
      await this.#port.release();
    })();
    return this.#closing;
  }

  #onPacket(packet: Buffer): void {
    const kind = classify(packet);
    if (!isMedia(kind)) {
      this.meter.malformed('rtp');
      return;
    }
    handOn(packet, kind, this, this.#other);
  }

  /**
   * Starts ICE and DTLS. To libdatachannel it is always the page that offers: so it knows the page's
   * fingerprint before it binds its port.
   *
   * @param weOffered whether the page has answered us, and so is the controlled agent.
   */
  async #connect(remote: Transport, theirSetup: string, weOffered: boolean): Promise<void> {
    this.#remote = remote;
    await this.#port.handOver();
    if (this.#closing !== undefined) return;
    const { certificate, callId } = this.#context;
    const peer = new PeerConnection(callId, {
      iceServers: [],
      bindAddress: this.address,
      portRangeBegin: this.port,
      portRangeEnd: this.port,
      enableIceUdpMux: this.#port.isShared,
      disableAutoNegotiation: true,
      forceMediaTransport: true,
      certificatePemFile: certificate.pem,
      keyPemFile: certificate.key,
    });
    const audio = new Audio(MID, 'SendRecv');
    audio.addAudioCodec(0, 'PCMU');
    const track = peer.addTrack(audio);
    this.#peerClosed = new Promise((resolve) => {
      this.#listener.on = {
        open: () => this.#opened(track),
        packet: (packet) => this.#onPacket(packet),
        state: (state) => {
          if (state === 'closed') resolve();
          if (state === 'failed') this.#explainFailure(peer);
        },
      };
    });
    listen(peer, track, this.#listener);
    this.#peer = peer;
    this.#track = track;
    const family = familyOf(this.address);
    const candidates = remote.candidates.filter(
      (each) => familyOf(each.split(' ')[4] ?? '') === family,
    );
    const description = {
      remote: { ...remote, candidates },
      setup: theirSetup,
      isControlled: weOffered,
    };
    peer.setRemoteDescription(minimalSdp({ ...description, learned: this.#port.learned }), 'offer');
    peer.setLocalDescription('answer', { iceUfrag: this.#ice.ufrag, icePwd: this.#ice.pwd });
  }

  #opened(track: Track): void {
    const { callId, log } = this.#context;
    this.#open = true;
    for (const packet of this.#early.splice(0)) this.#transmit(track, packet);
    log('debug', 'The page is connected: ICE and DTLS are up', { callId });
  }

  #attributes(setup: string): string[] {
    return [
      `rtcp:${this.port}`,
      'rtcp-mux',
      `setup:${setup}`,
      `fingerprint:sha-256 ${this.#context.certificate.fingerprint}`,
      `ice-ufrag:${this.#ice.ufrag}`,
      `ice-pwd:${this.#ice.pwd}`,
      ...this.#candidates.map(
        (address, n) =>
          `candidate:${n + 1} 1 UDP ${HOST_PRIORITY - n * 256} ${address} ${this.port} typ host`,
      ),
      'end-of-candidates',
    ];
  }

  #explainFailure(peer: PeerConnection): void {
    if (this.#closing !== undefined) return;
    const { log, callId } = this.#context;
    const why =
      peer.iceState() === 'failed'
        ? `its ICE checks do not reach ${this.advertised}:${this.port} (UDP), or no longer do. ` +
          'Check that the page is open, can reach that address, and that no firewall is between.'
        : 'the DTLS handshake with it failed. Call again; where that fails too, reload the page: its ' +
          'certificate may be another than its SDP says.';
    log('warn', `No media path to the page: ${why}`, { callId });
  }
}

/** RFC 5763 section 5: who offers actpass leaves the choice to us. */
function chooseSetup(offered: string, preferred: 'active' | 'passive'): 'active' | 'passive' {
  if (offered === 'active') return 'passive';
  return offered === 'passive' ? 'active' : preferred;
}

/** What libdatachannel's callbacks lead to, until it is taken away from them. */
interface Listener {
  on:
    | {
        readonly open: () => void;
        readonly packet: (packet: Buffer) => void;
        readonly state: (state: string) => void;
      }
    | undefined;
}

/**
 * A track's callbacks are never released by the native side, and everything they hold stays with
 * them: so they are made here, where they can hold nothing but the listener, which is emptied.
 */
function listen(peer: PeerConnection, track: Track, listener: Listener): void {
  track.onOpen(() => listener.on?.open());
  track.onMessage((packet) => listener.on?.packet(packet));
  peer.onStateChange((state) => listener.on?.state(state));
}

/** Whether the promise was in time. */
async function within(ms: number, promise: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
