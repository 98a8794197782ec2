/**
 * Keeps a long call alive where the far end has made us the refresher: UPDATE, or re-INVITE where
 * that is not allowed, at half of the agreed interval (RFC 4028 section 7.2 and 10,
 * https://www.rfc-editor.org/rfc/rfc4028#section-10).
 */
import type { SipResponse } from '../signaling/sip/message.ts';

export class SessionTimer {
  readonly #refresh: (method: 'UPDATE' | 'INVITE') => Promise<SipResponse>;
  readonly #failed: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(
    refresh: (method: 'UPDATE' | 'INVITE') => Promise<SipResponse>,
    failed: (error: unknown) => void,
  ) {
    this.#refresh = refresh;
    this.#failed = failed;
  }

  /** Takes the interval and the role from a 2xx to our request. */
  follow(response: SipResponse): void {
    const [seconds = '', ...parameters] = (response.headers.get('session-expires') ?? '').split(
      ';',
    );
    const interval = Number(seconds.trim() || NaN);
    const theirs = parameters.some((parameter) => parameter.trim() === 'refresher=uas');
    clearTimeout(this.#timer);
    if (this.#stopped || !(interval > 0) || theirs) return;
    const method = response.headers.list('allow').includes('UPDATE') ? 'UPDATE' : 'INVITE';
    this.#timer = setTimeout(() => void this.#run(method), interval * 500);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #run(method: 'UPDATE' | 'INVITE'): Promise<void> {
    try {
      const response = await this.#refresh(method);
      if (response.status < 300) this.follow(response);
      else this.#failed(new Error(`${method} was answered ${response.status} ${response.reason}`));
    } catch (error) {
      if (!this.#stopped) this.#failed(error);
    }
  }
}
