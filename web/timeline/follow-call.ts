/**
 * Fills a Timeline from a call that goes on: what its worker reports, what the bridge tells of it, what
 * the browser measures of its connection. Nothing here knows the page or the network; whoever has a
 * message of the call hands it over.
 */
import type { AgentEvent } from '../../agent/dialects/types.ts';
import type { BridgeEvent } from '../../common/events.ts';
import type { CallFigures } from '../../common/figures.ts';
import type { FromWorker } from '../media/from-worker.ts';
import type { MediaReport, ScopeReading, SocketStatus } from '../media/report.ts';
import { COLUMN_FIELDS, COLUMN_MS, type Envelope } from './envelope.ts';
import { entryOf } from './bridge-entries.ts';
import { arrivalsOf } from './connection-figures.ts';
import { FlowWatch } from './flow-watch.ts';
import { KEPT_MARKS, spanOf, type Mark } from './turn-spans.ts';
import type { Spectra } from './spectra.ts';
import type { Timeline } from './timeline.ts';
import type { NewEntry, StreamFigures, StreamName } from './types.ts';

/** A worker that was held up says nothing of the time between; late audio is no hole yet. */
const HOLE_MS = 600;
const SECOND_MS = 1_000;
/** Clocks of the bridge and of this computer that differ by more say nothing about order. */
const SAME_CLOCK_MS = 1_500;

export class CallFollower {
  readonly timeline: Timeline;
  readonly #now: () => number;
  readonly #flow: FlowWatch;
  /** The transcript that may still change, and the hold that has not ended. */
  #partial: number | undefined;
  #hold: number | undefined;
  #sampledAt = -Infinity;
  #marks: Mark[] = [];
  #socketState: SocketStatus['state'] | undefined;
  readonly #remarked = new Set<string>();

  /** @param now epoch milliseconds. */
  constructor(timeline: Timeline, now: () => number = Date.now) {
    this.timeline = timeline;
    this.#now = now;
    this.#flow = new FlowWatch(timeline);
  }

  answered(epochMs = this.#now()): void {
    this.timeline.answer(epochMs);
    this.#add({ kind: 'call', level: 'info', text: 'The call is answered.' }, 0);
  }

  ended(sentence: string, failed: boolean, epochMs = this.#now()): void {
    const at = this.timeline.toAxis(epochMs);
    this.#endHold(at);
    this.#add({ kind: 'call', level: failed ? 'error' : 'info', text: sentence }, at);
    this.timeline.end(epochMs);
  }

  /** A message of the call's worker; those that say nothing about time are passed over. */
  onWorker(message: FromWorker): void {
    switch (message.type) {
      case 'report':
        this.#onReport(message.report);
        return;
      case 'figures':
        this.#onFigures(message.figures);
        return;
      case 'agent-event':
        this.#onAgentEvent(message.event, message.at ?? this.#axisNow());
        return;
      case 'socket':
        this.#onSocket(message.socket);
        return;
      case 'remarks':
        for (const { code, sentence } of message.remarks) this.#remark(code, sentence);
        return;
      case 'log':
        if (message.level === 'error' || message.level === 'warn') {
          const { level, text, code } = message;
          this.#add({ kind: 'error', level, text, ...(code !== undefined && { code }) });
        }
        return;
      case 'capture':
        this.#add({ kind: 'note', level: 'debug', text: `Capture: ${message.capture}.` });
        return;
      default:
        return;
    }
  }

  /** What the bridge tells of this call; of other calls it is passed over. */
  onBridge(event: BridgeEvent): void {
    if (!('callId' in event) || event.callId !== this.timeline.callId) return;
    const at = this.#axisOf(event.at);
    if (event.type === 'call') this.#onHold(event.call.heldBy, at);
    if (event.type === 'network') this.timeline.sample(at, { streams: arrivalsOf(event) });
    if (event.type === 'agent' && event.what === 'remark' && event.code !== undefined) {
      this.#remark(event.code, event.sentence);
    }
    const entry = entryOf(event, at);
    if (entry !== undefined) this.timeline.add(entry);
  }

  /** Figures of the network, of one second. */
  onStreams(streams: Partial<Record<StreamName, StreamFigures>>): void {
    this.timeline.sample(this.#axisNow(), { streams });
  }

  /** Something that only the page knows: a person at it did something. */
  note(text: string, kind: 'note' | 'barge-in' = 'note'): void {
    this.#add({ kind, level: 'info', text });
  }

  #onReport({ at, caller, agent, counters }: MediaReport): void {
    const { timeline } = this;
    // Before the answer there is no axis for audio, and nothing to hear.
    if (at === undefined) return;
    extend(timeline.caller, timeline.callerSpectra, caller, at);
    extend(timeline.agent, timeline.agentSpectra, agent, at);
    this.#flow.look(at, counters, this.#hold !== undefined);
    if (at - this.#sampledAt >= SECOND_MS) {
      this.#sampledAt = at;
      const { queuedMs, socketBacklogBytes, skewPpm } = counters;
      timeline.sample(at, {
        playoutMs: queuedMs,
        socketBytes: socketBacklogBytes,
        ...(skewPpm !== null && { skewPpm }),
      });
    }
    timeline.changed();
  }

