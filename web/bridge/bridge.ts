/**
 * The page's state: configuration, registration, status, calls, log, recordings. The elements of ui/
 * render it, the devtools API exposes it; neither knows JsSIP or the workers. What happens to calls is
 * beside this: how they come (call-intake.ts), their course (call-course.ts), what can be done to them
 * (call-actions.ts), what workers and the bridge tell of them (worker-news.ts, bridge-news.ts).
 */
import type { PageConfig, Status } from '../../common/api.ts';
import type { BridgeEvent } from '../../common/events.ts';
import { BridgeError, messageOf } from '../../common/errors.ts';
import type { Bundle } from '../../recording/bundle.ts';
import { withoutSecrets } from '../../recording/without-secrets.ts';
import { Bundles } from '../bundle/bundles.ts';
import type { CallMedia } from '../media/call-media.ts';
import { SpareWorker } from '../media/spare-worker.ts';
import { findUnsupported } from '../media/support.ts';
import { pageInstance } from '../phone/instance.ts';
import type * as Phones from '../phone/phone.ts';
import { IDLE, type RegistrationStatus } from '../phone/registration.ts';
import { rehearse } from '../phone/rehearse.ts';
import { SpareCertificate } from '../phone/spare-certificate.ts';
import { RecordingLibrary } from '../recording/library.ts';
import { Replay } from '../replay/replay.ts';
import { BridgeNews } from './bridge-news.ts';
import { CallActions } from './call-actions.ts';
import { CallBoard } from './call-board.ts';
import { CallCourse } from './call-course.ts';
import { CallIntake, type Dialled } from './call-intake.ts';
import type { Call } from './call.ts';
import { ChangePace } from './change-pace.ts';
import type { Desk } from './desk.ts';
import { EventLog } from './event-log.ts';
import { Happenings } from './happenings.ts';
import { agentUrl, ownUser, readConfig, socketOrigin } from './origin.ts';
import { StatusStream } from './status-stream.ts';
import { WorkerNews } from './worker-news.ts';

const CONFIG_RETRY_MS = 2_000;

export class Bridge extends EventTarget {
  config: PageConfig | undefined;
  status: Status | undefined;
  registration: RegistrationStatus = IDLE;
  readonly unsupported = findUnsupported();
  readonly happenings = new Happenings();
  readonly #changes = new ChangePace(() => this.dispatchEvent(new Event('change')));
  readonly log = new EventLog(
    () => this.#changes.changed(),
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
  readonly bundles = new Bundles({
    recordings: this.recordings,
    replay: (bundle, onProgress) => this.#replay(bundle, onProgress),
  });
  readonly #board = new CallBoard();
  readonly #desk: Desk = {
    calls: this.#board,
    log: this.log,
    happenings: this.happenings,
    recordings: this.recordings,
    changes: this.#changes,
  };
  /** What can be done to a call. */
  readonly actions = new CallActions(this.#desk);
  readonly #course = new CallCourse(this.#desk, this.actions, () => this.status);
  readonly #news = new BridgeNews(this.#desk, this.#course, this.actions);
  readonly #workers = new SpareWorker();
  readonly #certificates = new SpareCertificate();
  readonly #intake = new CallIntake({
    desk: this.#desk,
    course: this.#course,
    news: new WorkerNews(this.#desk),
    workers: this.#workers,
    certificates: this.#certificates,
  });
  /** JsSIP is half of all code there is, and nothing of it is seen: it comes after the first picture. */
  #phones: typeof Phones | undefined;
  #phone: Phones.Phone | undefined;
  #instance = '';
  #statusStream: StatusStream | undefined;

  get isStarted(): boolean {
    return this.#phone !== undefined;
  }

  /** Newest first, ended ones included. */
  get calls(): readonly Call[] {
    return this.#board.all;
  }

  /** Whether the set-up help is still of use. */
  get hadCall(): boolean {
    return this.calls.length > 0;
  }

  /** A live call's media, for the console. */
  mediaOf(id: string): CallMedia | undefined {
    return this.#board.mediaOf(id);
  }

  /** Reads the configuration and follows the bridge's status. Registers nothing yet. */
  async open(): Promise<void> {
    this.#statusStream = new StatusStream({
      onStatus: (status) => {
        this.status = status;
        this.#course.onStatus(status);
        this.#changes.changed();
      },
      onEvent: (event) => this.#onEvent(event),
      onLost: () => {
        if (this.status !== undefined) this.log.add('warn', 'The bridge does not answer.');
        this.status = undefined;
        this.#changes.changed();
      },
    });
    if (this.unsupported !== undefined) {
      this.log.add('error', this.unsupported.message, { code: this.unsupported.code });
    }
    [this.config, this.#instance, this.#phones] = await Promise.all([
      this.#fetchConfig(),
      pageInstance(),
      import('../phone/phone.ts').catch(() => undefined),
    ]);
    if (this.#phones === undefined) {
      this.log.add('error', 'A part of this page did not load. Load the page again.');
    }
    this.recordings.addEventListener('change', () => this.#changes.changed());
    this.bundles.addEventListener('change', () => this.#changes.changed());
    this.recordings.configure(this.config.recording);
    this.#changes.changed();
    void this.recordings.open();
  }

  /** Registers; from now on calls are answered. */
  start(): void {
    const { config } = this;
    if (this.#phone !== undefined || config === undefined || this.unsupported !== undefined) return;
    if (this.#phones === undefined) return;
    this.#phone = new this.#phones.Phone({
      sip: { ...config.sip, user: ownUser() ?? config.sip.user },
      origin: socketOrigin(),
      userAgent: `SIP Agent Bridge page ${config.version}`,
      instance: this.#instance,
      newLogin: async () => (await readConfig().catch(() => undefined))?.sip.login,
      onStatus: (registration) => this.#onRegistration(registration),
      onCall: (call) => void this.#intake.take(call, this.config ?? config),
      onDialRequest: ({ to, callId, extension }) => void this.dial(to, { id: callId, extension }),
    });
    this.#phone.start();
    this.#certificates.prepare();
    rehearse().catch((thrown: unknown) => this.log.add('warn', `WebRTC: ${messageOf(thrown)}`));
    this.#changes.changed();
  }

  /** Calls a phone; whoever answers talks to the agent. */
  async dial(to: string, how: Dialled = {}): Promise<void> {
    const { config } = this;
    if (config === undefined || this.#phone === undefined || to.trim() === '') return;
    await this.#intake.dial(this.#phone, config, to.trim(), how);
  }

  /** The page is going away. */
  close(): void {
    // A bridge that loses a page in a call may have more to say to the phone than goodbye.
    for (const { sip } of this.#board.live) sip.abandon('The page was closed', 480);
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

  #onEvent(event: BridgeEvent): void {
    this.#news.onEvent(event);
    if (event.type === 'config') void this.#reread();
  }

  /** The next call takes what the configuration says by then. */
  async #reread(): Promise<void> {
    this.config = await this.#fetchConfig();
    this.recordings.configure(this.config.recording);
    this.log.add('info', 'The configuration has changed; calls from now on follow it.');
    this.#changes.changed();
  }

  #onRegistration(registration: RegistrationStatus): void {
    const before = this.registration;
    this.registration = registration;
    if (before.sentence !== registration.sentence) {
      this.log.add(registration.state === 'failed' ? 'warn' : 'info', registration.sentence);
    }
    this.#changes.changed();
  }
}
