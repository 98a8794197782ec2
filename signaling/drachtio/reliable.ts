/**
 * Reliable provisional responses of one INVITE: numbered, repeated until their PRACK.
 * RFC 3262 §3: https://www.rfc-editor.org/rfc/rfc3262#section-3
 */
import { randomInt } from 'node:crypto';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import type { ServerTransaction } from '../sip/server-transaction.ts';
import { repeat } from '../sip/timers.ts';
import type { TransactionLayer } from '../sip/transaction-layer.ts';

export class Reliable {
  private readonly layer: TransactionLayer;
  private readonly transaction: ServerTransaction;
  private readonly unanswered: () => void;
  private last = randomInt(1, 0x7fff_ff00);
  private readonly waiting = new Map<number, () => void>();

  /** `unanswered` is called when a response got no PRACK in 64·T1. */
  constructor(layer: TransactionLayer, transaction: ServerTransaction, unanswered: () => void) {
    this.layer = layer;
    this.transaction = transaction;
    this.unanswered = unanswered;
  }

  /** Numbers a response that is about to be sent and repeats it from now on. */
  send(response: SipResponse): void {
    const { after, timers } = this.layer;
    const number = ++this.last;
    response.headers.add('RSeq', String(number));
    const again = (): void => this.layer.transmit(response.toBuffer(), this.transaction.flow);
    const stopRepeating = repeat(after, timers.t1, Number.POSITIVE_INFINITY, again);
    const stopWaiting = after(64 * timers.t1, () => {
      this.stop();
      this.unanswered();
    });
    this.waiting.set(number, () => {
      stopRepeating();
      stopWaiting();
    });
  }

  /** Whether the PRACK is for a response that waits for it; its repetition then stops. */
  acknowledge(prack: SipRequest): boolean {
    const [rseq = '', cseq = '', method = ''] = (prack.headers.get('rack') ?? '').split(/\s+/);
    const stop = this.waiting.get(Number(rseq));
    const { request } = this.transaction;
    if (stop === undefined || Number(cseq) !== request.cseq?.number || method !== request.method)
      return false;
    stop();
    this.waiting.delete(Number(rseq));
    return true;
  }

  stop(): void {
    for (const stop of this.waiting.values()) stop();
    this.waiting.clear();
  }
}
