/**
 * The page's state and what can be done with it: registration, calls, status, log. The elements of
 * ui/ render it, the devtools API exposes it; neither knows JsSIP or the workers.
 */
import type {
  AgentAddress,
  AgentProfile,
  CaptureMode,
  PageConfig,
  Status,
} from '../../common/api.ts';
import type { AgentLinkEvent, BridgeEvent, MediaEvent } from '../../common/events.ts';
import { BridgeError, messageOf, type ErrorCode } from '../../common/errors.ts';
import type { CutBy } from '../../common/figures.ts';
import type { EarStates } from '../media/ears.ts';
import type { FromWorker } from '../media/messages.ts';
import type { Remark } from '../../agent/diagnosis/flow.ts';
import type { Side } from '../media/report.ts';
import { CallMedia } from '../media/call-media.ts';
import { SpareWorker } from '../media/spare-worker.ts';
import { findUnsupported } from '../media/support.ts';
import type { IncomingCall } from '../phone/incoming-call.ts';
import type { SipCall } from '../phone/sip-call.ts';
import { Phone } from '../phone/phone.ts';
import { pageInstance } from '../phone/instance.ts';
import { rehearse } from '../phone/rehearse.ts';
import { SpareCertificate } from '../phone/spare-certificate.ts';
import { IDLE, type RegistrationStatus } from '../phone/registration.ts';
import { Call } from './call.ts';
import { callsApi } from './calls-api.ts';
import { Bundles } from '../bundle/bundles.ts';
import { Replay } from '../replay/replay.ts';
import type { Bundle } from '../../recording/bundle.ts';
import { Happenings } from './happenings.ts';
import type { RecordingSource } from '../recording/call-recorder.ts';
import { RecordingLibrary } from '../recording/library.ts';
import { withoutSecrets } from '../../recording/without-secrets.ts';
import { EventLog } from './event-log.ts';
import { ConnectionFigures } from '../timeline/connection-figures.ts';
import { RecentEvents } from './recent-events.ts';
import { StatusStream } from './status-stream.ts';

/** Figures change many times a second; people read them once. */
const FIGURES_MS = 1_000;
/** No answer takes longer; if one does, the page must show it. */
const ANSWERING_MS = 1_000;
const FORGOTTEN_MS = 1_000;
const CONFIG_RETRY_MS = 2_000;
/** Kept in the list, the ended ones included. */
const MAX_CALLS = 50;
/** Of which the voices can still be seen: a few megabytes for each hour. */
const MAX_VOICES = 10;
const MEDIA_LOST = 'The media connection between bridge and page failed.';

interface LiveCall {
  readonly sip: SipCall;
  readonly media: CallMedia;
}

export class Bridge extends EventTarget {
  config: PageConfig | undefined;
  status: Status | undefined;
  registration: RegistrationStatus = IDLE;
  readonly unsupported = findUnsupported();
  readonly happenings = new Happenings();
  readonly log = new EventLog(
    () => this.#changed(),
    undefined,
    ({ callId, level, kind, text, code }) =>
      this.happenings.note('page', 'log', callId, { level, kind, text, ...(code && { code }) }),
  );
  readonly recordings = new RecordingLibrary({
    log: (level, text, fields) => this.log.add(level, text, fields),
    recorder: () => ({
      happenings: this.happenings,
      config: this.config === undefined ? {} : withoutSecrets(this.config),
      version: this.config?.version ?? '',
    }),
  });
  /** Newest first, ended ones included. */
  calls: readonly Call[] = [];
  /** A call's first events come before the call itself. */
  readonly #recent = new RecentEvents();
  readonly bundles = new Bundles({
    recordings: this.recordings,
    replay: (bundle, onProgress) => this.#replay(bundle, onProgress),
  });
  #phone: Phone | undefined;
  #instance = '';
  readonly #workers = new SpareWorker();
  readonly #certificates = new SpareCertificate();
  readonly #answering = new Set<Call>();
  readonly #live = new Map<string, LiveCall>();
  #captureMode: CaptureMode | undefined;
  #statusStream: StatusStream | undefined;
  #figures: ReturnType<typeof setTimeout> | undefined;
  #figuresDueAt = 0;
  #postponed: ReturnType<typeof setTimeout> | undefined;

  get isStarted(): boolean {
    return this.#phone !== undefined;
  }

  /** Whether the set-up help is still of use. */
  get hadCall(): boolean {
    return this.calls.length > 0;
  }

