/**
 * What a call asks of the media engine, whichever engine it is. The implementation over the ng
 * protocol is made in application.ts; a call never sees flags or tags of the protocol.
 */
export interface CallMedia {
  /** The phone's offer → the offer for the page (ICE, DTLS-SRTP). */
  offer(leg: { callId: string; fromTag: string }, sdp: string): Promise<string>;
  /** The page's answer → the answer for the phone (plain RTP). */
  answer(leg: { callId: string; fromTag: string; toTag: string }, sdp: string): Promise<string>;
  /** Releases ports and sessions. Never rejects: a call that ends must end. */
  release(leg: { callId: string; fromTag: string }): Promise<void>;
}
