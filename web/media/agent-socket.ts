/**
 * The WebSocket to the agent, for as long as the call lasts. It opens when the call arrives, keeps at
 * most one second of frames until it is open (newest wins: an agent wants the present, not the past),
 * and comes back with exponential back-off when it drops, while the phone call stays up.
 *
 * What goes over the wire is the dialect's to say: every connection is a new session of it, which
 * begins with its opening, wraps frames, and knows what may be sent beside them, often nothing.
 */
import type { Control, Dialect, DialectSession } from '../../agent/dialects/types.ts';
import { CLOSE_AGENT_REFUSED, CLOSE_AGENT_UNREACHABLE } from '../../common/api.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { SocketStatus } from './report.ts';

const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 5_000;
/** A connection counts as open when it has lasted this long, or when the agent's voice comes. */
const CONFIRM_MS = 300;
/** An agent that ought to greet and has not after this time gets its audio all the same. */
const GREETING_MS = 2_000;
/** A connection that lasted this long was a good one: the back-off starts over. */
const STABLE_MS = 5_000;
/** 2 s of 16 kHz audio: an agent that is further behind wants the present, not the past. */
const MAX_BACKLOG_BYTES = 64_000;

/** What is used of a WebSocket. */
export interface SocketLike {
  binaryType: 'arraybuffer' | 'blob';
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  send(data: Int16Array | string): void;
  close(code?: number, reason?: string): void;
}

export interface AgentSocketOptions {
  readonly url: string;
  readonly dialect: Dialect;
  readonly callId: string;
  /** The agent's name for sentences. */
  readonly name: string;
  /** Frames to keep while the socket is not open. */
  readonly holdFrames: number;
  readonly frameSamples: number;
  readonly connect: (url: string) => SocketLike;
  readonly explainClose: (code: number, reason: string) => string;
  readonly onBinary: (bytes: Uint8Array<ArrayBuffer>) => void;
  readonly onText: (text: string) => void;
  readonly onStatus: (status: SocketStatus) => void;
  readonly now: () => number;
  readonly random: () => number;
}

export class AgentSocket {
  /** To a connection that has proved good. */
  framesSent = 0;
  framesDropped = 0;

  readonly #options: AgentSocketOptions;
  /** Ring of frames that wait for the socket. */
  readonly #held: Int16Array;
  #heldFrames = 0;
  #heldStart = 0;
  #socket: SocketLike | undefined;
  #session: DialectSession;
  #attempt = 0;
  #isOpen = false;
  /** Open, and the agent has greeted where it does. */
  #takesAudio = false;
  #isConfirmed = false;
  /** What went to a connection that is not confirmed: it may have been to nobody. */
  #framesInDoubt = 0;
  #openedAt = 0;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #greetingTimer: ReturnType<typeof setTimeout> | undefined;
  #closing = false;
  #ended = false;
  #onClosed: (() => void) | undefined;

  constructor(options: AgentSocketOptions) {
    this.#options = options;
    this.#held = new Int16Array(options.holdFrames * options.frameSamples);
    this.#report({ state: 'connecting', sentence: `Connecting to the agent (${options.name}).` });
    this.#session = this.#connect();
  }

  /** What was said on the present connection, or on the last one. */
  get session(): DialectSession {
    return this.#session;
  }

  /** The agent can be spoken to. */
  get isOpen(): boolean {
    return this.#isConfirmed;
  }

