/**
 * What happens inside a call besides offers: keys, messages and transfers that one side sends, and what
 * the page or a program asks for (digits, hold, transfer). Each key press becomes one event, however
 * it travelled.
 */
import { BridgeError, messageOf } from '../common/errors.ts';
import type { BridgeEvent } from '../common/events.ts';
import type { Call } from './call.ts';
import { isKeys, keyPressIn, RELAY_TYPE, writeKeyPress, type KeyPress } from './dtmf.ts';
import type { Leg } from './leg.ts';
import { ask, type SipReply, type SipRequest } from './srf.ts';
import type { Transfers } from './transfer.ts';

/** How long a key is pressed that a program asks for, and the least silence between two. */
const KEY_MS = 160;

export interface CallControlOptions {
  /** A live call. */
  readonly find: (id: string) => Call | undefined;
  readonly transfers: Transfers;
  readonly onMessage: (request: SipRequest, reply: SipReply) => void;
  readonly tell: (event: BridgeEvent) => void;
}

export class CallControl {
  readonly #options: CallControlOptions;

  constructor(options: CallControlOptions) {
    this.#options = options;
  }

  /** A leg has joined a call. */
  follow(call: Call, leg: Leg): void {
    const { transfers, onMessage } = this.#options;
    const { dialog } = leg;
    const whileHere =
      (handle: (request: SipRequest, reply: SipReply) => void) =>
      (request: SipRequest, reply: SipReply): void => {
        if (!leg.hasLeft) handle(request, reply);
      };
    dialog.on(
      'info',
      whileHere((request, reply) => this.#onInfo(call, leg, request, reply)),
    );
    dialog.on(
      'refer',
      whileHere((request, reply) => transfers.onRefer(call, leg, request, reply)),
    );
    dialog.on(
      'notify',
      whileHere((request, reply) => transfers.onNotify(leg, request, reply)),
    );
    dialog.on('message', whileHere(onMessage));
  }

  /**
   * A key that the page heard among the audio (RFC 4733), or sent there.
   * @throws BridgeError NO_CALL
   */
  heard(id: string, press: KeyPress, from: 'phone' | 'page'): void {
    this.#tell(this.#call(id), press, 'rtp', from);
  }

  /**
   * Presses keys towards the phone, one INFO each.
   * @throws BridgeError BAD_REQUEST, NO_CALL, DTMF_REFUSED
   */
  async sendDigits(id: string, digits: string): Promise<void> {
    const call = this.#call(id);
    if (!isKeys(digits) || digits.length > 64) {
      throw new BridgeError('BAD_REQUEST', '"digits" has to be up to 64 of 0–9, *, # and A–D.');
    }
    const phone = phoneOf(call);
    for (const key of digits) {
      const press = { digit: key.toUpperCase(), durationMs: KEY_MS };
      const answer = await sendInfo(phone, press).catch((error: unknown) => ({
        status: 503,
        reason: messageOf(error),
      }));
      if (answer.status >= 300) {
        throw new BridgeError(
          'DTMF_REFUSED',
          `The phone did not take ${key}: ${answer.status} ${answer.reason}.`,
        );
      }
      this.#tell(call, press, 'info', 'page');
    }
  }

  /** @throws BridgeError NO_CALL, HOLD_REFUSED */
  async hold(id: string, isHeld: boolean): Promise<void> {
    const call = this.#call(id);
    const phone = phoneOf(call);
    try {
      await call.renegotiation?.setHeld(phone, isHeld);
    } catch (error) {
      throw new BridgeError('HOLD_REFUSED', `The phone does not agree: ${messageOf(error)}.`);
    }
  }

  /** @throws BridgeError NO_CALL, BAD_REQUEST, TRANSFER_FAILED */
  async transfer(id: string, to: string): Promise<void> {
    await this.#options.transfers.refer(this.#call(id), to);
  }

  #call(id: string): Call {
    const call = this.#options.find(id);
    if (!call) throw new BridgeError('NO_CALL', `There is no call ${id}.`);
    return call;
  }

  #onInfo(call: Call, leg: Leg, request: SipRequest, reply: SipReply): void {
    const press = keyPressIn(request.get('Content-Type'), request.body);
    if (press === 'bad') {
      reply.send(400, 'The INFO names no key');
      return;
    }
    if (press === undefined) {
      // An empty INFO asks whether the call is still there; any other is for nobody (RFC 6086 §4.2.1).
      if (request.body === '') reply.send(200);
      else reply.send(415, { headers: { Accept: 'application/dtmf-relay, application/dtmf' } });
      return;
    }
    reply.send(200);
    this.#tell(call, press, 'info', leg.kind);
    const peer = call.peerOf(leg);
    // That the other side has no use for it is no news to who pressed the key.
    if (peer) sendInfo(peer, press).catch(() => undefined);
  }

  #tell(call: Call, press: KeyPress, source: 'rtp' | 'info', from: 'phone' | 'page'): void {
    const at = new Date().toISOString();
    this.#options.tell({ type: 'dtmf', at, callId: call.id, ...press, source, from });
  }
}

function sendInfo(leg: Leg, press: KeyPress) {
  return ask(leg.dialog, {
    method: 'INFO',
    headers: { 'Content-Type': RELAY_TYPE },
    body: writeKeyPress(press),
  });
}

function phoneOf(call: Call): Leg {
  // Between two phones, the one that was called.
  const phone = call.legs.findLast(({ kind }) => kind === 'phone');
  if (!phone) throw new BridgeError('NO_CALL', 'The call has not been answered yet.');
  return phone;
}
