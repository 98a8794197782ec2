/**
 * What the call worker does, apart from being a worker: opens the agent's socket, runs both
 * directions of audio on one clock, and reports to the page at a fixed rate. The clock is a chain of
 * timers aimed at computed instants; every arriving packet is a second tick, so that a timer that
 * comes late costs nothing while the call has media.
 */
import { dialectOf } from '../../agent/dialects/registry.ts';
import type { AgentProfile, Capture } from '../../common/api.ts';
import { messageOf } from '../../common/errors.ts';
import type { MediaCounters } from '../../common/figures.ts';
import { AgentAudio, PLAYOUT_RATE, type FrameFacts } from './agent-audio.ts';
import { AgentLine } from './agent-line.ts';
import { AgentSocket, type SocketLike } from './agent-socket.ts';
import { CallDoctor, type FlowCounters } from './call-doctor.ts';
import { CallMeter } from './call-meter.ts';
import { CallerAudio, type EncodedFrame } from './caller-audio.ts';
import { CallerNotice } from './caller-notice.ts';
import { Impairer } from './impairment.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { PacketSource } from './packet-source.ts';
import { FRAME_MS } from './playout-schedule.ts';
import { PlayoutTrack } from './playout-track.ts';
import { readCounters } from './read-counters.ts';
import type { SocketStatus } from './report.ts';
import { TapeDeck, type TapeFormat } from './tape-deck.ts';
import { Resampler } from '../../audio/resampler.ts';
import { ReplaySource } from '../replay/replay-source.ts';
import { readTrack, toInt16 } from './track-reader.ts';

/** Often enough for eyes: each report is drawn. */
const REPORT_MS = 200;
const FIGURES_MS = 2_000;
/**
 * The caller hears us from the moment their phone has got the answer, and the sign of that is their
 * first packet. A phone that sends none while its owner is silent is believed after this time.
 */
const SILENT_PHONE_MS = 200;
/** One second of frames waits for a socket that is not open. */
const HOLD_MS = 1_000;
/** A worklet's render quantum has 128 samples; one day there may be others. */
const MAX_QUANTUM = 2_048;

export interface CallPumpOptions {
  readonly post: (message: FromWorker) => void;
  readonly connect: (url: string) => SocketLike;
  readonly explainClose: (code: number, reason: string, error: string) => string;
  /** What a caller is told while there is no agent, at 8 kHz. */
  readonly loadNotice: () => Promise<Int16Array>;
}

