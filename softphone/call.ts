/**
 * A call, once there is one: its state as promises, its media and everything that happens within
 * its dialog, asked for here (hang up, hold, digits) or there (BYE, re-INVITE, UPDATE, INFO). How it
 * came to be is told by OutgoingCall and IncomingCall.
 */
import { BridgeError, messageOf } from '../common/errors.ts';
import { responseTo } from '../signaling/sip/build.ts';
import type { SipRequest, SipResponse } from '../signaling/sip/message.ts';
import type { ServerTransaction } from '../signaling/sip/server-transaction.ts';
import type { CallMedia } from './call-media.ts';
import { deferred } from './deferred.ts';
import type { Dialog } from './dialog.ts';
import { Renegotiation } from './renegotiation.ts';
import { NO_MEDIA, type MediaStatistics } from './rtp-session.ts';
import type { Recording } from './rtp-receiver.ts';
import type { Codec } from './sdp.ts';
import { SessionTimer } from './session-timer.ts';
import { ALLOW, type UserAgent } from './user-agent.ts';

export type CallState = 'calling' | 'ringing' | 'answered' | 'ended';

/** Moments in `performance.now()` time. */
export interface CallTimes {
  readonly startedMs: number;
  tryingMs?: number;
  ringingMs?: number;
  answeredMs?: number;
  endedMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly codec: Codec;
}

export interface Ending {
  readonly cause: 'hangup' | 'cancelled' | 'refused' | 'timeout' | 'failed';
  readonly by: 'local' | 'remote';
  /** The final response, when that ended the call, with the server's own phrase. */
  readonly status?: number;
  readonly reason?: string;
}

export abstract class Call {
  readonly callId: string;
  readonly localTag: string;
  readonly times: CallTimes = { startedMs: performance.now() };
  /** Rejects, like `answered`, with a BridgeError when the call ends before. */
  readonly ringing: Promise<void>;
  readonly answered: Promise<Answer>;
  /** Never rejects; by then the call's ports are released. */
  readonly ended: Promise<Ending>;

  protected readonly agent: UserAgent;
  protected dialog: Dialog | undefined;
  protected media: CallMedia | undefined;
  #state: CallState = 'calling';
  readonly #ringing = deferred<undefined>();
  readonly #answered = deferred<Answer>();
  readonly #ended = deferred<Ending>();
  /** Digits that came as SIP INFO. */
  #infoDigits = '';
  #renegotiation: Renegotiation | undefined;
  #sessionTimer: SessionTimer | undefined;

  constructor(agent: UserAgent, callId: string, localTag: string) {
    this.agent = agent;
    this.callId = callId;
    this.localTag = localTag;
    this.ringing = this.#ringing.promise;
    this.answered = this.#answered.promise;
    this.ended = this.#ended.promise;
    // Whoever does not ask is not to be troubled.
    this.ringing.catch(() => undefined);
    this.answered.catch(() => undefined);
  }

  get state(): CallState {
    return this.#state;
  }

  get statistics(): MediaStatistics {
    return this.media?.rtp.statistics ?? NO_MEDIA;
  }

  /** Digits received, as events or by INFO. */
  get digits(): string {
    return this.statistics.received.digits + this.#infoDigits;
  }

  /** What was heard from the answer until now or the end. */
  get recording(): Recording {
    const { answeredMs, endedMs } = this.times;
    if (!this.media || answeredMs === undefined) {
      return { sampleRate: 8000, samples: new Int16Array(0), packets: [] };
    }
    return this.media.rtp.recording(answeredMs, endedMs ?? performance.now());
  }

  /** Ends the call whatever its state: BYE, CANCEL or a refusal. Resolves with `ended`. */
  async hangup(): Promise<Ending> {
    if (this.#state === 'answered') {
      const bye = this.#bye();
      await this.end({ cause: 'hangup', by: 'local' }, bye);
    } else if (this.#state !== 'ended') {
      this.abandon();
    }
    return this.ended;
  }

  /** Rejects when the far end refuses; the call goes on then as before. */
  async hold(): Promise<void> {
    await this.#talking().renegotiation.setHeld(true);
  }

  async resume(): Promise<void> {
    await this.#talking().renegotiation.setHeld(false);
  }

  /** One digit as an RFC 4733 event; resolves when it has been sent. */
  async sendDtmf(digit: string, durationMs = 160): Promise<void> {
    await this.#talking().media.rtp.sendDigit(digit, durationMs);
  }

