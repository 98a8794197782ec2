/**
 * What a call asks of the media engine, whichever engine it is. The implementation over the ng
 * protocol is server/media-link.ts; a call never sees flags of the protocol.
 *
 * Offers go in any direction, phone or page to phone or page: only who the resulting SDP is for
 * has to be said. A call that rings several peers at once makes one offer with a `branch` of its own
 * to each; they share the caller's media, and each is answered, or released, by its branch.
 */

/** The kind of peer an SDP is for. */
export type MediaPeer = 'page' | 'phone';

export interface MediaLeg {
  readonly callId: string;
  /** Tag of the side whose offer it is: of a re-offer by the callee, the callee's. */
  readonly fromTag: string;
  /** Tag of the other side, as soon as it has one. */
  readonly toTag?: string;
  /** Tells offers apart that are open at the same time; any word that is unique within the call. */
  readonly branch?: string;
  /** IP address the SIP message with this SDP came from: of an answer, the answering side's. */
  readonly receivedFrom?: string;
}

export interface CallMedia {
  /** The offer of `fromTag` → the offer for `to` (a page when not said: ICE, DTLS-SRTP). */
  offer(leg: MediaLeg, sdp: string, to?: MediaPeer): Promise<string>;
  /** The answer of `toTag` → the answer for the offering side (a phone when not said: plain RTP). */
  answer(leg: MediaLeg & { toTag: string }, sdp: string, to?: MediaPeer): Promise<string>;
  /**
   * Releases ports and sessions: of one branch when the leg names one, of the whole call otherwise.
   * Never rejects: a call that ends must end.
   */
  release(leg: MediaLeg): Promise<void>;
}
