/**
 * A call as the page sees it, whoever made it: what JsSIP's session knows, under this project's
 * names. Made and answered without a microphone and without ICE servers, which would only delay it.
 */
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { KeyPress } from '../media/dtmf.ts';
import { endSentence } from './end-cause.ts';

/** What JsSIP's types say nothing about. */
interface KeyEvent {
  readonly originator: string;
  readonly dtmf: { readonly tone: string };
}

/** How long a key is pressed, and the silence after it. */
const KEY_MS = 120;
const GAP_MS = 70;

export interface SipCallEvents {
  readonly onAnswered: () => void;
  readonly onHold: (held: boolean) => void;
  /** A key of the far end that came as SIP INFO. */
  readonly onKey: (digit: string) => void;
  readonly onEnded: (sentence: string, failed: boolean) => void;
}

export abstract class SipCall {
  /** The phone leg's Call-ID, the same in every log and file. */
  abstract readonly id: string;
  /** The far end. */
  abstract readonly caller: string;
  abstract readonly dialled: string;
  abstract readonly direction: 'inbound' | 'outbound';
  /** Key of the extension whose agent takes part. */
  abstract readonly extension: string;
  protected readonly session: RTCSession;
  #abandoned: string | undefined;

  constructor(session: RTCSession) {
    this.session = session;
  }

  follow({ onAnswered, onHold, onKey, onEnded }: SipCallEvents): void {
    let answered = false;
    this.session.on('accepted', () => {
      answered = true;
      onAnswered();
    });
    this.session.on('newDTMF', ({ originator, dtmf }: KeyEvent) => {
      if (originator === 'remote') onKey(dtmf.tone);
    });
    this.session.on('hold', () => onHold(true));
    this.session.on('unhold', () => onHold(false));
    this.session.on('ended', ({ originator, message, cause }) => {
      const reason = headerOf(message, 'Reason');
      const sentence = endSentence({ originator, cause, answered, reason });
      onEnded(this.#abandoned ?? sentence, this.#abandoned !== undefined);
    });
    this.session.on('failed', ({ originator, message, cause }) => {
      const reason = headerOf(message, 'Reason');
      const phrase = (message as { reason_phrase?: string } | null)?.reason_phrase;
      onEnded(endSentence({ originator, cause, answered, reason, phrase }), cause !== 'Canceled');
    });
  }

  /**
   * Presses keys among the audio (RFC 4733); false when the connection has no place for them.
   * `onSent` is told of each.
   */
  sendDigits(digits: string, onSent: (press: KeyPress) => void): boolean {
    const connection = this.session.connection as RTCPeerConnection | undefined;
    const dtmf = connection?.getSenders().find(({ track }) => track?.kind === 'audio')?.dtmf;
    if (dtmf?.canInsertDTMF !== true) return false;
    dtmf.ontonechange = ({ tone }) => {
      if (tone !== '') onSent({ digit: tone, durationMs: KEY_MS });
    };
    // What is still to be sent is kept: insertDTMF replaces it.
    dtmf.insertDTMF(dtmf.toneBuffer + digits.toUpperCase(), KEY_MS, GAP_MS);
    return true;
  }

  /** The far end may have given up. */
  hasEnded(): boolean {
    return this.session.isEnded();
  }

  hangUp(): void {
    if (!this.hasEnded()) this.session.terminate();
  }

  /** Ends a call that cannot go on; the far end is told why (RFC 3326). */
  abandon(why: string, status = 500): void {
    if (this.hasEnded()) return;
    this.#abandoned = why;
    this.session.terminate({ status_code: status, reason_phrase: why });
  }
}

/** JsSIP types a missing header, and a missing message, as present. */
export function headerOf(
  message: { getHeader(name: string): string | undefined } | null | undefined,
  name: string,
): string | undefined {
  return message?.getHeader(name);
}
