/** One SIP message on the wire, as shown in a ladder diagram. */
import type { Endpoint, Protocol } from './transport.ts';

export interface TracedMessage {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly direction: 'in' | 'out';
  readonly protocol: Protocol;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly text: string;
}

export type Trace = (message: TracedMessage) => void;
