/** A bundle that is looked at: what it holds, in the forms that the page's panels show. */
import type { AgentEvent } from '../../agent/dialects/types.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { LogLevel } from '../../common/log.ts';
import type { Bundle } from '../../recording/bundle.ts';
import type { RecordedEvent } from '../../recording/manifest.ts';
import { Conversation } from '../bridge/conversation.ts';
import { LOG_KINDS, type LogEntry, type LogKind } from '../bridge/event-log.ts';
import type { ReadBundle } from '../recording/types.ts';
import { COLUMN_MS } from '../timeline/envelope.ts';
import { Timeline, type TimelineJson } from '../timeline/timeline.ts';
import { recordedFigures, type RecordedFigures } from './recorded-figures.ts';

const LEVELS: readonly unknown[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[];
const MAX_SAID = 300;

export class OpenedBundle {
  readonly bundle: Bundle;
  readonly timeline: Timeline;
  readonly entries: readonly LogEntry[];
  /** What was said. */
  readonly conversation: Conversation;
  /** Its counters and what each hop took. */
  readonly figures: RecordedFigures | undefined;
  /** What could not be read of it. */
  readonly problems: readonly string[];
  /** Of its audio, for a player. */
  readonly audioUrl: string;
  /** The player, wherever it is shown. */
  readonly audio = new Audio();

  constructor(bundle: ReadBundle) {
    this.bundle = bundle;
    const timeline = timelineOf(bundle);
    this.timeline = timeline ?? emptyTimeline(bundle);
    fillSpectra(this.timeline, bundle);
    this.problems = [
      ...bundle.problems,
      ...(timeline === undefined ? ['The time axis stays empty.'] : []),
    ];
    this.entries = bundle.events.map(entryOf);
    this.conversation = conversationOf(bundle.events);
    this.figures = recordedFigures(bundle.figures);
    this.audioUrl = URL.createObjectURL(new Blob([bundle.audio], { type: 'audio/wav' }));
    this.audio.src = this.audioUrl;
  }

  /** A page without a gesture may not make a sound; the button on it is one. */
  play(): void {
    this.audio.play().catch(() => undefined);
  }

  close(): void {
    this.audio.pause();
    this.audio.removeAttribute('src');
    URL.revokeObjectURL(this.audioUrl);
  }
}

/** A file may hold anything under that name. */
function timelineOf({ timeline }: Bundle): Timeline | undefined {
  try {
    return timeline === undefined ? undefined : Timeline.fromJSON(timeline as TimelineJson);
  } catch {
    return undefined;
  }
}

function emptyTimeline({ manifest: { callId, startedAt } }: Bundle): Timeline {
  return new Timeline({ callId, startedAt: Date.parse(startedAt) });
}

/** What the recording lies behind the answer, its spectra do as well. */
function fillSpectra(timeline: Timeline, { manifest, spectra }: ReadBundle): void {
  const first = Math.round(manifest.offsetMs / COLUMN_MS) + spectra.skipped;
  const [caller, agent] = spectra.voices;
  for (const [to, columns] of [
    [timeline.callerSpectra, caller],
    [timeline.agentSpectra, agent],
  ] as const) {
    if (columns === undefined) continue;
    to.padTo(first);
    to.push(columns);
  }
}

/** As the call's card showed it. A file may hold anything: what is no event of an agent is left out. */
function conversationOf(events: readonly RecordedEvent[]): Conversation {
  const conversation = new Conversation();
  for (const event of events.filter(({ from }) => from === 'agent')) {
    try {
      conversation.add(event as unknown as AgentEvent, new Date(event.at));
    } catch {
      continue;
    }
  }
  return conversation;
}

/** As the page's log shows what happened. */
function entryOf(event: RecordedEvent, index: number): LogEntry {
  const { at, from, type, level, code } = event;
  const isLog = from === 'page' && type === 'log';
  const words = said(event);
  // SIP and bare figures are for whoever asks for everything, as in the log of a live page.
  const usual = words === undefined || type === 'sip' ? 'debug' : 'info';
  return {
    id: index + 1,
    at: new Date(at),
    level: LEVELS.includes(level) ? (level as LogLevel) : usual,
    kind: kindOf(event),
    text: isLog ? textOf(event, 'text') : `${type}: ${words ?? figuresIn(event)}`,
    ...(typeof code === 'string' && { code: code as ErrorCode }),
  };
}

function kindOf({ from, type, kind }: RecordedEvent): LogKind {
  const told = LOG_KINDS.find((each) => each === kind);
  if (told !== undefined) return told;
  if (from === 'agent' || type === 'agent' || type === 'socket') return 'agent';
  if (type === 'sip' || type === 'call') return type;
  return type === 'media' || type === 'dtmf' ? 'media' : 'page';
}

function said(event: RecordedEvent): string | undefined {
  for (const field of ['sentence', 'summary', 'text', 'message', 'digit']) {
    if (typeof event[field] === 'string') return textOf(event, field);
  }
  return undefined;
}

function figuresIn(event: RecordedEvent): string {
  return JSON.stringify({ ...event, at: undefined, from: undefined, type: undefined }).slice(
    0,
    MAX_SAID,
  );
}

function textOf(event: RecordedEvent, field: string): string {
  const value = event[field];
  return typeof value === 'string' ? value : '';
}