  /** A request within the dialog. */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (!this.dialog || this.#state === 'ended') {
      transaction.respond(responseTo(request, 481));
    } else if (!this.dialog.accept(request)) {
      transaction.respond(responseTo(request, 500, { reason: 'CSeq Out Of Order' }));
    } else {
      this.#receive(transaction);
    }
  }

  /** Gives up a call that is not answered yet. */
  protected abstract abandon(): void;

  protected markRinging(): void {
    if (this.#state !== 'calling') return;
    this.#state = 'ringing';
    this.times.ringingMs ??= performance.now();
    this.#ringing.resolve(undefined);
  }

  /** `response` is the 2xx that we sent or got. */
  protected establish(dialog: Dialog, media: CallMedia, response: SipResponse): void {
    if (this.#state === 'ended') return;
    const renegotiation = new Renegotiation(this.agent, dialog, media);
    this.#renegotiation = renegotiation;
    this.#sessionTimer = new SessionTimer(
      (method) => (method === 'UPDATE' ? renegotiation.update() : renegotiation.reinvite()),
      (error) => this.agent.log('warn', `The session was not refreshed: ${messageOf(error)}`),
    );
    this.#sessionTimer.follow(response);
    this.dialog = dialog;
    this.#state = 'answered';
    this.times.answeredMs = performance.now();
    media.rtp.start();
    this.#ringing.resolve(undefined);
    const { status, reason } = response;
    this.#answered.resolve({ status, reason, codec: media.codec ?? 'pcmu' });
    this.agent.log('info', 'Call answered', { callId: this.callId, status });
  }

  /** The end, once; `ended` resolves when ports are free and `farewell` has been answered. */
  protected async end(ending: Ending, farewell?: Promise<unknown>, error?: Error): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.times.endedMs = performance.now();
    this.#sessionTimer?.stop();
    const failure = error ?? new BridgeError('CALL_FAILED', describe(ending));
    this.#ringing.reject(failure);
    this.#answered.reject(failure);
    this.agent.log('info', 'Call ended', { callId: this.callId, ...ending });
    await Promise.allSettled([this.media?.rtp.close(), farewell]);
    this.#ended.resolve(ending);
  }

  #receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    switch (request.method) {
      case 'BYE':
        transaction.respond(responseTo(request, 200));
        void this.end({ cause: 'hangup', by: 'remote', ...reasonIn(request) });
        break;
      case 'INVITE':
      case 'UPDATE':
        if (this.#renegotiation) this.#renegotiation.receive(transaction);
        else transaction.respond(responseTo(request, 491));
        break;
      case 'INFO':
        this.#infoDigits += /^Signal=\s*([0-9*#A-D])/im.exec(request.body.toString())?.[1] ?? '';
        transaction.respond(responseTo(request, 200));
        break;
      case 'OPTIONS':
      case 'MESSAGE':
      case 'NOTIFY':
      case 'PRACK':
        transaction.respond(responseTo(request, 200));
        break;
      case 'REFER':
        transaction.respond(responseTo(request, 603));
        break;
      default: {
        const refusal = responseTo(request, 405);
        refusal.headers.add('Allow', ALLOW);
        transaction.respond(refusal);
      }
    }
  }

  #talking(): { renegotiation: Renegotiation; media: CallMedia } {
    const { media } = this;
    if (!media || !this.#renegotiation || this.#state !== 'answered') {
      throw new BridgeError('CALL_FAILED', `The call is ${this.#state}, not answered.`);
    }
    return { renegotiation: this.#renegotiation, media };
  }

  async #bye(): Promise<void> {
    const { dialog } = this;
    if (dialog) await sayBye(this.agent, dialog);
  }
}

export async function sayBye(agent: UserAgent, dialog: Dialog): Promise<void> {
  const bye = dialog.request('BYE');
  bye.headers.add('User-Agent', agent.userAgent);
  await agent.request(bye, dialog.nextHop, { nextCSeq: () => dialog.nextCSeq() });
}

function describe({ cause, by, status, reason }: Ending): string {
  const who = by === 'local' ? 'here' : 'by the far end';
  const answer = status === undefined ? '' : `: ${status} ${reason ?? ''}`;
  return `The call was ${cause === 'hangup' ? 'hung up' : cause} ${who}${answer}.`;
}

/** The text of a Reason header (RFC 3326). */
function reasonIn(request: SipRequest): { reason?: string } {
  const text = /text="([^"]*)"/.exec(request.headers.get('reason') ?? '')?.[1];
  return text === undefined ? {} : { reason: text };
}
