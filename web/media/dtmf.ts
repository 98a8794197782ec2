/**
 * Keys the caller presses. They travel as RTP telephone-event packets among the audio packets
 * (RFC 4733, https://www.rfc-editor.org/rfc/rfc4733#section-2.3): event, end bit, volume, duration;
 * every packet of one key carries the same RTP timestamp, and the last one is sent three times.
 */
const KEYS = '0123456789*#ABCD';

export class DtmfReader {
  #lastTimestamp: number | undefined;

  /** The key, once per key press; undefined for a repetition or a packet that is not a key. */
  push(rtpTimestamp: number, payload: Uint8Array): string | undefined {
    if (payload.length < 4 || rtpTimestamp === this.#lastTimestamp) return undefined;
    const key = KEYS[payload[0] ?? KEYS.length];
    if (key !== undefined) this.#lastTimestamp = rtpTimestamp;
    return key;
  }
}
