/**
 * What we use of the npm package `rtpengine-client` 0.4, which ships no types: its UDP client, the
 * commands we send, and the two internals that retransmission needs (see commands.ts).
 */
declare module 'rtpengine-client' {
  import type { Socket } from 'node:dgram';
  import type { EventEmitter } from 'node:events';

  export interface ClientOptions {
    readonly localAddress?: string;
    readonly localPort?: number;
    readonly timeout?: number;
    readonly rejectOnError?: boolean;
  }

  type Send = (port: number, host: string, params: object) => Promise<Record<string, unknown>>;

  export class Client extends EventEmitter {
    constructor(options?: ClientOptions);
    ping: Send;
    offer: Send;
    answer: Send;
    delete: Send;
    query: Send;
    list: Send;
    statistics: Send;
    blockMedia: Send;
    unblockMedia: Send;
    blockDTMF: Send;
    unblockDTMF: Send;
    silenceMedia: Send;
    unsilenceMedia: Send;
    playMedia: Send;
    stopMedia: Send;
    playDTMF: Send;
    startRecording: Send;
    stopRecording: Send;
    /** Emits `end` never and closes the socket; pending commands are left hanging. */
    close(): void;

    /** Internal: the one UDP socket. */
    readonly socket: Socket;
    /** Internal: cookie → callback of every command without an answer yet. */
    readonly messages: Map<string, (error: unknown, reply: object) => void>;
  }

  const rtpengineClient: { readonly Client: typeof Client };
  export default rtpengineClient;
}
