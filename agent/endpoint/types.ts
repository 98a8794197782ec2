/**
 * The agent's side of a dialect: what an agent of that kind hears and says. The built-in agents are
 * written against this, so that each of them speaks every dialect, and the tests hold the two sides
 * of a dialect against each other.
 */
import type { Fields } from '../dialects/fields.ts';

/** What a text-to-speech engine yields. */
export interface Tts {
  readonly encoding: 's16le' | 'f32le';
  readonly sampleRate: number;
}

export type Heard =
  | { readonly type: 'audio'; readonly samples: Int16Array }
  | { readonly type: 'connected' | 'started' | 'played' | 'pong' | 'end' }
  | { readonly type: 'dtmf'; readonly digit: string }
  /** No message of the dialect; a fatal one ends the session. */
  | { readonly type: 'fault'; readonly reason: string; readonly fatal: boolean };

export interface Endpoint {
  /** Rate of the samples that are heard. */
  readonly sampleRate: number;
  readonly output: Tts;
  /** Whether the session starts with a message of the client rather than with the connection. */
  readonly waitsForStart: boolean;
  readonly greeting: () => readonly string[];
  readonly hear: (message: Uint8Array | string) => Heard;
  /** One chunk of `output`; it may end inside a sample. */
  readonly speak: (bytes: Uint8Array) => Uint8Array | string;
  /** An event in the words of `talky`, translated; undefined = this dialect has no word for it. */
  readonly tell: (event: { readonly type: string } & Fields) => string | undefined;
  /** All of an answer is sent: the request to be told when it was heard, where there is one. */
  readonly finish: () => string | undefined;
}
