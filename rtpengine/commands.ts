/**
 * Sends ng commands through `rtpengine-client` and repeats them until an answer comes. The package
 * sends each command once, so one lost datagram is a lost call; the ng protocol has cookies for
 * exactly this: the same datagram again is answered again, not executed again. This file is the
 * only one that touches the package's internals, two of them:
 *   socket    its `send` is watched to get hold of the encoded datagram, and its `message` listener
 *             is replaced: the package prints what it cannot decode and what nobody waits for any
 *             more (the second answer to a repeated command, one after its deadline), and it looks
 *             a tick later than the answer came, when the command may have been given up;
 *   messages  cookie → callback, to answer a command or to forget it.
 */
import { once } from 'node:events';
import rtpengineClient, { type Client } from 'rtpengine-client';
import { decode, encode, isDictionary, type Encodable } from './embedded/bencode.ts';

/** The package's names; on the wire they are words: `play media`. */
export type Command =
  | 'ping'
  | 'offer'
  | 'answer'
  | 'delete'
  | 'query'
  | 'list'
  | 'statistics'
  | 'blockMedia'
  | 'unblockMedia'
  | 'blockDTMF'
  | 'unblockDTMF'
  | 'silenceMedia'
  | 'unsilenceMedia'
  | 'playMedia'
  | 'stopMedia'
  | 'playDTMF'
  | 'startRecording'
  | 'stopRecording';
/** Commands that may carry bytes. */
const WIRE_NAMES: Readonly<Partial<Record<Command, string>>> = { playMedia: 'play media' };

export type Reply = Readonly<Record<string, unknown>>;

/** Times from the first sending, in ms. */
export interface Timing {
  readonly resends: readonly number[];
  readonly deadline: number;
}

export const TIMING: Timing = { resends: [250, 750, 1750], deadline: 4000 };

/** No answer, or no way to send. */
export class NoReply extends Error {
  override readonly name = 'NoReply';
}

/** The package makes cookies of a UUID's length and takes no others. */
const COOKIE_LENGTH = 36;

export class Commands {
  readonly #client: Client;
  readonly #host: string;
  readonly #port: number;
  readonly #timing: Timing;
  /** Reject the commands that are not done. */
  readonly #open = new Set<(reason: Error) => void>();
  #sent: Buffer = Buffer.alloc(0);
  /** What to encode in place of what the package has encoded. */
  #message: Encodable | undefined;
  #closed = false;

  private constructor(client: Client, host: string, port: number, timing: Timing) {
    this.#client = client;
    this.#host = host;
    this.#port = port;
    this.#timing = timing;
    const { socket } = client;
    const send = socket.send.bind(socket) as (...args: unknown[]) => void;
    socket.send = (datagram: Buffer, ...rest: unknown[]) => {
      const cookie = datagram.subarray(0, COOKIE_LENGTH + 1);
      // The package makes text of bytes that are none.
      this.#sent =
        this.#message === undefined ? datagram : Buffer.concat([cookie, encode(this.#message)]);
      send(this.#sent, ...rest);
    };
    socket.removeAllListeners('message');
    socket.on('message', (datagram) => {
      const cookie = datagram.toString('latin1', 0, COOKIE_LENGTH);
      const callback = client.messages.get(cookie);
      const reply = callback && replyIn(datagram);
      if (!callback || !reply) return;
      client.messages.delete(cookie);
      callback(null, reply);
    });
  }

  static async open(host: string, port: number, timing: Timing = TIMING): Promise<Commands> {
    const client = new rtpengineClient.Client({});
    await once(client, 'listening');
    // Errors of the socket reach their command through its callback; none may end the process.
    client.on('error', () => undefined);
    return new Commands(client, host, port, timing);
  }

  /** Resolves with the answer, whatever it says; rejects with NoReply. */
  async send(command: Command, params: object): Promise<Reply> {
    if (this.#closed) throw new NoReply('the client is closed');
    this.#message = hasBytes(params) ? { ...params, command: WIRE_NAMES[command] } : undefined;
    const answer = this.#client[command](this.#port, this.#host, params);
    this.#message = undefined;
    const datagram = this.#sent;
    const cookie = datagram.toString('latin1', 0, COOKIE_LENGTH);
    const timers: NodeJS.Timeout[] = [];
    let reject: (reason: Error) => void = () => undefined;
    const failure = new Promise<never>((_, fail) => (reject = fail));
    this.#open.add(reject);
    for (const after of this.#timing.resends) {
      timers.push(setTimeout(() => this.#resend(datagram), after));
    }
    const { deadline } = this.#timing;
    timers.push(setTimeout(() => reject(new NoReply(`no answer within ${deadline} ms`)), deadline));
    try {
      return await Promise.race([answer, failure]);
    } catch (thrown) {
      if (thrown instanceof NoReply) throw thrown;
      throw new NoReply(thrown instanceof Error ? thrown.message : String(thrown), {
        cause: thrown,
      });
    } finally {
      for (const timer of timers) clearTimeout(timer);
      this.#open.delete(reject);
      this.#client.messages.delete(cookie);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const reject of this.#open) reject(new NoReply('the client was closed'));
    const closed = once(this.#client.socket, 'close');
    this.#client.close();
    await closed;
  }

  #resend(datagram: Buffer): void {
    // A failed repetition is no event of its own: the deadline speaks for all of them.
    this.#client.socket.send(datagram, this.#port, this.#host, () => undefined);
  }
}

function hasBytes(params: object): params is Record<string, Encodable> {
  return Object.values(params).some((value) => Buffer.isBuffer(value));
}

/** Undefined when it is no answer. */
function replyIn(datagram: Buffer): Reply | undefined {
  if (datagram[COOKIE_LENGTH] !== 0x20) return undefined;
  try {
    const message = decode(datagram.subarray(COOKIE_LENGTH + 1));
    return isDictionary(message) ? message : undefined;
  } catch {
    return undefined;
  }
}
