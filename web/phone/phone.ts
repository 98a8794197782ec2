/**
 * The page as a SIP user agent over WebSocket (RFC 7118, https://www.rfc-editor.org/rfc/rfc7118):
 * registers, stays registered, and hands over every call that comes in. JsSIP reconnects its socket
 * by itself but gives up on a refused or unanswered REGISTER; the retry is here.
 */
import { UA, WebSocketInterface } from 'jssip';
import type { IncomingRTCSessionEvent, RTCSessionEvent } from 'jssip/lib/UA';
import { DIAL_EVENT, type DialRequest, type PageConfig } from '../../common/api.ts';
import { IncomingCall } from './incoming-call.ts';
import { OutgoingCall, type Dialling } from './outgoing-call.ts';
import { refusal, type RegistrationStatus } from './registration.ts';

/** Short, so that a bridge that was restarted learns of the page without a reload. */
const EXPIRES_S = 60;
const RETRY_MS = 2_000;

export interface PhoneOptions {
  readonly sip: PageConfig['sip'];
  /** ws(s)://host:port of the page itself. */
  readonly origin: string;
  readonly userAgent: string;
  /** A UUID: what it registers takes the place of what it had registered before (RFC 5626). */
  readonly instance: string;
  /** The login of the bridge that runs now: one that was restarted has a new one. */
  readonly newLogin: () => Promise<PageConfig['sip']['login'] | undefined>;
  readonly onStatus: (status: RegistrationStatus) => void;
  readonly onCall: (call: IncomingCall) => void;
  /** The bridge asks for a call. */
  readonly onDialRequest: (request: DialRequest) => void;
}

export class Phone {
  readonly #ua: UA;
  readonly #options: PhoneOptions;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: PhoneOptions) {
    this.#options = options;
    const { sip, origin, userAgent, instance } = options;
    this.#ua = new UA({
      sockets: [new WebSocketInterface(origin + sip.path)],
      uri: `sip:${sip.user}@${sip.domain}`,
      authorization_user: sip.login.user,
      password: sip.login.password,
      instance_id: instance,
      user_agent: userAgent,
      register_expires: EXPIRES_S,
      session_timers: false,
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 5,
    });
    this.#listen();
  }

  start(): void {
    this.#say('connecting', 'Connecting to the bridge.');
    this.#ua.start();
  }

  /** Unregisters and hangs up, as far as a closing page still can. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#ua.stop();
    this.#say('stopped', 'Stopped: no call is answered here.');
  }

  call(dialling: Dialling): OutgoingCall {
    return new OutgoingCall(this.#ua, dialling);
  }

  #listen(): void {
    const { sip, onCall, onDialRequest } = this.#options;
    const address = `sip:${sip.user}@${sip.domain}`;
    this.#ua.on('connected', () => this.#say('connecting', `Registering ${address}.`));
    this.#ua.on('disconnected', () =>
      this.#say('failed', 'The connection to the bridge is lost. Trying again; is it running?'),
    );
    this.#ua.on('registered', () =>
      this.#say('registered', `Registered as ${address}. Calls are answered here.`),
    );
    this.#ua.on('unregistered', () => {
      if (!this.#ua.isConnected()) return;
      this.#say('unregistered', 'The registration ended. Registering again.');
      this.#registerLater();
    });
    this.#ua.on('registrationFailed', ({ response, cause }) => {
      if (!this.#ua.isConnected()) return;
      // Null when no response came, whatever JsSIP's types say.
      const answer = response as typeof response | null;
      const why = refusal(answer?.status_code, answer?.reason_phrase, String(cause));
      this.#say('failed', `${why} Trying again.`);
      this.#registerLater();
    });
    this.#ua.on('newRTCSession', (event: RTCSessionEvent) => {
      // The page's own calls are announced here as well.
      if ((event.originator as string) !== 'remote') return;
      const { session, request } = event as IncomingRTCSessionEvent;
      onCall(new IncomingCall(session, request));
    });
    this.#ua.on('sipEvent', ({ event, request }) => {
      const { event: name } = event as { event: string };
      const { body } = request as { body: string | null };
      if (name === DIAL_EVENT) onDialRequest(JSON.parse(body ?? '{}') as DialRequest);
    });
  }

  #registerLater(): void {
    if (this.#stopped) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => void this.#register(), RETRY_MS);
  }

  async #register(): Promise<void> {
    const login = await this.#options.newLogin();
    if (this.#stopped) return;
    if (login) {
      this.#ua.set('authorization_user', login.user);
      this.#ua.set('password', login.password);
    }
    this.#ua.register();
  }

  #say(state: RegistrationStatus['state'], sentence: string): void {
    if (this.#stopped && state !== 'stopped') return;
    this.#options.onStatus({ state, sentence });
  }
}
