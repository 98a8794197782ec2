/**
 * One call to the page: what JsSIP's session knows, under this project's names. Answered without a
 * microphone and without ICE servers, which would only delay it.
 */
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { IncomingRequest } from 'jssip/lib/SIPMessage';
import { HEADER_CALL_ID, HEADER_DIALLED } from '../../common/api.ts';
import { endSentence } from './end-cause.ts';

export interface IncomingCallEvents {
  readonly onAnswered: () => void;
  readonly onHold: (held: boolean) => void;
  readonly onEnded: (sentence: string, failed: boolean) => void;
}

export class IncomingCall {
  /** The phone leg's Call-ID, the same in every log and file. */
  readonly id: string;
  readonly caller: string;
  readonly dialled: string;
  readonly #session: RTCSession;
  #abandoned: string | undefined;

  constructor(session: RTCSession, request: IncomingRequest) {
    this.#session = session;
    this.id = headerOf(request, HEADER_CALL_ID) ?? headerOf(request, 'Call-ID') ?? session.id;
    const { display_name: name, uri } = session.remote_identity;
    this.caller = nameOf(name, uri.user);
    this.dialled = headerOf(request, HEADER_DIALLED) ?? request.ruri.user;
  }

  follow({ onAnswered, onHold, onEnded }: IncomingCallEvents): void {
    let answered = false;
    this.#session.on('accepted', () => {
      answered = true;
      onAnswered();
    });
    this.#session.on('hold', () => onHold(true));
    this.#session.on('unhold', () => onHold(false));
    this.#session.on('ended', ({ originator, message, cause }) => {
      const reason = headerOf(message, 'Reason');
      const sentence = endSentence({ originator, cause, answered, reason });
      onEnded(this.#abandoned ?? sentence, this.#abandoned !== undefined);
    });
    this.#session.on('failed', ({ originator, message, cause }) => {
      const reason = headerOf(message, 'Reason');
      onEnded(endSentence({ originator, cause, answered, reason }), cause !== 'Canceled');
    });
  }

  /**
   * `attach` gets the connection before anything is negotiated: the place to listen for tracks, and
   * to put one's own in when the offer has made a place for it.
   */
  answer(certificate: RTCCertificate, attach: (connection: RTCPeerConnection) => void): void {
    this.#session.on('peerconnection', ({ peerconnection }) => attach(peerconnection));
    // One candidate is enough: the media server learns the page's address from its checks.
    this.#session.on('icecandidate', ({ ready }) => ready());
    // An empty stream keeps JsSIP from asking for the microphone.
    this.#session.answer({
      mediaStream: new MediaStream(),
      pcConfig: { iceServers: [], certificates: [certificate] },
    });
  }

  /** The caller may have given up, and then there is nothing left to answer. */
  hasEnded(): boolean {
    return this.#session.isEnded();
  }

  hangUp(): void {
    if (!this.hasEnded()) this.#session.terminate();
  }

  /** Ends a call that cannot go on; the far end is told why (RFC 3326). */
  abandon(why: string): void {
    if (this.hasEnded()) return;
    this.#abandoned = why;
    this.#session.terminate({ status_code: 500, reason_phrase: why });
  }

  refuse(status: number, reason: string): void {
    if (this.hasEnded()) return;
    this.#session.terminate({ status_code: status, reason_phrase: reason });
  }
}

/** JsSIP types a missing display name as present. */
function nameOf(display: string | undefined, user: string): string {
  return display === undefined || display === '' || display === user
    ? user
    : `${display} (${user})`;
}

/** JsSIP types a missing header, and a missing message, as present. */
function headerOf(
  message: { getHeader(name: string): string | undefined } | null | undefined,
  name: string,
): string | undefined {
  return message?.getHeader(name);
}