export class CallPump {
  readonly #options: CallPumpOptions;
  #caller: CallerAudio | undefined;
  #agent: AgentAudio | undefined;
  #socket: AgentSocket | undefined;
  #profile: AgentProfile | undefined;
  #doctor: CallDoctor | undefined;
  readonly #notice: CallerNotice;
  #line: AgentLine | undefined;
  #playout: PlayoutTrack | undefined;
  readonly #packets: PacketSource;
  #answered = false;
  /** May be asked for before there is an agent to hear anything. */
  #callerMuted = false;
  #closed = false;
  #openAt = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reporter: ReturnType<typeof setInterval> | undefined;
  #figuresAt = 0;
  /** Of what is played out. */
  #rate = PLAYOUT_RATE;
  #way: Capture | undefined;
  #isListenedTo = false;
  #answeredAt: number | undefined;
  readonly #tape = new TapeDeck();
  #replay: ReplaySource | undefined;
  readonly #impairer = new Impairer({
    random: Math.random,
    later: (ms, go) => void setTimeout(go, ms),
  });
  readonly #meter = new CallMeter(PLAYOUT_RATE, () => (this.#figuresAt = 0));

  constructor(options: CallPumpOptions) {
    this.#options = options;
    this.#notice = new CallerNotice(options.loadNotice);
    this.#packets = new PacketSource({
      impairer: this.#impairer,
      onPacket: (packet) => this.#hearPacket(packet),
      isDecoded: () => this.#isDecoded,
      onEnd: (thrown) => this.#captureEnded(thrown),
    });
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'start':
        this.#start(message);
        return;
      case 'playout':
        this.#playout = new PlayoutTrack(message.writable);
        return;
      case 'capture':
        this.#capture(message);
        return;
      case 'answered':
        this.#answer(Math.min(message.at - performance.timeOrigin, performance.now()));
        return;
      case 'connected':
        this.#openAt = performance.now() + SILENT_PHONE_MS;
        return;
      case 'mute-agent':
        if (this.#agent !== undefined) this.#agent.muted = message.muted;
        return;
      case 'listen':
        this.#isListenedTo = message.on;
        return;
      case 'mute-caller':
        this.#callerMuted = message.muted;
        if (this.#caller !== undefined) this.#caller.muted = message.muted;
        return;
      case 'digit':
        this.#socket?.say({ type: 'dtmf', digit: message.digit });
        this.#options.post({ type: 'digit', digit: message.digit });
        return;
      case 'interrupt':
        this.#line?.cut(message.by);
        return;
      case 'record':
        this.#tape.record(message.port, this.#tapeFormat, performance.now());
        return;
      case 'stop-recording':
        this.#tape.stop();
        return;
      case 'inject':
        this.#inject(message);
        return;
      case 'impair':
        this.#impairer.set(message.how);
        return;
      case 'replay':
        this.#startReplay(message.samples);
        return;
      case 'close':
        this.#close();
        return;
    }
  }

  captureEncoded(transformer: RTCRtpScriptTransformer): void {
    this.#packets.read(transformer);
  }

  #hearPacket(packet: EncodedFrame): void {
    const now = performance.now();
    if (this.#answered) this.#caller?.pushEncoded(packet, now);
    if (this.#caller?.capture === 'encoded') {
      this.#meter.wroteToSocket(packet, this.#socket?.framesSent ?? 0);
    }
    this.#openAt = 0;
    this.#tick(now);
  }

  get #tapeFormat(): TapeFormat | undefined {
    const callerRate = this.#profile?.input.sampleRate;
    const answeredAt = this.#answeredAt;
    if (answeredAt === undefined || callerRate === undefined) return undefined;
    return { callerRate, agentRate: this.#rate, answeredAt };
  }

  #inject({ side, samples, sampleRate }: Extract<ToWorker, { type: 'inject' }>): void {
    if (side === 'agent') this.#agent?.inject(samples, sampleRate, performance.now());
    else if (this.#profile !== undefined) {
      const { sampleRate: to } = this.#profile.input;
      this.#caller?.injection.push(new Resampler({ from: sampleRate, to }).process(samples));
    }
  }

  /** It runs as an answered call would, from when the agent's socket is open. */
  #startReplay(samples: Int16Array): void {
    const { sampleRate, frameMs } = this.#profile?.input ?? {};
    if (sampleRate === undefined || frameMs === undefined) return;
    this.#replay = new ReplaySource({
      samples,
      frameSamples: (sampleRate * frameMs) / 1_000,
      frameMs,
      send: (frame) => this.#caller?.replay(frame),
    });
    this.#beginReplay();
  }

  #beginReplay(): void {
    if (this.#replay === undefined || this.#socket?.isOpen !== true) return;
    this.#openAt = 0;
    this.#replay.start(performance.now());
    this.#answer(performance.now());
  }

  /** Something hears the caller by the browser's own decoder; else its work, and ours, is saved. */
  get #isDecoded(): boolean {
    return this.#isListenedTo || this.#way !== 'encoded' || this.#caller?.capture !== 'encoded';
  }

  #capture(message: Extract<ToWorker, { type: 'capture' }>): void {
    // It may be known before there is an agent to hear anything.
    this.#way = message.way;
    this.#caller?.use(message.way);
    if (message.way === 'track') {
      readTrack(message.readable, (samples, rate) => this.#hear('track', samples, rate)).catch(
        (thrown: unknown) => this.#captureEnded(thrown),
      );
    } else if (message.way === 'worklet') {
      const { port, sampleRate } = message;
      const samples = new Int16Array(MAX_QUANTUM);
      port.onmessage = ({ data: floats }: MessageEvent<Float32Array>) => {
        const count = Math.min(floats.length, samples.length);
        toInt16(floats, samples, count);
        if (!this.#hear('worklet', samples.subarray(0, count), sampleRate)) port.close();
      };
    }
  }

  /** Decoded audio; false when no more of it is wanted. */
  #hear(way: Capture, samples: Int16Array, sampleRate: number): boolean {
    const caller = this.#caller;
    if (this.#closed || caller?.needs(way) === false) return false;
    const now = performance.now();
    if (this.#answered) caller?.pushDecoded(way, samples, sampleRate, now);
    this.#openAt = 0;
    this.#tick(now);
    return true;
  }

  #start(start: Extract<ToWorker, { type: 'start' }>): void {
    const { agent, wideband } = start;
    const { post } = this.#options;
    this.#rate = wideband ? 2 * PLAYOUT_RATE : PLAYOUT_RATE;
    this.#profile = agent;
    this.#socket = this.#connect(start);
    this.#doctor = new CallDoctor(agent.output, (remarks) => post({ type: 'remarks', remarks }));
    this.#caller = new CallerAudio({
      input: agent.input,
      send: (frame) => {
        this.#tape.hearCaller(frame);
        this.#socket?.send(frame);
      },
      onCaller: (samples) => {
        this.#meter.turns.hear(samples, performance.now());
        this.#doctor?.hearCaller(samples);
      },
      onDigit: (digit) => {
        this.#socket?.say({ type: 'dtmf', digit });
        post({ type: 'digit', digit });
      },
      onKey: (press) => post({ type: 'key', press }),
      onCodec: (mimeType, canDecode) => post({ type: 'codec', mimeType, canDecode }),
      onCapture: (capture, aligned) => post({ type: 'capture', capture, aligned }),
    });
    if (this.#way !== undefined) this.#caller.use(this.#way);
    this.#caller.muted = this.#callerMuted;
    const audio = new AgentAudio({
      output: agent.output,
      rate: this.#rate,
      hasStragglers: dialectOf(agent.dialect).hasStragglers,
      write: (frame, facts) => this.#write(frame, facts),
      onOverflow: (samples) => this.#overflow(audio.toMs(samples)),
      fill: (frame, now) => this.#notice.fill(frame, now),
    });
    this.#agent = audio;
    this.#line = new AgentLine({
      socket: this.#socket,
      audio,
      doctor: this.#doctor,
      meter: this.#meter,
      output: agent.output,
      post,
    });
    this.#reporter = setInterval(() => this.#report(), REPORT_MS);
  }

  #connect({ url, callId, agent }: Extract<ToWorker, { type: 'start' }>): AgentSocket {
    const { connect, explainClose } = this.#options;
    const { sampleRate, frameMs } = agent.input;
    return new AgentSocket({
      url,
      dialect: dialectOf(agent.dialect),
      callId,
      name: agent.name,
      frameSamples: (sampleRate * frameMs) / 1_000,
      holdFrames: Math.max(1, Math.floor(HOLD_MS / frameMs)),
      connect,
      explainClose: (code, reason) => explainClose(code, reason, this.#line?.lastError ?? ''),
      onBinary: (bytes) => this.#line?.listen(bytes),
      onText: (text) => this.#line?.listen(text),
      onStatus: (socket) => this.#socketChanged(socket),
      now: () => performance.now(),
      random: Math.random,
    });
  }

  #socketChanged(socket: SocketStatus): void {
    const now = performance.now();
    if (socket.state === 'open') {
      this.#notice.agentIsThere();
      this.#beginReplay();
    } else if (socket.state === 'closed') this.#notice.stop();
    else this.#notice.agentIsMissing(now);
    if (socket.state === 'reconnecting') this.#line?.restart();
    this.#options.post({ type: 'socket', socket });
  }

  #answer(at: number): void {
    if (this.#answered || this.#agent === undefined) return;
    this.#answered = true;
    this.#answeredAt = at;
    this.#meter.start(at);
    this.#tape.begin(this.#tapeFormat);
    // However late we hear of it, the caller's time began then.
    if (this.#replay === undefined) this.#caller?.tick(at);
    this.#agent.schedule.start(performance.now());
    this.#run();
  }

  #run(): void {
    const now = performance.now();
    this.#tick(now);
    const nextAt = this.#agent?.nextAt ?? now + FRAME_MS;
    // Rounded up: a timer takes whole milliseconds, and one that is early has to be set again.
    this.#timer = setTimeout(() => this.#run(), Math.ceil(nextAt - performance.now()));
  }

  #tick(now: number): void {
    if (!this.#answered || this.#closed) return;
    if (now >= this.#openAt) this.#agent?.open();
    this.#agent?.pump(now);
    if (this.#replay === undefined) this.#caller?.tick(now);
    else this.#replay.tick(now);
  }

  #write(
    frame: Int16Array<ArrayBuffer>,
    { index, now, dueAt, readyAt, answer, metered }: FrameFacts,
  ): void {
    const onTaken =
      readyAt === undefined ? undefined : () => this.#meter.tookAnswer(performance.now() - readyAt);
    if (this.#playout?.play(frame, index, onTaken) === false) return;
    if (this.#playout === undefined && this.#replay === undefined) return;
    this.#tape.hearAgent(frame, dueAt);
    this.#doctor?.hearAgent(metered, answer !== undefined);
    if (answer !== undefined) this.#meter.turns.speak(metered, now, answer);
  }

  #overflow(ms: number): void {
    const text =
      `The agent is ten minutes ahead of its speech: no more fits into the queue, and ` +
      `audio is lost from here on, ${ms} ms at once. Does it send without end?`;
    this.#options.post({ type: 'log', level: 'error', text, code: 'PLAYOUT_FULL' });
  }

  #report(): void {
    const caller = this.#caller;
    const agent = this.#agent;
    const socket = this.#socket;
    if (caller === undefined || agent === undefined || socket === undefined) return;
    const counters = readCounters({
      caller,
      agent,
      socket,
      textFromAgent: this.#line?.texts ?? 0,
      framesSkipped: this.#playout?.framesSkipped ?? 0,
    });
    const now = performance.now();
    const at = this.#meter.timeOf(now);
    const scopes = { caller: caller.scope.read(), agent: agent.scope.read() };
    const report = { ...scopes, counters, ...(at !== undefined && { at }) };
    this.#options.post({ type: 'report', report });
    this.#reportReplay(agent);
    if (this.#answered) this.#doctor?.look(now, () => this.#flow(counters, agent, socket));
    if (!this.#closed && now < this.#figuresAt) return;
    this.#figuresAt = now + FIGURES_MS;
    this.#options.post({ type: 'figures', figures: this.#meter.read(counters, agent) });
  }

  #reportReplay(agent: AgentAudio): void {
    if (this.#replay === undefined) return;
    const { sentMs, totalMs, isOver } = this.#replay;
    const isQuiet = agent.queue.queuedSamples === 0;
    this.#options.post({ type: 'replay', sentMs, totalMs, isOver: isOver && isQuiet });
  }

  #flow(counters: MediaCounters, agent: AgentAudio, socket: AgentSocket): FlowCounters {
    return {
      isOpen: socket.isOpen,
      sentMs: counters.framesToAgent * (this.#profile?.input.frameMs ?? FRAME_MS),
      droppedFrames: counters.framesDropped,
      backlogBytes: counters.socketBacklogBytes,
      receivedBytes: counters.bytesFromAgent,
      receivedMs: agent.toMs(agent.receivedSamples),
      queuedMs: counters.queuedMs,
    };
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#reporter);
    this.#report();
    this.#packets.stop();
    this.#tape.stop();
    this.#playout?.close();
    const released = this.#socket?.close() ?? Promise.resolve();
    void released.then(() => this.#options.post({ type: 'closed' }));
  }

  #captureEnded(thrown: unknown): void {
    if (!this.#closed) this.#warn(`The caller's audio ended: ${messageOf(thrown)}`);
  }

  #warn(text: string): void {
    this.#options.post({ type: 'log', level: 'warn', text });
  }
}
