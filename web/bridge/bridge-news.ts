/** What the bridge tells of calls: on their axes, in the log, in their cards. */
import type { AgentLinkEvent, BridgeEvent, MediaEvent } from '../../common/events.ts';
import type { CallActions } from './call-actions.ts';
import type { CallCourse } from './call-course.ts';
import type { Desk } from './desk.ts';

export class BridgeNews {
  readonly #desk: Desk;
  readonly #course: CallCourse;
  readonly #actions: CallActions;

  constructor(desk: Desk, course: CallCourse, actions: CallActions) {
    this.#desk = desk;
    this.#course = course;
    this.#actions = actions;
  }

  onEvent(event: BridgeEvent): void {
    const { calls, happenings, log } = this.#desk;
    this.#course.recent.add(event);
    happenings.tell({ ...event, from: 'bridge' });
    for (const call of calls.all) call.onBridge(event);
    if (event.type === 'interrupt') this.#actions.interrupt(event.callId, 'api');
    if (event.type === 'message') log.add('info', `${event.from} writes: ${event.text}`);
    if (event.type === 'sip') {
      const { leg, direction, summary, callId } = event;
      const way = direction === 'in' ? `${leg} → bridge` : `bridge → ${leg}`;
      log.add('debug', `${way}: ${summary}`, { callId, kind: 'sip' });
    }
    if (event.type === 'agent') this.#onAgent(event);
    if (event.type === 'media') this.#onMedia(event);
  }

  #onMedia({ callId, code, sentence, state }: MediaEvent): void {
    const { calls, changes, log } = this.#desk;
    const call = calls.find(callId);
    if (call === undefined) return;
    call.mediaProblem =
      state === 'flowing' ? undefined : { sentence, ...(code !== undefined && { code }) };
    // That audio flows is news only after it did not.
    if (code !== undefined) log.add('warn', sentence, { callId, code });
    changes.changed();
  }

  /** What the bridge has noticed of an agent. */
  #onAgent({ what, code, callId, sentence }: AgentLinkEvent): void {
    const { calls, changes, log } = this.#desk;
    if (what === 'connected') changes.changed();
    if (what !== 'remark' || code === undefined) return;
    const call = calls.findLive(callId);
    // What this page has noticed itself comes back as well.
    if (call === undefined || call.remarks.some((remark) => remark.code === code)) return;
    call.bridgeRemarks.set(code, sentence);
    log.add('warn', sentence, { callId, code });
    changes.changed();
  }
}
