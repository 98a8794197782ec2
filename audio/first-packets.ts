/**
 * The first packets of a call. What a phone says while the path is still being made (ICE, DTLS) waits
 * on the way and comes all at once: it is then that much older than it looks, and the silence since
 * the answer that much shorter. One packet cannot tell, so the first waits for a moment to see
 * whether more come with it.
 */
import type { WaitingFrame } from './frame-shelf.ts';

export interface FirstPacket extends WaitingFrame {
  readonly ssrc: number;
}

/** ms: less than any packet time in use, more than it takes to read a backlog. */
const TOGETHER = 10;

export class FirstPackets {
  #packets: FirstPacket[] = [];

  get isEmpty(): boolean {
    return this.#packets.length === 0;
  }

  /** Copies the samples: the caller's view ends with its call. */
  put(timestamp: number, ssrc: number, samples: Int16Array, arrivedAt: number): void {
    this.#packets.push({ timestamp, ssrc, samples: samples.slice(), arrivedAt });
  }

  /** Whether a packet that comes now is one of them no more. */
  areComplete(now: number): boolean {
    const [first] = this.#packets;
    return first !== undefined && now - first.arrivedAt >= TOGETHER;
  }

  /** All, with the earliest of the last one's stream first; forgets them. */
  take(): readonly FirstPacket[] {
    const packets = this.#packets;
    this.#packets = [];
    const ssrc = packets.at(-1)?.ssrc;
    return packets
      .filter((packet) => packet.ssrc === ssrc)
      .sort((one, other) => (one.timestamp - other.timestamp) | 0);
  }
}