  get backlogBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Sends one frame, or keeps a copy of it until the socket is open. */
  send(frame: Int16Array): void {
    if (this.#closing) return;
    if (this.#socket === undefined || !this.#takesAudio) {
      this.#hold(frame);
    } else if (this.#socket.bufferedAmount > MAX_BACKLOG_BYTES) {
      this.framesDropped += 1;
    } else {
      this.#transmit(this.#socket, frame);
    }
  }

  /** Says it if the dialect has a word for it. */
  say(control: Control): void {
    this.reply(this.#session.control(control));
  }

  /** Sends what the session itself has made. */
  reply(text: string | undefined): void {
    if (text !== undefined && this.#isOpen && !this.#closing) this.#socket?.send(text);
  }

  /** The agent has greeted: audio may go. */
  greeted(): void {
    clearTimeout(this.#greetingTimer);
    if (this.#isOpen && !this.#takesAudio && this.#socket !== undefined)
      this.#release(this.#socket);
  }

  /** The agent said goodbye: a close that follows is the end, not a drop. */
  expectEnd(): void {
    this.#ended = true;
  }

  /** Resolves when the socket is closed, or after a second. Idempotent. */
  close(): Promise<void> {
    if (this.#closing) return Promise.resolve();
    this.say({ type: 'end' });
    this.#closing = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#greetingTimer);
    const socket = this.#socket;
    if (socket === undefined) {
      this.#report({ state: 'closed', sentence: 'The call is over.' });
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const giveUp = setTimeout(resolve, 1_000);
      this.#onClosed = () => {
        clearTimeout(giveUp);
        resolve();
      };
      socket.close(1000, 'call ended');
    });
  }

  #connect(): DialectSession {
    const { connect, url, onBinary, onText, dialect, callId } = this.#options;
    const session = dialect.start({ callId, attempt: this.#attempt });
    this.#attempt += 1;
    const socket = connect(url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onopen = () => {
      this.#isOpen = true;
      this.#openedAt = this.#options.now();
      for (const text of session.opening()) socket.send(text);
      if (dialect.greets) this.#greetingTimer = setTimeout(() => this.greeted(), GREETING_MS);
      else this.#release(socket);
      // The bridge takes the socket before the agent does: believe it a bit later.
      this.#timer = setTimeout(() => this.#confirm(), CONFIRM_MS);
    };
    socket.onmessage = ({ data }) => {
      if (this.#closing) return;
      // Text alone proves nothing: some accept only to say why they do not.
      if (!this.#isConfirmed && data instanceof ArrayBuffer) this.#confirm();
      if (data instanceof ArrayBuffer) onBinary(new Uint8Array(data));
      else if (typeof data === 'string') onText(data);
    };
    socket.onclose = ({ code, reason }) => {
      this.#socket = undefined;
      this.#onClose(code, reason);
    };
    return session;
  }

  #confirm(): void {
    clearTimeout(this.#timer);
    this.#isConfirmed = true;
    this.framesSent += this.#framesInDoubt;
    this.#framesInDoubt = 0;
    const { name } = this.#options;
    this.#report({ state: 'open', sentence: `Connected to the agent (${name}).` });
  }

  #onClose(code: number, reason: string): void {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#takesAudio = false;
    this.#isConfirmed = false;
    this.framesDropped += this.#framesInDoubt;
    this.#framesInDoubt = 0;
    clearTimeout(this.#timer);
    clearTimeout(this.#greetingTimer);
    if (this.#closing) {
      this.#report({ state: 'closed', sentence: 'The call is over.' });
      this.#onClosed?.();
      return;
    }
    const why = this.#options.explainClose(code, reason);
    if (this.#ended || this.#options.dialect.goodbyeCodes.includes(code)) {
      this.#report({ state: 'closed', sentence: `The agent ended its session. ${why}` });
      return;
    }
    if (wasOpen && this.#options.now() - this.#openedAt >= STABLE_MS) this.#failures = 0;
    const wait = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.#failures);
    // Half fixed, half random: many calls that lost one agent do not come back in one instant.
    const delay = wait / 2 + (wait / 2) * this.#options.random();
    this.#failures += 1;
    this.#report({
      state: 'reconnecting',
      sentence: `${why} Trying again in ${(delay / 1_000).toFixed(1)} s.`,
      code: codeOf(code),
    });
    this.#timer = setTimeout(() => (this.#session = this.#connect()), delay);
  }

  #hold(frame: Int16Array): void {
    const { holdFrames, frameSamples } = this.#options;
    if (this.#heldFrames === holdFrames) {
      this.#heldStart = (this.#heldStart + 1) % holdFrames;
      this.#heldFrames -= 1;
      this.framesDropped += 1;
    }
    const at = (this.#heldStart + this.#heldFrames) % holdFrames;
    this.#held.set(frame, at * frameSamples);
    this.#heldFrames += 1;
  }

  #release(socket: SocketLike): void {
    const { holdFrames, frameSamples } = this.#options;
    this.#takesAudio = true;
    for (; this.#heldFrames > 0; this.#heldFrames -= 1) {
      const at = this.#heldStart * frameSamples;
      this.#transmit(socket, this.#held.subarray(at, at + frameSamples));
      this.#heldStart = (this.#heldStart + 1) % holdFrames;
    }
  }

  #transmit(socket: SocketLike, frame: Int16Array): void {
    socket.send(this.#session.encode(frame));
    if (this.#isConfirmed) this.framesSent += 1;
    else this.#framesInDoubt += 1;
  }

  #report(status: SocketStatus): void {
    this.#options.onStatus(status);
  }
}

function codeOf(closeCode: number): ErrorCode {
  if (closeCode === CLOSE_AGENT_UNREACHABLE) return 'AGENT_UNREACHABLE';
  return closeCode === CLOSE_AGENT_REFUSED ? 'AGENT_REFUSED' : 'AGENT_CLOSED';
}