  /** Reads the configuration and follows the bridge's status. Registers nothing yet. */
  async open(): Promise<void> {
    this.#statusStream = new StatusStream({
      onStatus: (status) => {
        this.status = status;
        this.#noteHolds(status);
        this.#noteWinners(status);
        this.#endForgotten();
        this.#changed();
      },
      onEvent: (event) => this.#onEvent(event),
      onLost: () => {
        if (this.status !== undefined) this.log.add('warn', 'The bridge does not answer.');
        this.status = undefined;
        this.#changed();
      },
    });
    if (this.unsupported !== undefined) {
      this.log.add('error', this.unsupported.message, { code: this.unsupported.code });
    }
    [this.config, this.#instance] = await Promise.all([this.#fetchConfig(), pageInstance()]);
    this.recordings.addEventListener('change', () => this.#changed());
    this.bundles.addEventListener('change', () => this.#changed());
    this.recordings.configure(this.config.recording);
    this.#changed();
    void this.recordings.open();
  }

  /** Registers; from now on calls are answered. */
  start(): void {
    const { config } = this;
    if (this.#phone !== undefined || config === undefined || this.unsupported !== undefined) return;
    this.#phone = new Phone({
      sip: { ...config.sip, user: ownUser() ?? config.sip.user },
      origin: socketOrigin(),
      userAgent: `SIP Agent Bridge page ${config.version}`,
      instance: this.#instance,
      newLogin: async () => (await readConfig().catch(() => undefined))?.sip.login,
      onStatus: (registration) => this.#onRegistration(registration),
      onCall: (call) => void this.#onCall(call, this.config ?? config),
      onDialRequest: ({ to, callId, extension }) => void this.dial(to, { id: callId, extension }),
    });
    this.#phone.start();
    this.#certificates.prepare();
    rehearse().catch((thrown: unknown) => this.log.add('warn', `WebRTC: ${messageOf(thrown)}`));
    this.#changed();
  }

  /** Calls a phone; whoever answers talks to the agent. */
  async dial(to: string, how: { id?: string; extension?: string } = {}): Promise<void> {
    const { config } = this;
    const phone = this.#phone;
    if (config === undefined || phone === undefined || to.trim() === '') return;
    const { id = crypto.randomUUID(), extension = 'default' } = how;
    const agent = config.agents[extension] ?? config.agent;
    const worker = await this.#workers.take();
    const early: { call?: Call; sip?: SipCall } = {};
    const media = new CallMedia({
      worker,
      callId: id,
      agentUrl: () => agentUrl(agent, id),
      agent,
      wideband: false,
      openAgent: 'with-answer',
      onMessage: (message) => early.call && this.#onMedia(early.call, message),
      onConnection: (report) => callsApi.reportConnection(id, report),
      onStats: this.#statsOf(() => early.call),
      onEars: (ears) => early.call && this.#onEars(early.call, ears),
      capture: this.#captureMode ?? config.capture,
      onLost: () => early.sip?.abandon(MEDIA_LOST),
    });
    try {
      const certificate = await this.#certificates.take();
      const attach = (connection: RTCPeerConnection) => media.prepare(connection);
      const sip = phone.call({ to: to.trim(), id, extension, certificate, attach });
      early.sip = sip;
      const call = (early.call = this.#follow(sip));
      this.#live.set(id, { sip, media });
      this.log.add('info', `Calling ${call.caller}.`, { callId: id });
    } catch (thrown) {
      await media.close();
      const text = `${to} cannot be called: ${messageOf(thrown)}.`;
      this.log.add('error', text, { callId: id, code: 'CALL_FAILED' });
    }
    this.#changed();
  }

  hangUp(id: string): void {
    this.#live.get(id)?.sip.hangUp();
  }

  /** The developer's ears: one side of a call, on this computer. */
  listen(
    id: string,
    side: Side,
    change: { readonly on?: boolean; readonly volume?: number },
  ): void {
    this.#live.get(id)?.media.listen(side, change);
  }

  /** Keeps the call from now on, or no longer. */
  setRecorded(call: Call, on: boolean): void {
    const media = this.#live.get(call.id)?.media;
    if (!on) void this.recordings.stop(call.id);
    else if (media !== undefined && call.isLive) this.recordings.start(sourceOf(call, media));
  }

  /** A live call's media, for the console. */
  mediaOf(id: string): CallMedia | undefined {
    return this.#live.get(id)?.media;
  }

  /** Cuts what the agent is saying; without an id, in the newest call that is answered. */
  interrupt(id: string | undefined, by: CutBy): void {
    const call = this.calls.find(
      ({ id: each, state }) => state === 'answered' && each === (id ?? each),
    );
    if (call === undefined) return;
    this.#live.get(call.id)?.media.interrupt(by);
    call.conversation.note('The answer is cut.', new Date());
    this.#changed();
  }

  /** Of one call, and of those that come after it. */
  setCapture(call: Call, mode: CaptureMode): void {
    this.#captureMode = mode;
    call.captureMode = mode;
    this.#live.get(call.id)?.media.setCapture(mode);
    this.#changed();
  }

  setAgentMuted(call: Call, muted: boolean): void {
    call.agentMuted = muted;
    this.#live.get(call.id)?.media.muteAgent(muted || call.heldBy.includes('page'));
    call.follower.note(muted ? 'The agent is muted.' : 'The agent is heard again.');
    this.#changed();
  }

  /** The agent hears silence in place of the caller. */
  setCallerMuted(call: Call, muted: boolean): void {
    call.callerMuted = muted;
    this.#live.get(call.id)?.media.muteCaller(muted);
    call.follower.note(muted ? 'The caller is muted.' : 'The caller is heard again.');
    this.#changed();
  }

  /** To the agent, as if the caller had pressed it. */
  pressKeyForCaller(call: Call, digit: string): void {
    this.#live.get(call.id)?.media.pressed(digit);
    call.follower.note(`You pressed ${digit} for the caller.`);
  }

  setHeld(call: Call, on: boolean): void {
    callsApi
      .hold(call.id, on)
      .catch((thrown: unknown) => this.#failed(call, 'HOLD_REFUSED', thrown));
  }

  /** As events among the audio where that goes, by SIP INFO otherwise. */
  pressKey(call: Call, digit: string): void {
    const isSent = this.#live.get(call.id)?.sip.sendDigits(digit, (press) => {
      callsApi.reportKey(call.id, press, 'page').catch(() => undefined);
    });
    if (isSent !== true) {
      callsApi
        .sendDigits(call.id, digit)
        .catch((thrown: unknown) => this.#failed(call, 'DTMF_REFUSED', thrown));
    }
    call.conversation.note(`You pressed ${digit}.`, new Date());
    this.#changed();
  }

  /** The caller's phone dials somebody else; the call ends when that is answered. */
  async transfer(call: Call, to: string): Promise<void> {
    call.isTransferring = true;
    this.log.add('info', `Transferring to ${to}.`, { callId: call.id });
    try {
      await callsApi.transfer(call.id, to);
      this.log.add('info', `Transferred to ${to}.`, { callId: call.id });
    } catch (thrown) {
      this.#failed(call, 'TRANSFER_FAILED', thrown);
    }
    call.isTransferring = false;
    this.#changed();
  }

  /** The page is going away. */
  close(): void {
    // A bridge that loses a page in a call may have more to say to the phone than goodbye.
    for (const { sip } of this.#live.values()) sip.abandon('The page was closed', 480);
    this.#phone?.stop();
    this.#statusStream?.close();
    void this.#workers.close();
    this.recordings.close();
  }

  async #fetchConfig(): Promise<PageConfig> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await readConfig();
      } catch (thrown) {
        if (attempt === 1) {
          this.log.add('error', `The bridge gave no configuration: ${messageOf(thrown)}.`);
        }
        await new Promise((resolve) => setTimeout(resolve, CONFIG_RETRY_MS));
      }
    }
  }

  /** A session of the agent that the recorded call had, or of the one there is now. */
  async #replay(bundle: Bundle, onProgress: () => void): Promise<Replay> {
    const { config, recordings, happenings } = this;
    if (config === undefined) throw new BridgeError('BAD_REQUEST', 'The bridge does not answer.');
    const { caller, dialled, extension } = bundle.manifest;
    const agent = config.agents[extension] ?? config.agent;
    const facts = new URLSearchParams({ caller, dialled, extension });
    return new Replay({
      bundle,
      worker: await this.#workers.take(),
      agent,
      url: async (id) => {
        const url = await agentUrl(agent, id);
        return agent.direct ? url : `${url}?${facts.toString()}`;
      },
      recordings,
      happenings,
      onProgress,
    });
  }

  #failed(call: Call, code: ErrorCode, thrown: unknown): void {
    this.log.add('warn', messageOf(thrown), { callId: call.id, code });
  }

  #onEvent(event: BridgeEvent): void {
    this.#recent.add(event);
    this.happenings.tell({ ...event, from: 'bridge' });
    for (const call of this.calls) call.follower.onBridge(event);
    if (event.type === 'interrupt') this.interrupt(event.callId, 'api');
    if (event.type === 'config') void this.#reread();
    if (event.type === 'message') this.log.add('info', `${event.from} writes: ${event.text}`);
    if (event.type === 'sip') {
      const { leg, direction, summary, callId } = event;
      const way = direction === 'in' ? `${leg} → bridge` : `bridge → ${leg}`;
      this.log.add('debug', `${way}: ${summary}`, { callId, kind: 'sip' });
    }
    if (event.type === 'agent') this.#onAgentEvent(event);
    if (event.type === 'media') this.#onMediaEvent(event);
  }

  #onMediaEvent(event: MediaEvent): void {
    const call = this.calls.find(({ id }) => id === event.callId);
    if (call === undefined) return;
    const { callId, code, sentence, state } = event;
    call.mediaProblem = state === 'flowing' ? undefined : sentence;
    // That audio flows is news only after it did not.
    if (code !== undefined) this.log.add('warn', sentence, { callId, code });
    this.#changed();
  }

  /** What the bridge has noticed of an agent. */
  #onAgentEvent({ what, code, callId, sentence }: AgentLinkEvent): void {
    if (what !== 'remark' || code === undefined) return;
    const call = this.calls.find(({ id, isLive }) => id === callId && isLive);
    // What this page has noticed itself comes back as well.
    if (call === undefined || call.remarks.some((remark) => remark.code === code)) return;
    call.bridgeRemarks.set(code, sentence);
    this.log.add('warn', sentence, { callId, code });
    this.#changed();
  }

  /** The next call takes what the configuration says by then. */
  async #reread(): Promise<void> {
    this.config = await this.#fetchConfig();
    this.recordings.configure(this.config.recording);
    this.log.add('info', 'The configuration has changed; calls from now on follow it.');
    this.#changed();
  }

  #onRegistration(registration: RegistrationStatus): void {
    const before = this.registration;
    this.registration = registration;
    if (before.sentence !== registration.sentence) {
      this.log.add(registration.state === 'failed' ? 'warn' : 'info', registration.sentence);
    }
    this.#changed();
  }

  /** Shows a call and what becomes of it. */
  #follow(sip: SipCall): Call {
    const call = new Call(sip);
    for (const event of this.#recent.events) call.follower.onBridge(event);
    call.captureMode = this.#captureMode ?? this.config?.capture ?? 'auto';
    this.calls = [call, ...this.calls].slice(0, MAX_CALLS);
    for (const old of this.calls.slice(MAX_VOICES)) {
      if (!old.isLive) old.timeline.forgetVoices();
    }
    sip.follow({
      onAnswered: () => this.#onAnswered(call),
      onHold: (held) => this.#onHold(call, held ? ['phone'] : []),
      onKey: (digit) => this.#live.get(call.id)?.media.pressed(digit),
      onEnded: (sentence, failed) => this.#onEnded(call, sentence, failed),
    });
    return call;
  }

  async #onCall(sip: IncomingCall, config: PageConfig): Promise<void> {
    const { id, caller, dialled, extension } = sip;
    const agent = config.agents[extension] ?? config.agent;
    if (this.calls.some((call) => call.id === id && call.isLive)) {
      // The same phone leg twice: the id is the agent's session, which cannot be shared.
      sip.refuse(482, 'Loop Detected');
      return;
    }
    const call = this.#follow(sip);
    this.log.add('info', `${caller} calls ${dialled}.`, { callId: id });
    try {
      const certificate = this.#certificates.take();
      const worker = await this.#workers.take();
      const media = new CallMedia({
        worker,
        callId: id,
        agentUrl: () => agentUrl(agent, id),
        agent,
        wideband: sip.isWideband,
        openAgent: !agent.earlyConnect ? 'with-answer' : sip.isForked ? 'when-told' : 'at-once',
        onMessage: (message) => this.#onMedia(call, message),
        onConnection: (report) => callsApi.reportConnection(id, report),
        onStats: this.#statsOf(() => call),
        onEars: (ears) => this.#onEars(call, ears),
        capture: call.captureMode,
        onLost: () => sip.abandon(MEDIA_LOST),
      });
      if (sip.hasEnded()) {
        await media.close();
        return;
      }
      this.#live.set(id, { sip, media });
      if (config.ringMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, config.ringMs));
        // The caller's patience, or the person at the page, was shorter.
        if (sip.hasEnded()) return;
      }
      this.#answering.add(call);
      sip.answer(await certificate, (connection) => media.attach(connection));
    } catch (thrown) {
      this.log.add('error', messageOf(thrown), { callId: id, code: 'CALL_FAILED' });
      sip.refuse(500, 'The page cannot take the call');
    }
  }

  #onAnswered(call: Call): void {
    this.#answering.delete(call);
    call.state = 'answered';
    call.answeredAt = new Date();
    call.follower.answered(call.answeredAt.getTime());
    if (this.recordings.automatic) this.setRecorded(call, true);
    this.#live.get(call.id)?.media.answered();
    this.log.add('info', `Answered ${call.caller}.`, { callId: call.id });
    this.#tell();
  }

  #onHold(call: Call, heldBy: Call['heldBy']): void {
    if (!call.isLive || call.heldBy.join() === heldBy.join()) return;
    call.heldBy = heldBy;
    const held = heldBy.length > 0;
    call.state = held ? 'held' : 'answered';
    // Who is on hold here hears nothing of the agent.
    this.#live.get(call.id)?.media.muteAgent(call.agentMuted || heldBy.includes('page'));
    const by = heldBy.includes('page') ? 'here' : 'by the caller';
    this.log.add('info', held ? `Put on hold ${by}.` : 'Off hold.', { callId: call.id });
    this.#changed();
  }

  /** A phone that holds tells the bridge, and the bridge its status; our own leg goes on as it was. */
  #noteHolds(status: Status): void {
    for (const { callId, state, heldBy } of status.calls) {
      const call = this.calls.find(({ id }) => id === callId);
      if (call?.answeredAt !== undefined && state === 'answered') {
        this.#onHold(call, heldBy);
      }
    }
  }

  /** Of several pages that rang, one has the call, and its agent. */
  #noteWinners(status: Status): void {
    for (const { callId, answeredBy } of status.calls) {
      const live = this.#live.get(callId);
      if (live !== undefined && 'legId' in live.sip && live.sip.legId === answeredBy) {
        live.media.won();
      }
    }
  }

  /** A bridge that was restarted has forgotten its calls, and will never send their BYE. */
  #endForgotten(): void {
    const isForgotten = (call: Call) =>
      call.state !== 'ringing' && !this.status?.calls.some(({ callId }) => callId === call.id);
    const forgotten = this.calls.filter((call) => call.isLive && isForgotten(call));
    if (forgotten.length === 0) return;
    // The BYE of a call that ends in order may still be on its way.
    setTimeout(() => {
      for (const call of forgotten.filter(isForgotten)) {
        this.#live.get(call.id)?.sip.abandon('The bridge was restarted and has lost this call.');
      }
    }, FORGOTTEN_MS);
  }

  #onEnded(call: Call, sentence: string, failed: boolean): void {
    if (call.state === 'ended') return;
    this.#answering.delete(call);
    call.state = 'ended';
    call.endedAt = new Date();
    call.endSentence = sentence;
    call.failed = failed;
    call.follower.ended(sentence, failed, call.endedAt.getTime());
    const released = this.#live.get(call.id)?.media.close();
    // The tape ends with the call's worker, and its statistics with its connection.
    void released?.then(() => this.recordings.stop(call.id));
    this.#live.delete(call.id);
    const code = failed ? 'CALL_FAILED' : undefined;
    this.log.add(failed ? 'error' : 'info', sentence, { callId: call.id, code });
    this.#tell();
  }

  #statsOf(call: () => Call | undefined): (stats: RTCStatsReport) => void {
    const figures = new ConnectionFigures();
    return (stats) => call()?.follower.onStreams(figures.read(stats));
  }

  #onEars(call: Call, ears: EarStates): void {
    call.ears = ears;
    this.#changed();
  }

  #onMedia(call: Call, message: FromWorker): void {
    const callId = call.id;
    call.follower.onWorker(message);
    switch (message.type) {
      case 'report':
        call.onReport(message.report, performance.now());
        this.#changedFigures();
        return;
      case 'socket': {
        const { state, sentence, code } = message.socket;
        const isNews = state !== 'reconnecting' || call.socket.state !== 'reconnecting';
        call.socket = message.socket;
        this.happenings.note('page', 'socket', callId, message.socket);
        this.#changed();
        // Of an ended call, the call's own end is news enough.
        if (!call.isLive || !isNews) return;
        this.log.add(state === 'reconnecting' ? 'warn' : 'info', sentence, { callId, code });
        return;
      }
      case 'agent-event':
        this.happenings.note('agent', message.event.type, callId, message.event);
        call.conversation.add(message.event, new Date());
        if (message.event.type === 'bad_frame') {
          this.log.add('warn', message.event.reason, { callId, code: 'AGENT_BAD_FRAME' });
        }
        this.#changed();
        return;
      case 'capture': {
        const before = call.capture;
        call.capture = message.capture;
        if (before !== undefined) {
          const how = message.aligned ? 'without a gap' : 'with a jump: the two did not match';
          this.log.add('info', `Capture: ${before} → ${message.capture}, ${how}.`, { callId });
        }
        this.#changed();
        return;
      }
      case 'codec':
        return;
      case 'digit':
        call.conversation.note(`The caller pressed ${message.digit}.`, new Date());
        this.log.add('info', `Key ${message.digit}`, { callId });
        return;
      case 'key':
        callsApi.reportKey(call.id, message.press, 'phone').catch(() => undefined);
        return;
      case 'remarks':
        this.#onRemarks(call, message.remarks);
        return;
      case 'log':
        this.log.add(message.level, message.text, { callId, code: message.code });
        return;
      case 'figures':
        call.figures = message.figures;
        callsApi.reportFigures(callId, message.figures);
        this.#changedFigures();
        return;
      case 'replay':
        return;
      case 'mark':
      case 'ready':
      case 'closed':
        this.#changed();
    }
  }

  /** What is odd about the agent: shown while it holds, told to the bridge and logged once. */
  #onRemarks(call: Call, remarks: readonly Remark[]): void {
    const news = remarks.filter(({ code }) => !call.remarked.has(code));
    call.remarks = remarks;
    for (const { code, sentence } of news) {
      call.remarked.add(code);
      this.log.add('warn', sentence, { callId: call.id, code });
      const body = JSON.stringify({ code, sentence });
      fetch(`/api/agent/${encodeURIComponent(call.id)}`, { method: 'POST', body }).catch(
        () => undefined,
      );
    }
    this.#changed();
  }

  /**
   * Shown together with the report that comes by then, whose waveforms make a picture anyway; a little
   * later when none does.
   */
  #changedFigures(): void {
    if (this.#figures === undefined) {
      this.#figuresDueAt = performance.now() + FIGURES_MS;
      this.#figures = setTimeout(() => this.#showFigures(), 2 * FIGURES_MS);
    } else if (performance.now() >= this.#figuresDueAt) this.#showFigures();
  }

  #showFigures(): void {
    clearTimeout(this.#figures);
    this.#figures = undefined;
    this.#changed();
  }

  /** While a call is being answered, showing it waits: its first picture costs more than the answer. */
  #changed(): void {
    if (this.#postponed !== undefined) return;
    if (this.#answering.size === 0) this.#tell();
    else this.#postponed = setTimeout(() => this.#tell(), ANSWERING_MS);
  }

  #tell(): void {
    clearTimeout(this.#postponed);
    this.#postponed = undefined;
    this.dispatchEvent(new Event('change'));
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

async function readConfig(): Promise<PageConfig> {
  const response = await fetch('/api/config');
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as PageConfig;
}

/** Through the bridge, or where the bridge says that the agent is. */
async function agentUrl({ path, direct }: AgentProfile, id: string): Promise<string> {
  if (!direct) return `${socketOrigin()}${path}/${encodeURIComponent(id)}`;
  const response = await fetch(`/api/agent/${encodeURIComponent(id)}`);
  if (!response.ok)
    throw new Error(`The bridge does not say where the agent is: ${response.status}`);
  return ((await response.json()) as AgentAddress).url;
}

/** `?user=anna` registers the page under a name that extensions can lead to. */
function ownUser(): string | undefined {
  const user = new URLSearchParams(location.search).get('user') ?? '';
  return /^[\w.+-]{1,64}$/.test(user) ? user : undefined;
}

/** ws(s):// of the page's own origin. */
function socketOrigin(): string {
  return location.origin.replace(/^http/, 'ws');
}
