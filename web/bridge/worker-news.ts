/** What the worker of a call tells: shown, logged, and passed on to the bridge where it counts there. */
import type { Remark } from '../../agent/diagnosis/flow.ts';
import type { FromWorker } from '../media/messages.ts';
import type { SocketStatus } from '../media/report.ts';
import { callsApi } from './calls-api.ts';
import type { Call } from './call.ts';
import type { Desk } from './desk.ts';

type Of<Type extends FromWorker['type']> = Extract<FromWorker, { readonly type: Type }>;

export class WorkerNews {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  onMessage(call: Call, message: FromWorker): void {
    const { changes, log } = this.#desk;
    const callId = call.id;
    call.follower.onWorker(message);
    switch (message.type) {
      case 'report':
        call.onReport(message.report, performance.now());
        changes.changedInPassing();
        return;
      case 'socket':
        this.#onSocket(call, message.socket);
        return;
      case 'agent-event':
        this.#onAgentEvent(call, message.event);
        return;
      case 'capture':
        this.#onCapture(call, message);
        return;
      case 'codec':
        return;
      case 'digit':
        call.conversation.note(`The caller pressed ${message.digit}.`, new Date());
        log.add('info', `Key ${message.digit} to the agent.`, { callId });
        return;
      case 'key':
        callsApi.reportKey(call.id, message.press, 'phone').catch(() => undefined);
        return;
      case 'remarks':
        this.#onRemarks(call, message.remarks);
        return;
      case 'log':
        log.add(message.level, message.text, { callId, code: message.code });
        return;
      case 'figures':
        call.figures = message.figures;
        callsApi.reportFigures(callId, message.figures);
        changes.changedInPassing();
        return;
      case 'replay':
        return;
      case 'mark':
      case 'ready':
      case 'closed':
        changes.changed();
    }
  }

  #onSocket(call: Call, socket: SocketStatus): void {
    const { changes, happenings, log } = this.#desk;
    const { state, sentence, code } = socket;
    const isNews = state !== 'reconnecting' || call.socket.state !== 'reconnecting';
    call.socket = socket;
    happenings.note('page', 'socket', call.id, socket);
    changes.changed();
    // Of an ended call, the call's own end is news enough.
    if (!call.isLive || !isNews) return;
    log.add(state === 'reconnecting' ? 'warn' : 'info', sentence, { callId: call.id, code });
  }

  #onAgentEvent(call: Call, event: Of<'agent-event'>['event']): void {
    const { changes, happenings } = this.#desk;
    happenings.note('agent', event.type, call.id, event);
    const lastTurn = call.conversation.turns.at(-1)?.id;
    call.conversation.add(event, new Date());
    // The first words are news; those that revise them come by the dozen.
    const isRevision = call.conversation.turns.at(-1)?.id === lastTurn;
    if (event.type === 'transcript' && !event.final && isRevision) changes.changedInPassing();
    else changes.changed();
  }

  #onCapture(call: Call, { capture, aligned }: Of<'capture'>): void {
    const { changes, log } = this.#desk;
    const before = call.capture;
    call.capture = capture;
    if (before !== undefined) {
      const how = aligned ? 'without a gap' : 'with a jump: the two did not match';
      log.add('info', `Capture: ${before} → ${capture}, ${how}.`, { callId: call.id });
    }
    changes.changed();
  }

  /** What is odd about the agent: shown while it holds, told to the bridge and logged once. */
  #onRemarks(call: Call, remarks: readonly Remark[]): void {
    const { changes, log } = this.#desk;
    const news = remarks.filter(({ code }) => !call.remarked.has(code));
    call.remarks = remarks;
    for (const { code, sentence } of news) {
      call.remarked.add(code);
      log.add('warn', sentence, { callId: call.id, code });
      callsApi.reportRemark(call.id, { code, sentence });
    }
    changes.changed();
  }
}
