/**
 * The figures of every call, as its page sends them: the newest of each call for GET
 * /api/calls/{id}, and the sum over all calls, ended ones included, for GET /metrics. A page's
 * figures count from the beginning of the call, so the newest replace those before and nothing is
 * counted twice; what is forgotten after many calls stays in the sums.
 */
import { BridgeError } from '../../common/errors.ts';
import { HOP_NAMES, type HopName, type Turn } from '../../common/figures.ts';
import { Histogram } from '../../common/histogram.ts';
import { callFiguresSchema, type ReceivedFigures } from './schema.ts';

/** Calls whose figures can be asked for; older ones are in the sums only. */
const KEPT_CALLS = 200;

export interface FiguresStoreOptions {
  /** Whether such a call is up: figures of any other are refused, unless they are its last ones. */
  readonly isLive: (callId: string) => boolean;
  /** A turn was answered; told once. */
  readonly onTurn: (callId: string, turn: Turn) => void;
}

export interface FigureSums {
  readonly counters: ReadonlyMap<string, number>;
  readonly hops: Readonly<Record<HopName, Histogram>>;
}

interface Kept {
  readonly figures: ReceivedFigures;
  readonly toldTurn: number;
}

export class FiguresStore {
  readonly #options: FiguresStoreOptions;
  /** In the order in which the calls were first heard of. */
  readonly #calls = new Map<string, Kept>();
  readonly #past = emptySums();

  constructor(options: FiguresStoreOptions) {
    this.#options = options;
  }

  /** @throws BridgeError NO_CALL, BAD_REQUEST */
  take(callId: string, body: unknown): void {
    const before = this.#calls.get(callId);
    if (before === undefined && !this.#options.isLive(callId)) {
      throw new BridgeError('NO_CALL', `There is no call ${callId}.`);
    }
    const { success, data, error } = callFiguresSchema.safeParse(body);
    if (!success) {
      const [issue] = error.issues;
      const where = issue?.path.join('.') ?? '';
      throw new BridgeError(
        'BAD_REQUEST',
        `These are no figures: ${where} ${issue?.message ?? ''}`,
      );
    }
    this.#calls.set(callId, {
      figures: data,
      toldTurn: this.#tellTurns(callId, data.turns, before?.toldTurn ?? 0),
    });
    for (const [oldest, { figures }] of this.#calls) {
      if (this.#calls.size <= KEPT_CALLS) break;
      if (this.#options.isLive(oldest)) continue;
      addTo(this.#past, figures);
      this.#calls.delete(oldest);
    }
  }

  of(callId: string): ReceivedFigures | undefined {
    return this.#calls.get(callId)?.figures;
  }

  /** Over all calls so far. */
  sums(): FigureSums {
    const sums = emptySums();
    for (const [name, value] of this.#past.counters) sums.counters.set(name, value);
    for (const name of HOP_NAMES) sums.hops[name].add(this.#past.hops[name].read());
    for (const { figures } of this.#calls.values()) addTo(sums, figures);
    return sums;
  }

  #tellTurns(callId: string, turns: ReceivedFigures['turns'], told: number): number {
    let newest = told;
    for (const turn of turns) {
      if (turn.agentStartedMs === undefined || turn.id <= told) continue;
      this.#options.onTurn(callId, turn);
      newest = Math.max(newest, turn.id);
    }
    return newest;
  }
}

function emptySums() {
  return {
    counters: new Map<string, number>(),
    hops: Object.fromEntries(HOP_NAMES.map((name) => [name, new Histogram()])) as Record<
      HopName,
      Histogram
    >,
  };
}

function addTo(sums: ReturnType<typeof emptySums>, { counters, hops }: ReceivedFigures): void {
  for (const [name, value] of Object.entries(counters)) {
    sums.counters.set(name, (sums.counters.get(name) ?? 0) + (value ?? 0));
  }
  for (const name of HOP_NAMES) sums.hops[name].add(hops[name]);
}
