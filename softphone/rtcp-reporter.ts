/**
 * RTCP of one call: a report every five seconds, a last one with BYE, and what the far end's
 * reports say about us (RFC 3550 section 6.4).
 */
import type { Clock } from './pacer.ts';
import { parseRtcp, writeRtcp, type RtcpReport } from './rtcp.ts';
import type { RtpReceiver } from './rtp-receiver.ts';
import type { RtpSender } from './rtp-sender.ts';

const INTERVAL_MS = 5000;

export interface RtcpReporterOptions {
  readonly cname: string;
  readonly sender: RtpSender;
  readonly receiver: RtpReceiver;
  readonly clock: Clock;
  /** Resolves when the packet has left. */
  readonly send: (report: Uint8Array) => Promise<void>;
}

export class RtcpReporter {
  /** Packets of ours the far end has missed, as it last said. */
  reportedLost: number | undefined;
  readonly #options: RtcpReporterOptions;
  #timer: unknown;
  #lastSenderReport = 0;
  #lastSenderReportMs = 0;

  constructor(options: RtcpReporterOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = this.#options.clock.setTimer(() => {
      this.start();
      void this.#report(false);
    }, INTERVAL_MS);
  }

  async stop(): Promise<void> {
    this.#options.clock.clearTimer(this.#timer);
    await this.#report(true);
  }

  receive(datagram: Uint8Array): void {
    const { sender, clock } = this.#options;
    const seen = parseRtcp(datagram, sender.ssrc);
    if (!seen) return;
    if (seen.senderReport !== undefined) {
      this.#lastSenderReport = seen.senderReport;
      this.#lastSenderReportMs = clock.now();
    }
    if (seen.aboutUs) this.reportedLost = seen.aboutUs.cumulativeLost;
  }

  #report(bye: boolean): Promise<void> {
    const { sender, cname, send } = this.#options;
    const { ssrc, timestamp, packets, octets } = sender;
    const received = this.#received();
    return send(
      writeRtcp({
        ssrc,
        cname,
        wallMs: Date.now(),
        bye,
        ...(packets > 0 && { sent: { timestamp, packets, octets } }),
        ...(received && { received }),
      }),
    );
  }

  #received(): RtcpReport['received'] {
    const { receiver, clock } = this.#options;
    if (receiver.ssrc === undefined) return undefined;
    const seconds = (clock.now() - this.#lastSenderReportMs) / 1000;
    return {
      ssrc: receiver.ssrc,
      loss: receiver.statistics.report(),
      lastSenderReport: this.#lastSenderReport,
      delaySinceLast: this.#lastSenderReport === 0 ? 0 : Math.round(seconds * 65_536),
    };
  }
}
