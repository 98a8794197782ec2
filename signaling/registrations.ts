/**
 * Who is registered, and whether they still answer: the registrar with the location service it fills,
 * swept of what has expired, remembered over restarts, and asked about by OPTIONS.
 */
import type { Log } from '../common/log.ts';
import { Bindings, nextHopOf, type Binding } from './bindings.ts';
import { CAPABILITIES } from './capabilities.ts';
import { ReachabilityWatch, type Reachability } from './reachability.ts';
import { EXPIRY, Registrar, type ExpiryBounds } from './registrar.ts';
import type { SipReply, SipRequest, SrfPort } from './srf.ts';

/** Expired bindings are invisible at once; this only forgets them. */
const SWEEP_MS = 30_000;

export interface RegistrationsOptions {
  readonly srf: SrfPort;
  readonly log: Log;
  readonly expiry?: ExpiryBounds | undefined;
  /** Of an earlier run. */
  readonly remembered?: readonly Binding[] | undefined;
  /** They have changed; all of them. */
  readonly remember?: ((bindings: readonly Binding[]) => void) | undefined;
  /** How often phones are asked whether they are still there; undefined: never. */
  readonly optionsIntervalMs?: number | undefined;
  readonly changed: () => void;
}

export class Registrations {
  readonly bindings = new Bindings(Date.now);
  readonly #options: RegistrationsOptions;
  readonly #registrar: Registrar;
  readonly #watch: ReachabilityWatch | undefined;
  readonly #sweep: NodeJS.Timeout;

  constructor(options: RegistrationsOptions) {
    this.#options = options;
    const { bindings } = this;
    const { log, changed, expiry = EXPIRY, optionsIntervalMs: intervalMs } = options;
    for (const binding of options.remembered ?? []) bindings.put(binding);
    this.#registrar = new Registrar({
      bindings,
      expiry,
      now: Date.now,
      changed: () => this.#changed(),
      log,
    });
    this.#watch =
      intervalMs === undefined
        ? undefined
        : new ReachabilityWatch({
            intervalMs,
            phones: () => bindings.current().filter(({ kind }) => kind === 'phone'),
            ask: (phone) => this.#ask(phone),
            now: () => performance.now(),
            changed,
          });
    this.#sweep = setInterval(() => {
      if (bindings.sweep() > 0) this.#changed();
    }, SWEEP_MS).unref();
  }

  /** A REGISTER of somebody who may. */
  handle(request: SipRequest, reply: SipReply, kind: Binding['kind']): void {
    this.#registrar.handle(request, reply, kind);
  }

  /** Whether a phone answers; undefined while nobody has asked it. */
  reachability(phone: Binding): Reachability | undefined {
    return this.#watch?.of(phone);
  }

  /** There is a way to them (again). */
  review(): void {
    this.#watch?.review();
  }

  /** The connection that pages registered over has closed. */
  flowClosed(source: string): void {
    this.#registrar.flowClosed(source);
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#watch?.close();
  }

  #changed(): void {
    this.#watch?.review();
    this.#options.remember?.(this.bindings.current());
    this.#options.changed();
  }

  async #ask(phone: Binding): Promise<void> {
    const proxy = nextHopOf(phone);
    const { status, reason } = await this.#options.srf.request(phone.contact, {
      method: 'OPTIONS',
      ...(proxy !== undefined && { proxy }),
      headers: { To: `<sip:${phone.aor}>`, Accept: CAPABILITIES.Accept },
    });
    // What a SIP server says for a phone that said nothing: no answer, connection gone, no way there.
    if (status === 408 || status === 410 || status === 503) throw new Error(`${status} ${reason}`);
  }
}