  #onFigures({ turns, answers }: CallFigures): void {
    turns.forEach((turn, i) => {
      const next = turns[i + 1];
      const before = turns[i - 1];
      this.timeline.putTurn(
        spanOf({
          turn,
          answer: answers.find(({ id }) => id === turn.answer),
          marks: this.#marks,
          since: before?.agentStartedMs ?? -Infinity,
          until: next?.callerStartedMs ?? next?.agentStartedMs ?? Infinity,
        }),
      );
    });
  }

  #onAgentEvent(event: AgentEvent, at: number): void {
    if (event.type === 'heartbeat') return;
    this.#marks = [...this.#marks.slice(1 - KEPT_MARKS), { at, event }];
    switch (event.type) {
      case 'transcript':
        this.#transcript(event.text, event.final, at);
        return;
      case 'llm_response':
      case 'speech_started':
        this.#agentSays(event.text ?? '', at);
        return;
      case 'barge_in': {
        const text = event.message ?? 'The caller spoke over the agent; its answer is cut.';
        this.#add({ kind: 'barge-in', side: 'caller', level: 'info', text }, at);
        return;
      }
      case 'error': {
        const text = `The agent reports: ${event.message}`;
        this.#add({ kind: 'error', side: 'agent', level: 'error', text }, at);
        return;
      }
      case 'bad_frame':
        this.#add(
          { kind: 'error', side: 'agent', level: 'warn', text: event.reason, detail: event.raw },
          at,
        );
        return;
      case 'session_started':
      case 'session_ending':
      case 'call_ended':
        this.#add({ kind: 'note', side: 'agent', level: 'info', text: sessionText(event) }, at);
        return;
      case 'unknown':
        this.#add(
          { kind: 'note', side: 'agent', level: 'debug', text: event.name, detail: event.raw },
          at,
        );
        return;
      default:
        return;
    }
  }

  #transcript(text: string, isFinal: boolean, at: number): void {
    if (this.#partial !== undefined) {
      this.timeline.change(this.#partial, { text, endAt: at, isPartial: !isFinal });
    } else if (text.trim() !== '') {
      this.#partial = this.#add(
        {
          kind: 'transcript',
          side: 'caller',
          level: 'info',
          text,
          ...(!isFinal && { isPartial: true }),
        },
        at,
      );
    }
    if (isFinal) this.#partial = undefined;
  }

  /** One answer may be announced twice: as the model's response and as speech. */
  #agentSays(text: string, at: number): void {
    if (text.trim() === '') return;
    const last = this.timeline.entries.findLast(({ kind }) => kind === 'transcript');
    if (last?.side === 'agent' && last.text.includes(text)) return;
    this.#add({ kind: 'transcript', side: 'agent', level: 'info', text }, at);
  }

  #onSocket({ state, sentence, code }: SocketStatus): void {
    // Every further attempt says the same again.
    if (state === this.#socketState) return;
    this.#socketState = state;
    const level = state === 'reconnecting' ? 'warn' : 'info';
    this.#add({ kind: 'socket', level, text: sentence, ...(code !== undefined && { code }) });
  }

  #onHold(heldBy: readonly ('phone' | 'page')[], at: number): void {
    if (heldBy.length === 0) this.#endHold(at);
    else if (this.#hold === undefined) {
      const by = heldBy.includes('page') ? 'at the page' : 'by the phone';
      this.#hold = this.#add({ kind: 'hold', level: 'info', text: `On hold ${by}.` }, at);
    }
  }

  #endHold(at: number): void {
    if (this.#hold !== undefined) this.timeline.change(this.#hold, { endAt: at });
    this.#hold = undefined;
  }

  /** Page and bridge may notice the same. */
  #remark(code: string, text: string): void {
    if (this.#remarked.has(code)) return;
    this.#remarked.add(code);
    this.#add({ kind: 'error', side: 'agent', level: 'warn', text, code });
  }

  #add(entry: Omit<NewEntry, 'at'>, at = this.#axisNow()): number {
    return this.timeline.add({ ...entry, at });
  }

  #axisNow(): number {
    return this.timeline.toAxis(this.#now());
  }

  /** The bridge may run on another computer, whose clock is another. */
  #axisOf(iso: string): number {
    const told = Date.parse(iso);
    const now = this.#now();
    return this.timeline.toAxis(Math.abs(now - told) < SAME_CLOCK_MS ? told : now);
  }
}

/** The columns end at `at`. */
function extend(
  envelope: Envelope,
  spectra: Spectra,
  { columns, spectra: bands }: ScopeReading,
  at: number,
): void {
  const due = Math.floor(at / COLUMN_MS) - columns.length / COLUMN_FIELDS;
  const isFirst = envelope.total === 0 && columns.length > 0;
  if (isFirst || (due - envelope.total) * COLUMN_MS > HOLE_MS) envelope.padTo(due);
  spectra.padTo(envelope.total);
  envelope.push(columns);
  spectra.push(bands);
}

function sessionText(
  event: Extract<AgentEvent, { type: 'session_started' | 'session_ending' | 'call_ended' }>,
): string {
  if (event.type === 'session_started') return 'The agent started its session.';
  if (event.type === 'session_ending') {
    return event.message ?? 'The agent is about to end the session.';
  }
  return `The agent ended its session${event.outcome === undefined ? '' : `: ${event.outcome}`}.`;
}
