/**
 * The media of one call: a socket pair, a paced sender, a receiver and RTCP every five seconds.
 * Sending begins with `start()` and never pauses until `close()`: silence is sent as silence, so
 * that address latching and media timeouts on the way always see a stream. Follows the source
 * address of what it receives (symmetric RTP, RFC 4961) after ten packets in a row, as PJSIP does.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { RemoteInfo, Socket } from 'node:dgram';
import { isIPv4 } from 'node:net';
import { BridgeError } from '../common/errors.ts';
import { silent, type Log } from '../common/log.ts';
import { Pacer, systemClock, type Clock } from './pacer.ts';
import { RtcpReporter } from './rtcp-reporter.ts';
import { RtpReceiver, type ReceiveFormat, type Recording } from './rtp-receiver.ts';
import { RtpSender, type PlaySource, type SendFormat } from './rtp-sender.ts';
import { bindRtpSockets, closeSocket, type RtpSockets } from './rtp-sockets.ts';
import type { Codec, RemoteMedia } from './sdp.ts';

const FRAME_MS = 20;
/** PJMEDIA_RTP_NAT_PROBATION_CNT: packets from a new source before it is believed. */
const SOURCE_PROBATION = 10;

export interface RtpSessionOptions {
  readonly host: string;
  readonly port?: number | undefined;
  readonly play?: PlaySource | undefined;
  /** Keep the audio and a line per packet; on by default. */
  readonly record?: boolean | undefined;
  /**
   * How much slower (+) or faster (−) than the clock to send, in millionths: a real phone is paced
   * by its sound card, which never agrees with the computer.
   */
  readonly skewPpm?: number | undefined;
  readonly onPacketSent?: PacketSent | undefined;
  readonly onPacketReceived?: PacketReceived | undefined;
  readonly log?: Log | undefined;
  readonly clock?: Clock | undefined;
}

export type PacketSent = (sequence: number, rtpTimestamp: number, timeMs: number) => void;
export type PacketReceived = (
  sequence: number,
  rtpTimestamp: number,
  timeMs: number,
  /** Valid only during the call. */
  payload: Uint8Array,
) => void;

export interface MediaStatistics {
  readonly sent: {
    readonly packets: number;
    readonly octets: number;
    /** 20 ms slots lost because this process was stalled; 0 on a healthy machine. */
    readonly skipped: number;
    /** What the far end last reported about our stream by RTCP. */
    readonly reportedLost: number | undefined;
  };
  readonly received: {
    readonly packets: number;
    readonly lost: number;
    readonly outOfOrder: number;
    readonly duplicates: number;
    readonly malformed: number;
    readonly jitterMs: number;
    /** Arrival of the first packet, in `performance.now()` time. */
    readonly firstMs: number | undefined;
    readonly digits: string;
  };
  readonly codec: Codec | undefined;
}

/** The statistics of a call that has no media yet. */
export const NO_MEDIA: MediaStatistics = {
  sent: { packets: 0, octets: 0, skipped: 0, reportedLost: undefined },
  received: {
    packets: 0,
    lost: 0,
    outOfOrder: 0,
    duplicates: 0,
    malformed: 0,
    jitterMs: 0,
    firstMs: undefined,
    digits: '',
  },
  codec: undefined,
};

export class RtpSession {
  readonly port: number;
  readonly ssrc = randomInt(1, 2 ** 32);
  readonly cname = randomBytes(8).toString('hex');
  readonly #sockets: RtpSockets;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: RtpSessionOptions;
  readonly #sender: RtpSender;
  readonly #receiver: RtpReceiver;
  readonly #pacer: Pacer;
  readonly #reporter: RtcpReporter;
  #remote: { address: string; port: number } | undefined;
  #remoteRtcp: { address: string; port: number } | undefined;
  #strangers = 0;
  #stranger = '';
  #started = false;
  #closed: Promise<void> | undefined;

  static async open(options: RtpSessionOptions): Promise<RtpSession> {
    return new RtpSession(await bindRtpSockets(options.host, options.port), options);
  }

