/**
 * One call as the page knows it: who, how long, what was said, how the audio does. Changes are told
 * at the pace of people; levels and waveforms are read by the canvases when they draw.
 */
import type { Remark } from '../../agent/diagnosis/flow.ts';
import type { CallState, CallStatus, Capture, CaptureMode } from '../../common/api.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { BridgeEvent } from '../../common/events.ts';
import { NO_COUNTERS, type CallFigures } from '../../common/figures.ts';
import { EARS_OFF, type EarStates } from '../media/ears.ts';
import type { MediaCounters, MediaReport, SocketStatus } from '../media/report.ts';
import { CallFollower } from '../timeline/follow-call.ts';
import { Timeline } from '../timeline/timeline.ts';
import { Conversation } from './conversation.ts';
import type { Trouble } from './diagnosis.ts';
import { VoiceLevel } from './voice-level.ts';

export type PageCallState = CallState | 'held';

/** Time over which the frame rate is taken. */
const RATE_MS = 2_000;

export interface CallParties {
  readonly id: string;
  /** The phone's side, whoever called. */
  readonly caller: string;
  readonly dialled: string;
  readonly direction: CallStatus['direction'];
  /** Key of the extension whose agent takes part. */
  readonly extension: string;
}

export class Call {
  readonly id: string;
  readonly caller: string;
  readonly dialled: string;
  readonly direction: CallStatus['direction'];
  readonly extension: string;
  state: PageCallState = 'ringing';
  readonly startedAt = new Date();
  answeredAt: Date | undefined;
  endedAt: Date | undefined;
  endSentence = '';
  failed = false;
  socket: SocketStatus = { state: 'connecting', sentence: 'Connecting to the agent.' };
  /** How the agent hears the caller, and how it was asked to. */
  capture: Capture | undefined;
  captureMode: CaptureMode = 'auto';
  counters: MediaCounters = NO_COUNTERS;
  /** Hops, turns and answers, at most two seconds old; undefined until the first have come. */
  figures: CallFigures | undefined;
  /** Frames to the agent per second, over the last two seconds. */
  frameRate = 0;
  /** What the bridge found wrong with the media. */
  mediaProblem: Trouble | undefined;
  ears: EarStates = EARS_OFF;
  /** Who has put it on hold. */
  heldBy: readonly ('phone' | 'page')[] = [];
  isTransferring = false;
  agentMuted = false;
  callerMuted = false;
  /** What is odd about the agent at present, and what of it was told. */
  remarks: readonly Remark[] = [];
  /** What the bridge has noticed of its own: it lasts. */
  readonly bridgeRemarks = new Map<ErrorCode, string>();
  readonly remarked = new Set<ErrorCode>();
  /** What the agent is told of the call in its address; empty until it is connected. */
  parameters: Readonly<Record<string, string>> = {};
  /** Everything about the call on one axis, and what fills it. */
  readonly timeline: Timeline;
  readonly follower: CallFollower;
  readonly conversation = new Conversation();
  readonly callerLevel = new VoiceLevel();
  readonly agentLevel = new VoiceLevel();
  readonly #samples: { readonly at: number; readonly frames: number }[] = [];

  constructor({ id, caller, dialled, direction, extension }: CallParties) {
    this.id = id;
    this.caller = caller;
    this.dialled = dialled;
    this.direction = direction;
    this.extension = extension;
    this.timeline = new Timeline({ callId: id, startedAt: this.startedAt.getTime() });
    this.follower = new CallFollower(this.timeline);
  }

  /** Muted, or on hold here: who is on hold hears nothing of the agent. */
  get isAgentSilent(): boolean {
    return this.agentMuted || this.heldBy.includes('page');
  }

  get isLive(): boolean {
    return this.state !== 'ended';
  }

  onBridge(event: BridgeEvent): void {
    this.follower.onBridge(event);
    if (event.type !== 'agent' || event.callId !== this.id) return;
    this.parameters = event.parameters ?? this.parameters;
  }

  /** Time since the answer, up to the end. */
  durationMs(now = Date.now()): number {
    if (this.answeredAt === undefined) return 0;
    return (this.endedAt?.getTime() ?? now) - this.answeredAt.getTime();
  }

  onReport({ caller, agent, counters }: MediaReport, now: number): void {
    this.callerLevel.push(caller);
    this.agentLevel.push(agent);
    this.counters = counters;
    this.#samples.push({ at: now, frames: counters.framesToAgent });
    while (now - (this.#samples[0]?.at ?? now) > RATE_MS) this.#samples.shift();
    const [first] = this.#samples;
    if (first === undefined || now - first.at < RATE_MS / 2) return;
    this.frameRate = ((counters.framesToAgent - first.frames) * 1_000) / (now - first.at);
  }
}
