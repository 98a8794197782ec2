/**
 * Several rtpengines as one: each is asked by ping whether it is there, a new call goes to one that
 * is, and a call stays with its engine until it is deleted, because nobody else has its ports. An
 * engine that does not answer takes no new call; it comes back by itself with its first answer.
 * Calls are dealt out in turn. A new call that an engine does not answer goes to the next one.
 */
import { BridgeError, messageOf } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import { connectRtpengine, type RtpengineAddress } from './client.ts';
import type {
  AnswerParams,
  CallParams,
  MediaEngine,
  OfferParams,
  QueryResult,
  SdpResult,
} from './engine.ts';

const PING_MS = 5000;

export interface EnginePoolOptions {
  readonly addresses: readonly Pick<RtpengineAddress, 'host' | 'port'>[];
  readonly log: Log;
  /** An engine went or came back. */
  readonly changed: () => void;
  /** For tests that cannot wait. */
  readonly timing?: RtpengineAddress['timing'];
  readonly pingMs?: number;
}

export interface EngineHealth {
  readonly address: string;
  /** Undefined while it answers. */
  readonly problem?: BridgeError;
}

interface Member {
  readonly address: string;
  readonly connect: () => Promise<MediaEngine>;
  engine: Promise<MediaEngine> | undefined;
  problem: BridgeError | undefined;
  /** Calls that ended while it did not answer: it may still hold ports for them. */
  readonly owed: CallParams[];
}

export class EnginePool {
  readonly #options: EnginePoolOptions;
  readonly #members: readonly Member[];
  /** Whose a call is. */
  readonly #homes = new Map<string, Member>();
  #next = 0;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: EnginePoolOptions) {
    this.#options = options;
    const { log, timing } = options;
    this.#members = options.addresses.map(({ host, port }) => ({
      address: `${host}:${port}`,
      connect: () => connectRtpengine({ host, port, log, ...(timing && { timing }) }),
      engine: undefined,
      problem: undefined,
      owed: [],
    }));
  }

  /** Resolves when each engine has answered or is known not to; goes on asking by itself. */
  async connect(): Promise<void> {
    await this.#checkAll();
    const { pingMs = PING_MS } = this.#options;
    if (!this.#isClosed) this.#timer = setInterval(() => void this.#checkAll(), pingMs).unref();
  }

  get health(): readonly EngineHealth[] {
    return this.#members.map(({ address, problem }) => ({ address, ...(problem && { problem }) }));
  }

  /** The engine that has this call. */
  homeOf(callId: string): string | undefined {
    return this.#homes.get(callId)?.address;
  }

  /** Of a new call, tries every engine that is there. */
  async offer(params: OfferParams): Promise<SdpResult> {
    const callId = params['call-id'];
    const home = this.#homes.get(callId);
    if (home !== undefined) return this.#ask(home, (engine) => engine.offer(params));
    let failure: unknown;
    for (const member of this.#candidates()) {
      this.#homes.set(callId, member);
      try {
        return await this.#ask(member, (engine) => engine.offer(params));
      } catch (thrown) {
        this.#homes.delete(callId);
        // It may have done what it did not answer.
        if (isUnreachable(thrown)) member.owed.push({ 'call-id': callId });
        failure = thrown;
        if (!isWorthAnother(thrown)) break;
        this.#options.log('warn', `new call: ${messageOf(thrown)}`, {
          callId,
          code: codeOf(thrown),
        });
      }
    }
    throw failure;
  }

  answer(params: AnswerParams): Promise<SdpResult> {
    return this.#atHome(params['call-id'], (engine) => engine.answer(params));
  }

  query(params: CallParams): Promise<QueryResult> {
    return this.#atHome(params['call-id'], (engine) => engine.query(params));
  }

  /** @param isWhole whether nothing of the call is left, so that its engine need not be known. */
  async delete(params: CallParams, isWhole: boolean): Promise<void> {
    const callId = params['call-id'];
    const member = this.#homes.get(callId);
    if (member === undefined) return;
    if (isWhole) this.#homes.delete(callId);
    try {
      await this.#ask(member, (engine) => engine.delete(params));
    } catch (thrown) {
      if (isUnreachable(thrown)) member.owed.push(params);
      throw thrown;
    }
  }

  /** Anything else about a call, asked where it lives. */
  atHome<T>(callId: string, ask: (engine: MediaEngine) => Promise<T>): Promise<T> {
    return this.#atHome(callId, ask);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await Promise.all(
      this.#members.map(async ({ engine }) => (await engine?.catch(() => undefined))?.close()),
    );
  }

  #atHome<T>(callId: string, ask: (engine: MediaEngine) => Promise<T>): Promise<T> {
    const member = this.#homes.get(callId) ?? this.#candidates()[0];
    if (member === undefined) throw new TypeError('a pool without engines');
    return this.#ask(member, ask);
  }

  /** Those that answer, in turn; all of them when none does, since one may be back by now. */
  #candidates(): readonly Member[] {
    const start = this.#next++ % Math.max(1, this.#members.length);
    const inTurn = [...this.#members.slice(start), ...this.#members.slice(0, start)];
    const alive = inTurn.filter(({ problem }) => problem === undefined);
    return alive.length > 0 ? alive : inTurn;
  }

  async #ask<T>(member: Member, ask: (engine: MediaEngine) => Promise<T>): Promise<T> {
    try {
      const engine = await this.#connected(member);
      const result = await ask(engine);
      this.#setProblem(member, undefined);
      for (const params of member.owed.splice(0)) engine.delete(params).catch(() => undefined);
      return result;
    } catch (thrown) {
      if (isUnreachable(thrown)) this.#setProblem(member, thrown);
      throw thrown;
    }
  }

  #connected(member: Member): Promise<MediaEngine> {
    member.engine ??= member.connect().catch((thrown: unknown) => {
      member.engine = undefined;
      throw thrown;
    });
    return member.engine;
  }

  async #checkAll(): Promise<void> {
    await Promise.all(
      this.#members.map((member) =>
        this.#ask(member, (engine) => engine.ping()).catch(() => undefined),
      ),
    );
  }

  #setProblem(member: Member, problem: BridgeError | undefined): void {
    if (this.#isClosed || member.problem?.message === problem?.message) return;
    const { log, changed } = this.#options;
    if (problem === undefined) log('info', `rtpengine at ${member.address} answers again`);
    else if (member.problem === undefined) log('warn', problem.message, { code: problem.code });
    member.problem = problem;
    changed();
  }
}

function isUnreachable(thrown: unknown): thrown is BridgeError {
  return codeOf(thrown) === 'RTPENGINE_UNREACHABLE';
}

function codeOf(thrown: unknown): BridgeError['code'] {
  return thrown instanceof BridgeError ? thrown.code : 'RTPENGINE_REFUSED';
}

/** Another engine may have what this one lacks; a refused SDP is refused everywhere. */
function isWorthAnother(thrown: unknown): boolean {
  return isUnreachable(thrown) || codeOf(thrown) === 'RTP_PORTS_EXHAUSTED';
}