  private constructor(sockets: RtpSockets, options: RtpSessionOptions) {
    this.#sockets = sockets;
    this.port = sockets.port;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silent;
    this.#sender = new RtpSender({
      ssrc: this.ssrc,
      sequence: randomInt(2 ** 15),
      timestamp: randomInt(2 ** 32),
      source: options.play,
    });
    this.#receiver = new RtpReceiver(this.#clock.now(), options.record ?? true);
    this.#pacer = new Pacer({
      intervalMs: FRAME_MS * (1 + (options.skewPpm ?? 0) / 1e6),
      clock: this.#clock,
      onTick: (slot, skipped) => this.#sendFrame(slot, skipped),
    });
    this.#reporter = new RtcpReporter({
      cname: this.cname,
      sender: this.#sender,
      receiver: this.#receiver,
      clock: this.#clock,
      send: async (report) => {
        if (this.#remoteRtcp) await send(sockets.rtcp, report, this.#remoteRtcp);
      },
    });
    sockets.rtp.on('message', (datagram, from) => this.#receiveRtp(datagram, from));
    sockets.rtcp.on('message', (datagram) => this.#reporter.receive(datagram));
    for (const socket of [sockets.rtp, sockets.rtcp]) {
      // An ICMP refusal of the far end surfaces here on some systems; media goes on regardless.
      socket.on('error', (error) =>
        this.#log('debug', 'RTP socket error', { error: error.message }),
      );
    }
  }

  /** What may come in: everything our last SDP named (RFC 3264 section 5.1), answered or not. */
  expect(formats: readonly ReceiveFormat[], eventPayloadType: number | undefined): void {
    this.#receiver.setFormats(formats, eventPayloadType);
  }

  /**
   * Where to send, and what has been agreed on; called again after each new offer and answer.
   * Without `sending` the stream rests: the far end holds the call.
   */
  negotiate(remote: RemoteMedia, format: SendFormat, sending = true): void {
    if (!isIPv4(remote.address) || !isIPv4(remote.rtcpAddress)) {
      throw new BridgeError(
        'CALL_FAILED',
        `The far end wants RTP at ${remote.address}, which is not an IPv4 address.`,
      );
    }
    this.#remote = { address: remote.address, port: remote.port };
    this.#remoteRtcp = { address: remote.rtcpAddress, port: remote.rtcpPort };
    this.#strangers = 0;
    this.#sender.setFormat(format);
    // An address of zeros is how hold was said before RFC 3264.
    this.#sender.sending = sending && remote.address !== '0.0.0.0';
  }

  start(): void {
    if (this.#started || this.#closed) return;
    this.#started = true;
    this.#pacer.start();
    this.#reporter.start();
  }

  set muted(muted: boolean) {
    this.#sender.muted = muted;
  }

  /** Resolves when the digit has been sent; rejects when the far end takes no telephone events. */
  sendDigit(digit: string, durationMs = 160): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#started || !this.#sender.queueDigit(digit, durationMs, resolve)) {
        reject(
          new BridgeError(
            'CALL_FAILED',
            `The digit "${digit}" cannot be sent: it is not one of 0-9 * # A-D, or the far end did not agree on telephone-event.`,
          ),
        );
      }
    });
  }

  get statistics(): MediaStatistics {
    const { statistics, malformed, firstMs, digits, codec } = this.#receiver;
    return {
      sent: {
        packets: this.#sender.packets,
        octets: this.#sender.octets,
        skipped: this.#sender.skipped,
        reportedLost: this.#reporter.reportedLost,
      },
      received: {
        packets: statistics.received,
        lost: statistics.lost,
        outOfOrder: statistics.outOfOrder,
        duplicates: statistics.duplicates,
        malformed,
        jitterMs: statistics.jitterMs,
        firstMs,
        digits,
      },
      codec: codec ?? this.#sender.format?.codec,
    };
  }

  recording(fromMs: number, toMs: number): Recording {
    return this.#receiver.recording(fromMs, toMs);
  }

  /** Says BYE by RTCP and releases both ports. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#pacer.stop();
    if (this.#started) await this.#reporter.stop();
    await Promise.all([closeSocket(this.#sockets.rtp), closeSocket(this.#sockets.rtcp)]);
  }

  #sendFrame(slot: number, skipped: number): void {
    const packet = this.#sender.packet(slot, skipped);
    if (!packet || !this.#remote) return;
    // Taken before, so that a measured delay never comes out too short.
    const timeMs = this.#clock.now();
    void send(this.#sockets.rtp, packet.bytes, this.#remote);
    this.#options.onPacketSent?.(packet.sequence, packet.timestamp, timeMs);
  }

  #receiveRtp(datagram: Uint8Array, from: RemoteInfo): void {
    const arrivalMs = this.#clock.now();
    const packet = this.#receiver.receive(datagram, arrivalMs);
    if (!packet) return;
    this.#follow(from);
    this.#options.onPacketReceived?.(packet.sequence, packet.timestamp, arrivalMs, packet.payload);
  }

  #follow({ address, port }: RemoteInfo): void {
    if (this.#remote?.address === address && this.#remote.port === port) {
      this.#strangers = 0;
      return;
    }
    const source = `${address}:${port}`;
    this.#strangers = source === this.#stranger ? this.#strangers + 1 : 1;
    this.#stranger = source;
    if (this.#strangers < SOURCE_PROBATION) return;
    this.#log('debug', 'RTP follows the source address', { source });
    this.#remote = { address, port };
    this.#remoteRtcp = { address, port: port + 1 };
  }
}

/** Resolves when the datagram has left, or failed to: losing one is what UDP does. */
function send(
  socket: Socket,
  bytes: Uint8Array,
  to: { readonly address: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve) => {
    socket.send(bytes, to.port, to.address, () => resolve());
  });
}
