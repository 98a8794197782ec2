/** A call's course, from its first sign to its end: by what SIP says of it, and the bridge's status. */
import type { CaptureMode, Status } from '../../common/api.ts';
import type { SipCall } from '../phone/sip-call.ts';
import { Call } from './call.ts';
import type { CallActions } from './call-actions.ts';
import type { Desk } from './desk.ts';
import { RecentEvents } from './recent-events.ts';

const FORGOTTEN_MS = 1_000;

export class CallCourse {
  /** A call's first events come before the call itself. */
  readonly recent = new RecentEvents();
  readonly #desk: Desk;
  readonly #actions: CallActions;
  readonly #status: () => Status | undefined;

  /** @param status the bridge's newest; undefined while it does not answer */
  constructor(desk: Desk, actions: CallActions, status: () => Status | undefined) {
    this.#desk = desk;
    this.#actions = actions;
    this.#status = status;
  }

  /** Shows a call and what becomes of it. */
  follow(sip: SipCall, captureMode: CaptureMode): Call {
    const { calls } = this.#desk;
    const call = new Call(sip);
    for (const event of this.recent.events) call.onBridge(event);
    call.captureMode = calls.captureMode ?? captureMode;
    calls.add(call);
    sip.follow({
      onAnswered: () => this.#onAnswered(call),
      onHold: (held) => this.#onHold(call, held ? ['phone'] : []),
      onKey: (digit) => calls.mediaOf(call.id)?.pressed(digit),
      onEnded: (sentence, failed) => this.#onEnded(call, sentence, failed),
    });
    return call;
  }

  /** What the bridge knows of calls, and this page does not. */
  onStatus(status: Status): void {
    this.#noteHolds(status);
    this.#noteWinners(status);
    this.#endForgotten();
  }

  #onAnswered(call: Call): void {
    const { calls, changes, log, recordings } = this.#desk;
    changes.answered(call);
    call.state = 'answered';
    call.answeredAt = new Date();
    call.follower.answered(call.answeredAt.getTime());
    if (recordings.automatic) this.#actions.setRecorded(call, true);
    calls.mediaOf(call.id)?.answered();
    log.add('info', `Answered ${call.caller}.`, { callId: call.id });
    changes.tell();
  }

  #onHold(call: Call, heldBy: Call['heldBy']): void {
    const { calls, changes, log } = this.#desk;
    if (!call.isLive || call.heldBy.join() === heldBy.join()) return;
    call.heldBy = heldBy;
    const held = heldBy.length > 0;
    call.state = held ? 'held' : 'answered';
    calls.mediaOf(call.id)?.muteAgent(call.isAgentSilent);
    const by = heldBy.includes('page') ? 'here' : 'by the caller';
    log.add('info', held ? `Put on hold ${by}.` : 'Off hold.', { callId: call.id });
    changes.changed();
  }

  #onEnded(call: Call, sentence: string, failed: boolean): void {
    const { calls, changes, log, recordings } = this.#desk;
    if (call.state === 'ended') return;
    changes.answered(call);
    call.state = 'ended';
    call.endedAt = new Date();
    call.endSentence = sentence;
    call.failed = failed;
    call.follower.ended(sentence, failed, call.endedAt.getTime());
    const released = calls.release(call.id)?.media.close();
    // The tape ends with the call's worker, and its statistics with its connection.
    void released?.then(() => recordings.stop(call.id));
    const code = failed ? 'CALL_FAILED' : undefined;
    log.add(failed ? 'error' : 'info', sentence, { callId: call.id, code });
    changes.tell();
  }

  /** A phone that holds tells the bridge, and the bridge its status; our own leg goes on as it was. */
  #noteHolds(status: Status): void {
    for (const { callId, state, heldBy } of status.calls) {
      const call = this.#desk.calls.find(callId);
      if (call?.answeredAt !== undefined && state === 'answered') {
        this.#onHold(call, heldBy);
      }
    }
  }

  /** Of several pages that rang, one has the call, and its agent. */
  #noteWinners(status: Status): void {
    const { calls } = this.#desk;
    for (const { callId, answeredBy } of status.calls) {
      const sip = calls.sipOf(callId);
      if (sip !== undefined && 'legId' in sip && sip.legId === answeredBy) {
        calls.mediaOf(callId)?.won();
      }
    }
  }

  /** A bridge that was restarted has forgotten its calls, and will never send their BYE. */
  #endForgotten(): void {
    const { calls } = this.#desk;
    const isForgotten = (call: Call) =>
      call.state !== 'ringing' && !this.#status()?.calls.some(({ callId }) => callId === call.id);
    const forgotten = calls.all.filter((call) => call.isLive && isForgotten(call));
    if (forgotten.length === 0) return;
    // The BYE of a call that ends in order may still be on its way.
    setTimeout(() => {
      for (const call of forgotten.filter(isForgotten)) {
        calls.sipOf(call.id)?.abandon('The bridge was restarted and has lost this call.');
      }
    }, FORGOTTEN_MS);
  }
}
