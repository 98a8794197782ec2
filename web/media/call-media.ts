/**
 * The page's side of one call's media: creates what only the main thread can create (track generator,
 * track processor, media element) and hands it to the worker, then only listens.
 *
 * Everything is set synchronously in the `track` handler, which must be attached before the answer: a
 * moment later, the first packets pass unseen, or all but one of them. The media element is attached
 * there too: attached later it costs a second of delay, and without one every track-based capture
 * yields zeros. The agent's track joins there as well, into the transceiver that the offer made: with
 * a track added before the offer is set, Chrome (156) passes every packet by the transform.
 */
import type { AgentProfile } from '../../common/api.ts';
import { messageOf } from '../../common/errors.ts';
import { CallerCapture } from './caller-capture.ts';
import type { CaptureMode } from './capture.ts';
import { ConnectionReporter, type ConnectionReport } from './connection-report.ts';
import type { CutBy } from '../../common/figures.ts';
import { Ears, type EarStates } from './ears.ts';
import type { Impairment } from './impairment.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { isG711Offer } from './offered-codec.ts';
import type { Side } from './report.ts';

export interface CallMediaOptions {
  /** A loaded one (SpareWorker); it is terminated at the end. */
  readonly worker: Worker;
  readonly callId: string;
  /** Asked when the agent's socket is to be opened. */
  readonly agentUrl: () => Promise<string>;
  readonly agent: AgentProfile;
  /** The call's codec carries more than 4 kHz: as the offer says. */
  readonly wideband: boolean;
  /**
   * When the agent's socket is opened. At once, while it still rings, where the call is ours for sure;
   * when told, where another page may get it; with the answer, where nobody may be there.
   */
  readonly openAgent: 'at-once' | 'when-told' | 'with-answer';
  /** Which way the caller's audio is to be taken out of the connection. */
  readonly capture: CaptureMode;
  readonly onMessage: (message: FromWorker) => void;
  /** How the connection does, every few seconds. */
  readonly onConnection: (report: ConnectionReport) => void;
  /** What the browser says of it, every second. */
  readonly onStats: (stats: RTCStatsReport) => void;
  readonly onEars: (states: EarStates) => void;
  /** The connection failed for good: no audio can flow any more. */
  readonly onLost: () => void;
}

export class CallMedia {
  readonly #options: CallMediaOptions;
  readonly #worker: Worker;
  readonly #capture: CallerCapture;
  readonly #generator: MediaStreamAudioTrackGenerator;
  /** The agent's voice. */
  readonly #stream: MediaStream;
  /** Without a media element, track-based captures and Web Audio get zeros; it is never heard. */
  readonly #element = new Audio();
  readonly #ears: Ears;
  #receiver: RTCRtpReceiver | undefined;
  #started = false;
  /** The worker has started. */
  #canAnswer = false;
  #answeredAt: number | undefined;
  #reporter: ConnectionReporter | undefined;
  /** Packets that the worker has got. */
  #taken = 0;
  #connection: RTCPeerConnection | undefined;
  #closed: Promise<void> | undefined;
  #onWorkerClosed: (() => void) | undefined;

