/**
 * One call at a built-in agent: a WebSocket and the agent's side of a dialect. What is heard comes
 * as samples and words, what is said goes out in the dialect; once the call is over nothing does.
 */
import { performance } from 'node:perf_hooks';
import type { WebSocket } from 'ws';
import type { Log } from '../../common/log.ts';
import type { Fields } from '../dialects/fields.ts';
import type { Endpoint, Heard } from './types.ts';

/** Whoever keeps what passes. */
export interface LineTap {
  readonly message: (from: 'caller' | 'agent', message: Uint8Array | string) => void;
  /** Valid during the call only. */
  readonly heard: (samples: Int16Array) => void;
  /** A chunk in the encoding and rate of the endpoint's output. */
  readonly said: (bytes: Uint8Array) => void;
}

export interface LineOptions {
  readonly id: string;
  readonly endpoint: Endpoint;
  readonly log: Log;
  readonly tap?: LineTap | undefined;
  /** The dialect's session has begun: the agent may speak. */
  readonly onStarted?: () => void;
  readonly onClosed?: () => void;
}

export interface LineEvents {
  /** The samples are valid during the call only. */
  readonly onAudio?: (samples: Int16Array) => void;
  readonly onWord?: (heard: Exclude<Heard, { type: 'audio' }>) => void;
  readonly onClosed?: (code: number, reason: string) => void;
}

export class Line {
  readonly id: string;
  readonly endpoint: Endpoint;
  /** Bytes of audio said so far, and when the last of them was, by `performance.now()`. */
  saidBytes = 0;
  saidAt = performance.now();
  /** Audio is no longer sent; everything else is. */
  muted = false;
  /** How the socket closed, once it has. */
  closed: { readonly code: number; readonly reason: string } | undefined;

  readonly #socket: WebSocket;
  #events: LineEvents = {};
  readonly #tap: LineTap | undefined;

  readonly #onStarted: (() => void) | undefined;

  constructor(socket: WebSocket, options: LineOptions) {
    const { id, endpoint, log, tap, onStarted, onClosed } = options;
    this.#tap = tap;
    this.#onStarted = onStarted;
    this.id = id;
    this.endpoint = endpoint;
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      if (this.isOpen) this.#hear(isBinary ? data : data.toString());
    });
    socket.on('error', (error) => log('debug', `Agent: ${error.message}`, { callId: id }));
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#events.onClosed?.(code, this.closed.reason);
      onClosed?.();
    });
    for (const text of endpoint.greeting()) this.#send(text);
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** One listener: the agent that has taken the call. */
  listen(events: LineEvents): void {
    this.#events = events;
  }

  /** A chunk in the encoding and rate of the endpoint's output. */
  say(bytes: Uint8Array): void {
    if (this.muted) return;
    this.saidBytes += bytes.length;
    this.saidAt = performance.now();
    this.#tap?.said(bytes);
    this.#send(this.endpoint.speak(bytes));
  }

  tell(event: { readonly type: string } & Fields): void {
    this.#send(this.endpoint.tell(event));
  }

  /** All of an answer is said. */
  finish(): void {
    this.#send(this.endpoint.finish());
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Drops the connection without a goodbye. */
  drop(): void {
    this.#socket.terminate();
  }

  #hear(message: Uint8Array | string): void {
    this.#tap?.message('caller', message);
    const heard = this.endpoint.hear(message);
    if (heard.type === 'audio') {
      this.#tap?.heard(heard.samples);
      this.#events.onAudio?.(heard.samples);
      return;
    }
    if (heard.type === 'started') this.#onStarted?.();
    this.#events.onWord?.(heard);
    if (heard.type === 'end' || (heard.type === 'fault' && heard.fatal))
      this.close(1000, heard.type);
  }

  #send(message: Uint8Array | string | undefined): void {
    if (message === undefined || !this.isOpen) return;
    this.#tap?.message('agent', message);
    this.#socket.send(message);
  }
}
