/**
 * The page's socket and the agent's, joined: every frame goes through as it is and at once. Neither
 * side can fill the memory here: whoever sends faster than the other reads is not read from until
 * that one has caught up, so that the sender's own queue grows, where it is counted and cut.
 *
 * The agent is asked for a sign of life. How long its pong takes says how far behind it reads, for a
 * ping queues behind the audio; none at all, and nothing else either, and it is gone.
 */
import { WebSocket } from 'ws';
import { CLOSED_HERE, DROPPED, NO_SIGN_OF_LIFE } from '../../agent/dialects/closes.ts';
import { clip } from './agent-connection.ts';

/** Two seconds of the caller's voice. */
const HIGH_BYTES = 64 * 1024;
const LOW_BYTES = 16 * 1024;
/** Pings without an answer, or anything else, after which an agent is gone. */
const MISSED_PINGS = 3;
/** 1005 and 1006 are never sent, they say that no close frame came (RFC 6455 §7.4.1). */
const NO_CLOSE_FRAME: ReadonlyMap<number, number> = new Map([
  [1005, 1000],
  [1006, 1011],
  [1015, 1011],
]);

const BINARY = { binary: true };
const TEXT = { binary: false };

export interface VoiceLinkOptions {
  readonly page: WebSocket;
  /** Open. */
  readonly agent: WebSocket;
  readonly pingMs: number;
  /** How long the agent took to answer a ping. */
  readonly onLag: (ms: number) => void;
  /** The agent's socket is closed; not told when the page went first. */
  readonly onAgentClosed: (code: number, reason: string) => void;
}

export class VoiceLink {
  readonly #options: VoiceLinkOptions;
  readonly #pinger: NodeJS.Timeout | undefined;
  #pingedAt: number | undefined;
  #missed = 0;
  /** Why it ended, where no close frame says so. */
  #fault = DROPPED;

  constructor(options: VoiceLinkOptions) {
    this.#options = options;
    const { page, agent, pingMs } = options;
    pass(page, agent);
    pass(agent, page);
    agent.on('pong', () => this.#ponged());
    agent.on('message', () => (this.#missed = 0));
    if (pingMs > 0) this.#pinger = setInterval(() => this.#ping(), pingMs);
    agent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith('WS_ERR') === true) this.#fault = error.message;
    });
    agent.on('close', (code, reason) => this.#agentClosed(code, reason));
    page.on('close', () => {
      clearInterval(this.#pinger);
      letFlow(agent);
      if (agent.readyState === WebSocket.OPEN) agent.close(1000);
    });
  }

  #ping(): void {
    const { agent } = this.#options;
    // A page that does not read keeps us from hearing the agent: that is not the agent's fault.
    if (agent.isPaused || agent.readyState !== WebSocket.OPEN) return;
    if (this.#missed >= MISSED_PINGS) {
      this.#fault = NO_SIGN_OF_LIFE;
      agent.terminate();
      return;
    }
    this.#missed += 1;
    if (this.#pingedAt !== undefined) {
      this.#options.onLag(performance.now() - this.#pingedAt);
      return;
    }
    this.#pingedAt = performance.now();
    agent.ping();
  }

  #ponged(): void {
    this.#missed = 0;
    if (this.#pingedAt === undefined) return;
    this.#options.onLag(performance.now() - this.#pingedAt);
    this.#pingedAt = undefined;
  }

  #agentClosed(code: number, reason: Buffer): void {
    clearInterval(this.#pinger);
    const { page, onAgentClosed } = this.#options;
    // What it had not read yet nobody wants any more.
    letFlow(page);
    if (page.readyState !== WebSocket.OPEN) return;
    const said = code === 1006 ? clip(`${CLOSED_HERE}${this.#fault}`) : reason.toString();
    onAgentClosed(code, said);
    page.close(NO_CLOSE_FRAME.get(code) ?? code, said);
  }
}

/** Only one that is paused: `ws` cannot bear `resume` on a socket whose handshake was just given up. */
export function letFlow(socket: WebSocket): void {
  if (socket.isPaused) socket.resume();
}

function pass(from: WebSocket, to: WebSocket): void {
  const written = () => {
    if (to.bufferedAmount < LOW_BYTES) letFlow(from);
  };
  from.on('message', (data, binary) => {
    if (to.readyState !== WebSocket.OPEN) return;
    to.send(data as Buffer, binary ? BINARY : TEXT, written);
    if (to.bufferedAmount > HIGH_BYTES) from.pause();
  });
}