  constructor(options: CallMediaOptions) {
    this.#options = options;
    this.#worker = options.worker;
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#receive(data);
    this.#worker.onerror = (event) =>
      options.onMessage({ type: 'log', level: 'error', text: `Call worker: ${event.message}` });
    if (options.openAgent === 'at-once') this.#start();

    this.#capture = new CallerCapture({
      worker: options.worker,
      mode: options.capture,
      sampleRate: options.agent.input.sampleRate,
      post: (message, transfer) => this.#post(message, transfer),
      onNote: (text) => options.onMessage({ type: 'log', level: 'info', text }),
    });
    this.#generator = new MediaStreamTrackGenerator({ kind: 'audio' });
    const { writable } = this.#generator;
    this.#post({ type: 'playout', writable }, [writable]);
    this.#stream = new MediaStream([this.#generator]);
    this.#ears = new Ears(options.onEars);
    this.#ears.attach('agent', this.#stream);
  }

  /** For a call that came in: call it before the remote description is set. */
  attach(connection: RTCPeerConnection): void {
    this.#watch(connection);
    connection.addEventListener('track', ({ track, transceiver }) => {
      // A call taken off hold announces its track again.
      if (transceiver.receiver === this.#receiver || track.kind !== 'audio') return;
      const offer = connection.pendingRemoteDescription ?? connection.remoteDescription;
      this.#join(transceiver, isG711Offer(offer?.sdp ?? ''));
      transceiver.direction = 'sendrecv';
    });
  }

  /** For a call of our own: puts what it offers into the connection, G.711 and nothing else. */
  prepare(connection: RTCPeerConnection): void {
    this.#watch(connection);
    const transceiver = connection.addTransceiver('audio', { direction: 'sendrecv' });
    const { codecs = [] } = RTCRtpReceiver.getCapabilities('audio') ?? {};
    transceiver.setCodecPreferences(codecs.filter(isOffered));
    this.#join(transceiver, true);
  }

  /** The call is ours and no other page's. Idempotent. */
  won(): void {
    if (this.#options.openAgent === 'when-told') this.#start();
  }

  answered(): void {
    this.#answeredAt = performance.timeOrigin + performance.now();
    if (this.#options.openAgent === 'with-answer') this.#start();
    this.#tellAnswered();
  }

  /** The change is made without a sample lost, and told by a `capture` message. */
  setCapture(mode: CaptureMode): void {
    this.#capture.setMode(mode);
  }

  /** Whether the caller hears the agent. The agent hears the caller either way. */
  muteAgent(muted: boolean): void {
    this.#post({ type: 'mute-agent', muted });
  }

  /** Whether the agent hears the caller. */
  muteCaller(muted: boolean): void {
    this.#post({ type: 'mute-caller', muted });
  }

  /** A key of the caller that came by itself, not with the audio. */
  pressed(digit: string): void {
    this.#post({ type: 'digit', digit });
  }

  /** Whether, and how loud, the person at the page hears one side. */
  listen(side: Side, change: { readonly on?: boolean; readonly volume?: number }): void {
    this.#ears.set(side, change);
    if (side === 'caller') this.#post({ type: 'listen', on: this.#ears.states.caller.on });
  }

  /** Both voices go there from the answer on, or from now; an end is told by the port. */
  record(port: MessagePort): void {
    this.#post({ type: 'record', port }, [port]);
  }

  stopRecording(): void {
    this.#post({ type: 'stop-recording' });
  }

  /** Adds audio to what one side says. */
  inject(side: Side, samples: Int16Array<ArrayBuffer>, sampleRate: number): void {
    this.#post({ type: 'inject', side, samples, sampleRate });
  }

  /** What becomes of the caller's packets from now on. */
  impair(how: Impairment): void {
    this.#post({ type: 'impair', how });
  }

  /** Of its statistics; undefined before there is one. */
  get connection(): RTCPeerConnection | undefined {
    return this.#connection;
  }

  /** Whatever the agent is saying ends here. */
  interrupt(by: CutBy): void {
    this.#post({ type: 'interrupt', by });
  }

  /** Resolves when the agent's socket is closed and the worker is gone. Idempotent. */
  close(): Promise<void> {
    this.#reporter?.close();
    this.#closed ??= new Promise<void>((resolve) => {
      // A worker that never loaded cannot say that it is done.
      const giveUp = setTimeout(resolve, 2_000);
      this.#onWorkerClosed = () => {
        clearTimeout(giveUp);
        resolve();
      };
      this.#post({ type: 'close' });
    }).then(() => {
      this.#worker.terminate();
      this.#capture.close();
      this.#generator.stop();
      this.#element.srcObject = null;
      this.#ears.close();
    });
    return this.#closed;
  }

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    const { agentUrl, callId, agent, wideband, onMessage } = this.#options;
    agentUrl().then(
      (url) => {
        if (this.#closed !== undefined) return;
        this.#post({ type: 'start', callId, url, agent, wideband });
        this.#canAnswer = true;
        this.#tellAnswered();
      },
      (thrown: unknown) => onMessage({ type: 'log', level: 'error', text: messageOf(thrown) }),
    );
  }

  #tellAnswered(): void {
    if (!this.#canAnswer || this.#answeredAt === undefined) return;
    this.#post({ type: 'answered', at: this.#answeredAt });
  }

  #watch(connection: RTCPeerConnection): void {
    const { onConnection: onReport, onStats } = this.#options;
    const taken = () => this.#taken;
    this.#reporter = new ConnectionReporter({ connection, taken, onReport, onStats });
    this.#connection = connection;
    connection.addEventListener('connectionstatechange', () => {
      if (connection.connectionState === 'connected') this.#connected();
      if (connection.connectionState === 'failed') this.#options.onLost();
    });
  }

  #connected(): void {
    this.#post({ type: 'connected' });
  }

  /** Both voices of a connection: the caller's to the worker and an ear, the agent's into it. */
  #join({ receiver, sender }: RTCRtpTransceiver, isG711: boolean): void {
    this.#receiver = receiver;
    this.#capture.attach(receiver, isG711);
    void sender.replaceTrack(this.#generator);
    sender.setStreams(this.#stream);
    const stream = new MediaStream([receiver.track]);
    this.#element.muted = true;
    this.#element.srcObject = stream;
    play(this.#element);
    this.#ears.attach('caller', stream);
  }

  #receive(message: FromWorker): void {
    if (message.type === 'report') this.#taken = message.report.counters.packets;
    if (message.type === 'codec') this.#capture.onCodec(message.mimeType, message.canDecode);
    if (message.type === 'capture') this.#capture.onChanged(message.capture);
    this.#options.onMessage(message);
    if (message.type === 'closed') this.#onWorkerClosed?.();
  }

  #post(message: ToWorker, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}

/** What the worker decodes, and keys. */
function isOffered({ mimeType, clockRate }: RTCRtpCodec): boolean {
  return /^audio\/(PCM[UA]|telephone-event)$/i.test(mimeType) && clockRate === 8_000;
}

/** Muted playback may be refused without a gesture; capture needs the element, not its sound. */
function play(element: HTMLAudioElement): void {
  element.play().catch(() => undefined);
}
