/** What the two halves of the server share: transactions, dialogs, ways out, and words to the app. */
import { randomUUID } from 'node:crypto';
import type { Log } from '../../common/log.ts';
import type { TransactionLayer } from '../sip/transaction-layer.ts';
import type { SipRequest } from '../sip/message.ts';
import type { Endpoint, Flow } from '../sip/transport.ts';
import type { App } from './admin-server.ts';
import type { Cdr } from './cdr.ts';
import type { ContactCache } from './contact-cache.ts';
import type { Dialogs } from './dialog.ts';
import type { NextHop } from './next-hop.ts';

export interface Core {
  readonly layer: TransactionLayer;
  readonly nextHop: NextHop;
  readonly cache: ContactCache;
  /** Larger requests go over TCP where they may. */
  readonly udpMtu: number;
  readonly dialogs: Dialogs;
  readonly log: Log;
  /** Option tags, lower case, that a request may require. */
  readonly extensions: ReadonlySet<string>;
  appFor(method: string): App | undefined;
  /** Writes call records for who asked for them. */
  readonly cdr: Cdr;
  /** As many dialogs are up as may be; says so in counters and log. */
  isFull(): boolean;
}

export function newTransactionId(): string {
  return randomUUID();
}

/** UTC, `HH:MM:SS.uuuuuu`. */
export function stackTime(): string {
  return `${new Date().toISOString().slice(11, 23)}000`;
}

/** The protocol as the application is told it: WebSocket counts as TCP. */
export function wireProtocol(flow: Flow): string {
  return flow.protocol === 'ws' ? 'tcp' : flow.protocol;
}

/** Size, protocol, address, port and time: the middle of most meta lines. */
export function about(bytes: number, flow: Flow, place: Endpoint): (string | number)[] {
  return [bytes, wireProtocol(flow), place.address, place.port, stackTime()];
}

/** The events of a request whose fate changes nothing. */
export const IGNORE = {
  response: (): void => undefined,
  timeout: (): void => undefined,
  failed: (): void => undefined,
};

/** A NOTIFY that ends its subscription. RFC 6665 §4.1.3. */
export function isTerminal(notify: SipRequest): boolean {
  return /^terminated\b/i.test(notify.headers.get('subscription-state') ?? '');
}
