/**
 * Which phones have been heard of since the start, in SIP and in RTP: a phone whose SIP is answered and
 * whose voice never comes stands behind a firewall, and one that asks to be registered in vain has a
 * wrong password. Neither is visible in the registrations. Fed with every SIP message and with what
 * the media engine counts of each call; bounded, for anybody may send a REGISTER.
 */
import type { PhoneSeen } from '../common/api.ts';
import type { TraceEntry } from '../signaling/trace/ring.ts';

const MAX_PHONES = 100;
const MAX_CALLS = 1_000;
/** The registrar's first answer to whoever sends no credentials; a phone then comes again. */
const CHALLENGE = 401;

interface Seen {
  readonly user: string;
  readonly address: string;
  registerStatus: number | undefined;
  /** Challenges in a row. */
  challenges: number;
  readonly calls: Set<string>;
  readonly callsWithRtp: Set<string>;
}

export class PhonesSeen {
  /** Something is known that was not. */
  onChange: (() => void) | undefined;
  readonly #phones = new Map<string, Seen>();
  /** Call → its phone. */
  readonly #ofCall = new Map<string, Seen>();

  get list(): readonly PhoneSeen[] {
    return [...this.#phones.values()].map(
      ({ user, address, registerStatus, calls, callsWithRtp }) => ({
        user,
        address,
        ...(registerStatus !== undefined && { registerStatus }),
        calls: calls.size,
        callsWithRtp: callsWithRtp.size,
      }),
    );
  }

  noteSip({ leg, direction, text, remote, callId }: TraceEntry): void {
    if (leg !== 'phone' || remote.address === '') return;
    const method = /^cseq[ \t]*:[ \t]*\d+[ \t]+(REGISTER|INVITE)\b/im.exec(text)?.[1];
    if (method === undefined) return;
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1] ?? 0);
    if (method === 'REGISTER') {
      if (direction === 'out' && status >= 200) this.#registered(text, remote.address, status);
    } else if (direction === 'in') {
      // The phone's INVITE, or its answer to ours.
      const user = userIn(status === 0 ? 'from|f' : 'to|t', text);
      if (user !== undefined) this.#calls(callId, this.#seen(user, remote.address));
    }
  }

  /** @param packets of RTP that have come from the phone in an answered call. */
  noteRtp(callId: string, packets: number): void {
    const phone = this.#ofCall.get(callId);
    if (phone === undefined) return;
    const before = phone.calls.size + phone.callsWithRtp.size;
    phone.calls.add(callId);
    if (packets > 0) phone.callsWithRtp.add(callId);
    if (phone.calls.size + phone.callsWithRtp.size !== before) this.onChange?.();
  }

  #registered(text: string, address: string, status: number): void {
    const user = userIn('to|t', text);
    if (user === undefined) return;
    const phone = this.#seen(user, address);
    phone.challenges = status === CHALLENGE ? phone.challenges + 1 : 0;
    // The first challenge is how every registration begins.
    if (phone.challenges === 1) return;
    const isNews = phone.registerStatus !== status;
    phone.registerStatus = status;
    if (isNews) this.onChange?.();
  }

  #calls(callId: string, phone: Seen): void {
    this.#ofCall.set(callId, phone);
    if (this.#ofCall.size <= MAX_CALLS) return;
    for (const [oldest, its] of this.#ofCall) {
      this.#ofCall.delete(oldest);
      its.calls.delete(oldest);
      its.callsWithRtp.delete(oldest);
      break;
    }
  }

  #seen(user: string, address: string): Seen {
    const key = `${user}@${address}`;
    const known = this.#phones.get(key);
    if (known !== undefined) return known;
    const phone: Seen = {
      user,
      address,
      registerStatus: undefined,
      challenges: 0,
      calls: new Set(),
      callsWithRtp: new Set(),
    };
    this.#phones.set(key, phone);
    if (this.#phones.size > MAX_PHONES) {
      for (const oldest of this.#phones.keys()) {
        this.#phones.delete(oldest);
        break;
      }
    }
    return phone;
  }
}

/** The user part of the address in a header. */
function userIn(names: string, text: string): string | undefined {
  const header = new RegExp(`^(?:${names})[ \\t]*:.*?\\bsips?:([^@;>\\s]+)@`, 'im');
  return header.exec(text)?.[1];
}
