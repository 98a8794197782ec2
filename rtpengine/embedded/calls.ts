/**
 * The calls of the embedded engine and the commands about them. Commands about one call run one
 * after the other, in the order they came, so that a delete cannot overtake the offer it undoes.
 */
import { messageOf } from '../../common/errors.ts';
import type { Encodable } from './bencode.ts';
import { Call } from './call.ts';
import type { LegContext } from './leg.ts';
import * as negotiation from './negotiation.ts';
import type { Party } from './party.ts';
import { playDtmf, playMedia, setSwitch, stopMedia } from './party-commands.ts';
import { describeCall } from './query.ts';
import { Recording, type RecordingOptions } from './recording.ts';
import { RequestError, required, type NgRequest } from './request.ts';

/** What all calls share of what their legs need. */
export interface CallsOptions extends Omit<LegContext, 'callId'> {
  /** Where calls are recorded; without it they are not. */
  readonly recording?: RecordingOptions | undefined;
}

type Reply = Readonly<Record<string, Encodable | undefined>>;

/** A call without a packet or a command for this long was forgotten by its owner. */
const FORGOTTEN_MS = 3_600_000;

/** Commands that `control` takes. */
export const CONTROLS: ReadonlySet<string> = new Set([
  'block media',
  'unblock media',
  'block DTMF',
  'unblock DTMF',
  'silence media',
  'unsilence media',
  'play media',
  'stop media',
  'play DTMF',
  'start recording',
  'stop recording',
]);

const NOT_FOUND = "Call-ID not found or tags didn't match";

export class Calls {
  readonly #calls = new Map<string, Call>();
  readonly #options: CallsOptions;
  /** The last command of each call that is still being worked on. */
  readonly #running = new Map<string, Promise<unknown>>();

  readonly #ended: (call: Call) => void;

  /** @param ended told of each call that is over. */
  constructor(options: CallsOptions, ended: (call: Call) => void) {
    this.#options = options;
    this.#ended = ended;
  }

  get ids(): string[] {
    return [...this.#calls.keys()];
  }

  offer(request: NgRequest): Promise<Reply> {
    required(request, 'callId', 'fromTag');
    return this.#inTurn(request, async (callId) => {
      requireSdp(request);
      const call = this.#calls.get(callId) ?? this.#newCall(callId);
      call.stay();
      const before = new Set(call.parties);
      try {
        const pair = call.pairOfOffer(request, Date.now());
        const sdp = await negotiation.offer(this.#context(callId), pair, request);
        await this.#recordIfWanted(call, request);
        return { result: 'ok', sdp };
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
      const call = this.#known(callId);
      const pair = call.pairOfAnswer(request);
      if (pair === undefined) throw new RequestError(NOT_FOUND);
      const sdp = await negotiation.answer(pair, request);
      await this.#recordIfWanted(call, request);
      return { result: 'ok', sdp };
    });
  }

  delete(request: NgRequest): Promise<Reply> {
    required(request, 'callId');
    return this.#inTurn(request, async (callId) => {
      const call = this.#calls.get(callId);
      const ended = call?.partiesOfDelete(request) ?? [];
      if (call === undefined || ended.length === 0) {
        if (request.flags.has('fatal')) throw new RequestError(NOT_FOUND);
        return { result: 'ok', warning: NOT_FOUND };
      }
      const reply = request.flags.has('fast') ? {} : describeCall(call);
      const delay = request.integer('delete-delay') ?? 0;
      for (const { outlet } of ended) outlet.hush();
      if (delay <= 0) await this.#remove(call, ended);
      else call.endLater(delay * 1000, () => void this.#remove(call, ended));
      return { result: 'ok', ...reply };
    });
  }

  query(request: NgRequest): Promise<Reply> {
    required(request, 'callId');
    return this.#inTurn(request, (callId) =>
      Promise.resolve({ result: 'ok', ...describeCall(this.#known(callId)) }),
    );
  }

  /** The commands about the media of a call that is there. */
  control(request: NgRequest): Promise<Reply> {
    required(request, 'callId');
    return this.#inTurn(request, (callId) => {
      const call = this.#known(callId);
      switch (request.command) {
        case 'block media':
          return setSwitch(call, request, 'media', true);
        case 'unblock media':
          return setSwitch(call, request, 'media', false);
        case 'block DTMF':
          return setSwitch(call, request, 'DTMF', true);
        case 'unblock DTMF':
          return setSwitch(call, request, 'DTMF', false);
        case 'silence media':
          return setSwitch(call, request, 'silence', true);
        case 'unsilence media':
          return setSwitch(call, request, 'silence', false);
        case 'play media':
          return playMedia(call, request);
        case 'stop media':
          return stopMedia(call, request);
        case 'play DTMF':
          return playDtmf(call, request);
        case 'start recording':
          return this.#record(call, request);
        case 'stop recording':
          return this.#stopRecording(call);
        default:
          throw new RequestError(`Unrecognized command: ${request.command}`);
      }
    });
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

  /** A call that cannot be recorded is still a call. */
  async #recordIfWanted(call: Call, request: NgRequest): Promise<void> {
    if (!wantsRecording(request)) return;
    await this.#record(call, request).catch((thrown: unknown) => {
      request.warnings.push(messageOf(thrown));
    });
  }

  async #record(call: Call, request: NgRequest): Promise<Reply> {
    const { recording: options, log } = this.#options;
    if (options === undefined) {
      throw new RequestError('Recording is not configured: the engine has no folder for it');
    }
    call.recording ??= await Recording.start(call.id, options, request.text('recording-file'), log);
    return { result: 'ok', 'recording-file': call.recording.file };
  }

  async #stopRecording(call: Call): Promise<Reply> {
    const { recording } = call;
    call.recording = undefined;
    await recording?.close();
    return { result: 'ok' };
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
    for (const { outlet } of parties) outlet.hush();
    if (call.parties.length === 0) call.stay();
    if (call.parties.length === 0 && this.#calls.delete(call.id)) {
      this.#options.counters.callsDeleted++;
      this.#ended(call);
    }
    await Promise.all(parties.map(async ({ leg }) => leg?.close()));
    if (call.parties.length === 0) await this.#stopRecording(call);
  }

  #context(callId: string): LegContext {
    return { ...this.#options, callId };
  }

  async #inTurn(
    request: NgRequest,
    run: (callId: string) => Reply | Promise<Reply>,
  ): Promise<Reply> {
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

function wantsRecording(request: NgRequest): boolean {
  const word = request.text('record-call') ?? '';
  return request.flags.has('record-call') || word === 'on' || word === 'yes';
}

function requireSdp(request: NgRequest): void {
  if (request.sdp === undefined) throw new RequestError('No SDP body in message');
}
