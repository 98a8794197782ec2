/**
 * Calls that the bridge is asked for over HTTP. The page makes them, so that a call to a phone is
 * the same whoever wanted it: the bridge chooses a page and the call's id, tells the page with a
 * NOTIFY, and waits for the page's INVITE of that id. Until that comes, this is where the call is.
 */
import { randomUUID } from 'node:crypto';
import { DIAL_EVENT, type CallOutcome, type CallStatus, type DialRequest } from '../common/api.ts';
import { messageOf } from '../common/errors.ts';
import type { Binding } from './bindings.ts';
import { CallRecord } from './call-record.ts';
import type { SrfPort } from './srf.ts';

export interface OriginationsOptions {
  readonly srf: SrfPort;
  /** How long a page may take to begin. */
  readonly reactionMs: number;
  readonly changed: (status: CallStatus) => void;
  /** A message of that Call-ID is about a call. */
  readonly legTried: (callId: string, sipCallId: string, kind: 'page') => void;
}

interface Pending {
  readonly record: CallRecord;
  readonly timer: NodeJS.Timeout;
}

export class Originations {
  readonly #options: OriginationsOptions;
  readonly #pending = new Map<string, Pending>();

  constructor(options: OriginationsOptions) {
    this.#options = options;
  }

  get statuses(): readonly CallStatus[] {
    return [...this.#pending.values()].map(({ record }) => record.status());
  }

  statusOf(id: string): CallStatus | undefined {
    return this.#pending.get(id)?.record.status();
  }

  start(page: Binding, to: string, extension: string): CallStatus {
    const { reactionMs, changed } = this.#options;
    const callId = randomUUID();
    const record = new CallRecord({
      callId,
      direction: 'outbound',
      extension,
      caller: page.aor.split('@')[0] ?? '',
      dialled: to,
    });
    const timer = setTimeout(
      () => this.end(callId, 'The page does not react. Reload it'),
      reactionMs,
    );
    this.#pending.set(callId, { record, timer });
    const status = record.status();
    changed(status);
    void this.#ask(page, { callId, to, extension });
    return status;
  }

  async #ask(page: Binding, request: DialRequest): Promise<void> {
    const { srf, legTried } = this.#options;
    const sipCallId = `${request.callId}-dial`;
    legTried(request.callId, sipCallId, 'page');
    const headers = {
      'Call-ID': sipCallId,
      Event: DIAL_EVENT,
      'Subscription-State': 'active',
      'Content-Type': 'application/json',
    };
    const body = JSON.stringify(request);
    try {
      const answer = await srf.request(page.contact, { method: 'NOTIFY', headers, body });
      if (answer.status >= 300) throw new Error(`${answer.status} ${answer.reason}`);
    } catch (error) {
      this.end(request.callId, `The page refused the call: ${messageOf(error)}`);
    }
  }

  /** The page's INVITE has come: from now on there is a call. */
  take(id: string): void {
    clearTimeout(this.#pending.get(id)?.timer);
    this.#pending.delete(id);
  }

  /** It will not come. */
  end(id: string, why: string, outcome: CallOutcome = 'failed'): CallStatus | undefined {
    const pending = this.#pending.get(id);
    if (!pending) return undefined;
    this.take(id);
    pending.record.ended({ why, outcome });
    const status = pending.record.status();
    this.#options.changed(status);
    return status;
  }

  close(): void {
    for (const id of [...this.#pending.keys()]) this.end(id, 'The bridge stops');
  }
}
