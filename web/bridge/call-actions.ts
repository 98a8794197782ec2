/**
 * What a person, or a program, can do to a call that is up: by the page's buttons, its keys and its
 * devtools API alike.
 */
import type { CaptureMode } from '../../common/api.ts';
import { messageOf, type ErrorCode } from '../../common/errors.ts';
import type { CutBy } from '../../common/figures.ts';
import type { CallMedia } from '../media/call-media.ts';
import type { Side } from '../media/report.ts';
import type { RecordingSource } from '../recording/call-recorder.ts';
import { callsApi } from './calls-api.ts';
import type { Call } from './call.ts';
import type { Desk } from './desk.ts';

export class CallActions {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  hangUp(id: string): void {
    this.#desk.calls.sipOf(id)?.hangUp();
  }

  /** The developer's ears: one side of a call, on this computer. */
  listen(
    id: string,
    side: Side,
    change: { readonly on?: boolean; readonly volume?: number },
  ): void {
    this.#mediaOf(id)?.listen(side, change);
  }

  /** Keeps the call from now on, or no longer. */
  setRecorded(call: Call, on: boolean): void {
    const { recordings } = this.#desk;
    const media = this.#mediaOf(call.id);
    if (!on) void recordings.stop(call.id);
    else if (media !== undefined && call.isLive) recordings.start(sourceOf(call, media));
  }

  /** Cuts what the agent is saying; without an id, in the newest call that is answered. */
  interrupt(id: string | undefined, by: CutBy): void {
    const { calls, changes } = this.#desk;
    const call = calls.all.find(
      ({ id: each, state }) => state === 'answered' && each === (id ?? each),
    );
    if (call === undefined) return;
    this.#mediaOf(call.id)?.interrupt(by);
    call.conversation.note('The answer is cut.', new Date());
    changes.changed();
  }

  /** Of one call, and of those that come after it. */
  setCapture(call: Call, mode: CaptureMode): void {
    const { calls, changes } = this.#desk;
    calls.captureMode = mode;
    call.captureMode = mode;
    this.#mediaOf(call.id)?.setCapture(mode);
    changes.changed();
  }

  setAgentMuted(call: Call, muted: boolean): void {
    call.agentMuted = muted;
    this.#mediaOf(call.id)?.muteAgent(call.isAgentSilent);
    call.follower.note(muted ? 'The agent is muted.' : 'The agent is heard again.');
    this.#desk.changes.changed();
  }

  /** The agent hears silence in place of the caller. */
  setCallerMuted(call: Call, muted: boolean): void {
    call.callerMuted = muted;
    this.#mediaOf(call.id)?.muteCaller(muted);
    call.follower.note(muted ? 'The caller is muted.' : 'The caller is heard again.');
    this.#desk.changes.changed();
  }

  setHeld(call: Call, on: boolean): void {
    callsApi
      .hold(call.id, on)
      .catch((thrown: unknown) => this.#failed(call, 'HOLD_REFUSED', thrown));
  }

  /** To the caller: as events among the audio where that goes, by SIP INFO otherwise. */
  pressKey(call: Call, digit: string): void {
    const { calls, changes } = this.#desk;
    const isSent = calls.sipOf(call.id)?.sendDigits(digit, (press) => {
      callsApi.reportKey(call.id, press, 'page').catch(() => undefined);
    });
    if (isSent !== true) {
      callsApi
        .sendDigits(call.id, digit)
        .catch((thrown: unknown) => this.#failed(call, 'DTMF_REFUSED', thrown));
    }
    call.conversation.note(`You pressed ${digit}.`, new Date());
    changes.changed();
  }

  /** To the agent, as if the caller had pressed it. */
  pressKeyForCaller(call: Call, digit: string): void {
    this.#mediaOf(call.id)?.pressed(digit);
    call.follower.note(`You pressed ${digit} for the caller.`);
  }

  /** The caller's phone dials somebody else; the call ends when that is answered. */
  async transfer(call: Call, to: string): Promise<void> {
    const { changes, log } = this.#desk;
    call.isTransferring = true;
    log.add('info', `Transferring to ${to}.`, { callId: call.id });
    try {
      await callsApi.transfer(call.id, to);
      log.add('info', `Transferred to ${to}.`, { callId: call.id });
    } catch (thrown) {
      this.#failed(call, 'TRANSFER_FAILED', thrown);
    }
    call.isTransferring = false;
    changes.changed();
  }

  #mediaOf(id: string): CallMedia | undefined {
    return this.#desk.calls.mediaOf(id);
  }

  #failed(call: Call, code: ErrorCode, thrown: unknown): void {
    this.#desk.log.add('warn', messageOf(thrown), { callId: call.id, code });
  }
}

function sourceOf(call: Call, media: CallMedia): RecordingSource {
  const { id: callId, caller, dialled, direction, extension } = call;
  return {
    callId,
    caller,
    dialled,
    direction,
    extension,
    connection: media.connection,
    record: (port) => media.record(port),
    stopRecording: () => media.stopRecording(),
    figures: () => call.figures,
    timeline: () => call.timeline.toJSON(),
  };
}
