/**
 * The calls of the embedded engine and the commands about them. Commands about one call run one
 * after the other, in the order they came, so that a delete cannot overtake the offer it undoes.
 */
import type { Encodable } from './bencode.ts';
import type { Call } from './call.ts';
import { Dialog } from './dialog.ts';
import type { LegContext } from './leg.ts';
import { describeCall } from './query.ts';
import { RequestError, required, type NgRequest } from './request.ts';

/** What all calls share of what their legs need. */
export type CallsOptions = Omit<LegContext, 'callId'>;

type Reply = Readonly<Record<string, Encodable | undefined>>;

/** A call without a packet or a command for this long was forgotten by its owner. */
const FORGOTTEN_MS = 3_600_000;

const NOT_FOUND = "Call-ID not found or tags didn't match";

export class Calls {
  readonly #calls = new Map<string, Call>();
  readonly #options: CallsOptions;
  /** The last command of each call that is still being worked on. */
  readonly #running = new Map<string, Promise<unknown>>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  get ids(): string[] {
    return [...this.#calls.keys()];
  }

  offer(request: NgRequest): Promise<Reply> {
    required(request, 'callId', 'fromTag');
    return this.#inTurn(request, async (callId, fromTag) => {
      requireSdp(request);
      const call = this.#calls.get(callId) ?? this.#newCall(callId);
      let dialog = call.dialogs.find((each) => each.matches(fromTag, request.toTag));
      const isNew = dialog === undefined;
      if (dialog === undefined) {
        dialog = new Dialog(this.#legContext(callId), fromTag);
        call.dialogs.push(dialog);
      }
      try {
        return { result: 'ok', sdp: await dialog.offer(request) };
      } catch (thrown) {
        if (isNew) await this.#remove(call, [dialog]);
        throw thrown;
      }
    });
  }

  answer(request: NgRequest): Promise<Reply> {
    required(request, 'callId', 'fromTag', 'toTag');
    return this.#inTurn(request, async (callId, fromTag) => {
      requireSdp(request);
      const call = this.#known(callId);
      // Any callee may answer an offer, also one that rang beside the one whose tag is known.
      const dialog =
        call.dialogs.find((each) => each.matches(fromTag, request.toTag)) ??
        call.dialogs.find((each) => each.matches(fromTag, undefined));
      if (dialog === undefined) throw new RequestError(NOT_FOUND);
      return { result: 'ok', sdp: await dialog.answer(request) };
    });
  }

  delete(request: NgRequest): Promise<Reply> {
    required(request, 'callId');
    return this.#inTurn(request, async (callId) => {
      const call = this.#calls.get(callId);
      const { fromTag, toTag } = request;
      const ended =
        call?.dialogs.filter((each) => fromTag === undefined || each.matches(fromTag, toTag)) ?? [];
      if (call === undefined || ended.length === 0) return { result: 'ok', warning: NOT_FOUND };
      const reply = describeCall(call);
      await this.#remove(call, ended);
      return { result: 'ok', ...reply };
    });
  }

  query(request: NgRequest): Promise<Reply> {
    required(request, 'callId');
    return this.#inTurn(request, (callId) =>
      Promise.resolve({ result: 'ok', ...describeCall(this.#known(callId)) }),
    );
  }

  /** Ends calls nobody has asked about, or sent anything in, for an hour. */
  async sweep(now: number): Promise<void> {
    for (const call of this.#calls.values()) {
      const legs = call.dialogs.flatMap(({ sides }) => sides.map(({ leg }) => leg));
      const last = Math.max(call.lastSignalAt, ...legs.map((leg) => leg?.meter.lastPacketAt ?? 0));
      if (now - last < FORGOTTEN_MS) continue;
      this.#options.log('warn', 'A call without media for an hour was ended', { callId: call.id });
      await this.#remove(call, [...call.dialogs]);
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#running.values());
    for (const call of [...this.#calls.values()]) await this.#remove(call, [...call.dialogs]);
  }

  #newCall(id: string): Call {
    const now = Date.now();
    const call = { id, createdAt: now, lastSignalAt: now, dialogs: [] };
    this.#calls.set(id, call);
    this.#options.counters.callsCreated++;
    return call;
  }

  #known(callId: string): Call {
    const call = this.#calls.get(callId);
    if (call === undefined) throw new RequestError('Unknown call-id');
    return call;
  }

  async #remove(call: Call, dialogs: readonly Dialog[]): Promise<void> {
    for (const dialog of dialogs) call.dialogs.splice(call.dialogs.indexOf(dialog), 1);
    if (call.dialogs.length === 0 && this.#calls.delete(call.id)) {
      this.#options.counters.callsDeleted++;
    }
    await Promise.all(dialogs.map((dialog) => dialog.close()));
  }

  #legContext(callId: string): LegContext {
    return { ...this.#options, callId };
  }

  async #inTurn(
    request: NgRequest,
    run: (callId: string, fromTag: string) => Promise<Reply>,
  ): Promise<Reply> {
    const { callId = '', fromTag = '' } = request;
    const before = this.#running.get(callId) ?? Promise.resolve();
    const turn = before
      .catch(() => undefined)
      .then(() => {
        const call = this.#calls.get(callId);
        if (call !== undefined && request.command !== 'query') call.lastSignalAt = Date.now();
        return run(callId, fromTag);
      });
    this.#running.set(callId, turn);
    try {
      return await turn;
    } finally {
      if (this.#running.get(callId) === turn) this.#running.delete(callId);
    }
  }
}

function requireSdp(request: NgRequest): void {
  if (request.sdp === undefined) throw new RequestError('No SDP body in message');
}
