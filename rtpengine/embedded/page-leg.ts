/**
 * The side of a WebRTC page: ICE, DTLS and SRTP by libdatachannel (node-datachannel), on one port
 * of the range, with the raw RTP and RTCP of its one track. The SDP the page sees is not
 * libdatachannel's: it is the phone's, with this leg's transport attributes put in, so that codecs
 * need no translation; libdatachannel gets a minimal SDP of our own instead, and never renegotiates.
 *
 * Pages without microphone permission hide their addresses behind mDNS names. That is fine: the
 * page's checks come in from its real address (peer-reflexive candidates, RFC 8445 section 7.3.1.3).
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Audio, PeerConnection, type Track } from 'node-datachannel';
import { Meter, isMedia, type Leg, type LegContext, type StreamState } from './leg.ts';
import { classify } from './rtp.ts';
import { parseSdp, transportOf, type Transport } from './sdp.ts';

/** Name of the track between us and libdatachannel; the page sees the mid of its own SDP. */
const MID = '0';
/** Gathering host candidates takes a few milliseconds. */
const GATHER_MS = 2000;
const CLOSE_MS = 2000;
const RELEASE_POLL_MS = 2;

export class PageLeg implements Leg {
  readonly kind = 'page';
  readonly protocol = 'UDP/TLS/RTP/SAVPF';
  readonly address: string;
  readonly port: number;
  readonly meter: Meter;
  readonly #context: LegContext;
  readonly #peer: PeerConnection;
  readonly #track: Track;
  readonly #closed: Promise<void>;
  #local: readonly string[] | undefined;
  #remote: Transport | undefined;
  #setup: 'actpass' | 'active' | 'passive' = 'actpass';
  #open = false;
  #other: Leg | undefined;
  #closing: Promise<void> | undefined;

