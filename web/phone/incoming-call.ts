/**
 * One call to the page: what JsSIP's session knows, under this project's names. Answered with our own
 * stream, so that no microphone is asked for, and without ICE servers, which would only delay it.
 */
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { IncomingRequest } from 'jssip/lib/SIPMessage';
import { HEADER_CALL_ID, HEADER_DIALLED } from '../../common/api.ts';
import { endSentence } from './end-cause.ts';

export interface IncomingCallEvents {
  /** Before anything of the media is negotiated: the place to attach to tracks. */
  readonly onConnection: (connection: RTCPeerConnection) => void;
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

  constructor(session: RTCSession, request: IncomingRequest) {
    this.#session = session;
    this.id = headerOf(request, HEADER_CALL_ID) ?? headerOf(request, 'Call-ID') ?? session.id;
    const { display_name: name, uri } = session.remote_identity;
    this.caller = name === '' || name === uri.user ? uri.user : `${name} (${uri.user})`;
    this.dialled = headerOf(request, HEADER_DIALLED) ?? request.ruri.user;
  }

  answer(stream: MediaStream, events: IncomingCallEvents): void {
    const session = this.#session;
    let answered = false;
    session.on('peerconnection', ({ peerconnection }) => events.onConnection(peerconnection));
    // One candidate is enough: the media server learns the page's address from its checks.
    session.on('icecandidate', ({ ready }) => ready());
    session.on('accepted', () => {
      answered = true;
      events.onAnswered();
    });
    session.on('hold', () => events.onHold(true));
    session.on('unhold', () => events.onHold(false));
    session.on('ended', ({ originator, message, cause }) => {
      const reason = headerOf(message, 'Reason');
      events.onEnded(endSentence({ originator, cause, answered, reason }), false);
    });
    session.on('failed', ({ originator, message, cause }) => {
      const reason = headerOf(message, 'Reason');
      events.onEnded(endSentence({ originator, cause, answered, reason }), cause !== 'Canceled');
    });
    session.answer({ mediaStream: stream, pcConfig: { iceServers: [] } });
  }

  hangUp(): void {
    if (!this.#session.isEnded()) this.#session.terminate();
  }

  refuse(status: number, reason: string): void {
    this.#session.terminate({ status_code: status, reason_phrase: reason });
  }
}

/** JsSIP types a missing header, and a missing message, as present. */
function headerOf(
  message: { getHeader(name: string): string | undefined } | null | undefined,
  name: string,
): string | undefined {
  return message?.getHeader(name);
}
