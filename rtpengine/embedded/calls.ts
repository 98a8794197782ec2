/**
 * The calls of the embedded engine and the commands about them. Commands about one call run one
 * after the other, in the order they came, so that a delete cannot overtake the offer it undoes.
 */
import type { Encodable } from './bencode.ts';
import { Call } from './call.ts';
import type { LegContext } from './leg.ts';
import * as negotiation from './negotiation.ts';
import type { Party } from './party.ts';
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
    return this.#inTurn(request, async (callId) => {
      requireSdp(request);
      const call = this.#calls.get(callId) ?? this.#newCall(callId);
      const before = new Set(call.parties);
      try {
        const pair = call.pairOfOffer(request, Date.now());
        return { result: 'ok', sdp: await negotiation.offer(this.#context(callId), pair, request) };
      } catch (thrown) {
        const made = call.parties.filter((party) => !before.has(party));
        await this.#remove(call, made);
        throw thrown;
      }
    });
  }

  answer(request: NgRequest): Promise<Reply> {
    required(request, 'callId', 'fromTag', 'toTag');
    return this.#inTurn(request, async (callId) => {
      requireSdp(request);
      const pair = this.#known(callId).pairOfAnswer(request);
      if (pair === undefined) throw new RequestError(NOT_FOUND);
      return { result: 'ok', sdp: await negotiation.answer(pair, request) };
    });
  }

  delete(request: NgRequest): Promise<Reply> {
    required(request, 'callId');
    return this.#inTurn(request, async (callId) => {
      const call = this.#calls.get(callId);
      const ended = call?.partiesOfDelete(request) ?? [];
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
      const packets = call.parties.map(({ leg }) => leg?.meter.lastPacketAt ?? 0);
      const last = Math.max(call.lastSignalAt, ...packets);
      if (now - last < FORGOTTEN_MS) continue;
      this.#options.log('warn', 'A call without media for an hour was ended', { callId: call.id });
      await this.#remove(call, [...call.parties]);
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#running.values());
    for (const call of [...this.#calls.values()]) await this.#remove(call, [...call.parties]);
  }

  #newCall(id: string): Call {
    const call = new Call(id, Date.now());
    this.#calls.set(id, call);
    this.#options.counters.callsCreated++;
    return call;
  }

  #known(callId: string): Call {
    const call = this.#calls.get(callId);
    if (call === undefined) throw new RequestError('Unknown call-id');
    return call;
  }

  async #remove(call: Call, parties: readonly Party[]): Promise<void> {
    call.remove(parties);
    if (call.parties.length === 0 && this.#calls.delete(call.id)) {
      this.#options.counters.callsDeleted++;
    }
    await Promise.all(parties.map(async ({ leg }) => leg?.close()));
  }

  #context(callId: string): LegContext {
    return { ...this.#options, callId };
  }

  async #inTurn(request: NgRequest, run: (callId: string) => Promise<Reply>): Promise<Reply> {
    const { callId = '' } = request;
    const before = this.#running.get(callId) ?? Promise.resolve();
    const turn = before
      .catch(() => undefined)
      .then(() => {
        const call = this.#calls.get(callId);
        if (call !== undefined && request.command !== 'query') call.lastSignalAt = Date.now();
        return run(callId);
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