  private constructor(context: LegContext, port: number) {
    this.#context = context;
    this.address = context.address;
    this.port = port;
    this.meter = new Meter(context.counters);
    this.#peer = new PeerConnection(context.callId, {
      iceServers: [],
      bindAddress: context.address,
      portRangeBegin: port,
      portRangeEnd: port,
      disableAutoNegotiation: true,
      forceMediaTransport: true,
    });
    const audio = new Audio(MID, 'SendRecv');
    audio.addAudioCodec(0, 'PCMU');
    this.#track = this.#peer.addTrack(audio);
    this.#track.onOpen(() => {
      this.#open = true;
      context.log('debug', 'The page is connected: ICE and DTLS are up', {
        callId: context.callId,
      });
    });
    this.#track.onMessage((packet) => this.#onPacket(packet));
    this.#closed = new Promise((resolve) => {
      this.#peer.onStateChange((state) => {
        if (state === 'closed') resolve();
        if (state === 'failed') this.#explainFailure();
      });
    });
  }

  /** Rejects with PortsExhausted when no port can be bound. */
  static open(context: LegContext): Promise<PageLeg> {
    return context.ports.open(async (port) => {
      // libdatachannel reports a port that is taken late and without its number.
      await probe(port, context.address);
      return new PageLeg(context, port);
    });
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

  /** The attributes of an offer to the page; the same ones every time. */
  async offer(): Promise<string[]> {
    if (this.#local === undefined) {
      this.#local = await this.#gather(() => this.#peer.setLocalDescription('offer'));
    }
    return this.#attributes('actpass');
  }

  /** Takes the page's answer to our offer. */
  acceptAnswer(remote: Transport): void {
    if (this.knows(remote)) return;
    this.#remote = remote;
    // RFC 8842 section 5.2: the answerer chooses, active by preference.
    this.#setup = remote.setup === 'passive' ? 'active' : 'passive';
    this.#peer.setRemoteDescription(minimalSdp(remote, remote.setup), 'answer');
  }

  /** The attributes of our answer to the page's offer. */
  async answer(remote: Transport, preferred: 'active' | 'passive'): Promise<string[]> {
    if (!this.knows(remote)) {
      this.#remote = remote;
      this.#setup = chooseSetup(remote.setup, preferred);
      const theirs = this.#setup === 'active' ? 'passive' : 'active';
      this.#local = await this.#gather(() => {
        this.#peer.setRemoteDescription(minimalSdp(remote, theirs), 'offer');
        this.#peer.setLocalDescription('answer');
      });
    }
    return this.#attributes(this.#setup);
  }

  join(other: Leg): void {
    this.#other = other;
  }

  send(packet: Buffer): boolean {
    if (!this.#open) return false;
    try {
      return this.#track.sendMessageBinary(packet);
    } catch {
      // SRTP refuses what its replay window has passed; the packet is as good as lost.
      return false;
    }
  }

  streams(): readonly StreamState[] {
    const pair = this.#closing === undefined ? this.#peer.getSelectedCandidatePair() : null;
    const endpoint =
      pair === null ? undefined : { address: pair.remote.address, port: pair.remote.port };
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
      this.#peer.close();
      await within(CLOSE_MS, this.#closed);
      await this.#released();
      this.#context.ports.giveBack(this.port);
    })();
    return this.#closing;
  }

  #onPacket(packet: Buffer): void {
    const kind = classify(packet);
    if (!isMedia(kind)) {
      this.meter.malformed('rtp');
      return;
    }
    this.meter.received(packet, kind);
    if (this.#other?.send(packet, kind) !== true) this.meter.undeliverable();
  }

  /** Runs a step that starts gathering; resolves with our ICE and DTLS attributes when it is done. */
  async #gather(start: () => void): Promise<string[]> {
    const complete = new Promise<void>((resolve) => {
      this.#peer.onGatheringStateChange((state) => {
        if (state === 'complete') resolve();
      });
    });
    start();
    const done = await within(GATHER_MS, complete);
    const sdp = parseSdp(this.#peer.localDescription()?.sdp ?? '');
    const { ufrag, pwd, fingerprint, candidates } = transportOf(sdp, 0);
    if (!done || candidates.length === 0) {
      throw new Error(`No ICE candidate on ${this.#context.address}:${this.port}`);
    }
    return [
      `fingerprint:${fingerprint}`,
      `ice-ufrag:${ufrag}`,
      `ice-pwd:${pwd}`,
      ...candidates.map((candidate) => `candidate:${candidate}`),
      'end-of-candidates',
    ];
  }

  /** libdatachannel closes its socket from a thread of its own, a moment after it says `closed`. */
  async #released(): Promise<void> {
    const started = performance.now();
    while (performance.now() - started < CLOSE_MS) {
      try {
        await probe(this.port, this.address);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RELEASE_POLL_MS));
      }
    }
  }

  #attributes(setup: string): string[] {
    return [`rtcp:${this.port}`, 'rtcp-mux', `setup:${setup}`, ...(this.#local ?? [])];
  }

  #explainFailure(): void {
    if (this.#closing !== undefined) return;
    const { address, log, callId } = this.#context;
    const why =
      this.#peer.iceState() === 'failed'
        ? `its ICE checks do not reach ${address}:${this.port} (UDP), or no longer do. ` +
          'Check that the page is open, can reach that address, and that no firewall is between.'
        : 'the DTLS handshake failed: the page has another certificate than its SDP says. Reload it.';
    log('warn', `No media path to the page: ${why}`, { callId });
  }
}

/** RFC 5763 section 5: who offers actpass leaves the choice to us. */
function chooseSetup(offered: string, preferred: 'active' | 'passive'): 'active' | 'passive' {
  if (offered === 'active') return 'passive';
  return offered === 'passive' ? 'active' : preferred;
}

/** The page's transport and nothing of its media. */
function minimalSdp(remote: Transport, setup: string): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${MID}`,
    'm=audio 9 UDP/TLS/RTP/SAVPF 0',
    'c=IN IP4 0.0.0.0',
    `a=mid:${MID}`,
    'a=sendrecv',
    'a=rtcp-mux',
    'a=rtpmap:0 PCMU/8000',
    `a=setup:${setup}`,
    `a=fingerprint:${remote.fingerprint}`,
    `a=ice-ufrag:${remote.ufrag}`,
    `a=ice-pwd:${remote.pwd}`,
    ...remote.candidates.map((candidate) => `a=candidate:${candidate}`),
    '',
  ].join('\r\n');
}

/** Resolves when the port could be bound, and is free again; rejects when it is taken. */
async function probe(port: number, address: string): Promise<void> {
  const socket = createSocket('udp4');
  const closed = once(socket, 'close');
  try {
    const bound = once(socket, 'listening');
    socket.bind({ port, address, exclusive: true });
    await bound;
  } finally {
    socket.close();
    await closed;
  }
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
