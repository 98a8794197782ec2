/**
 * One peer that is rung: an offer of its own from the media engine and one INVITE with it. A branch
 * is settled once: answered, refused, or taken back. A phone that says where else to try (3xx, RFC
 * 3261 §8.1.3.4) is followed once.
 */
import { randomUUID } from 'node:crypto';
import { BridgeError, messageOf } from '../common/errors.ts';
import { nextHopOf } from './bindings.ts';
import { reasonHeader, type Refusal } from './call-phrases.ts';
import { Leg, type LegParty } from './leg.ts';
import type { CallMedia, MediaLeg, MediaPeer } from './media.ts';
import { minimumOf, sessionOffer } from './session.ts';
import type { InviteRefusal, SipDialog, SipRequest, SrfPort } from './srf.ts';

export interface Target {
  readonly uri: string;
  readonly party: LegParty;
}

export interface BranchOptions {
  readonly srf: SrfPort;
  readonly media: CallMedia;
  readonly target: Target;
  /** What the caller offers, as the engine is to see it. */
  readonly offer: string;
  readonly mediaLeg: MediaLeg;
  readonly callingNumber: string;
  readonly callingName?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Not even a provisional answer within this time: nobody is there. */
  readonly reactionMs: Readonly<Record<MediaPeer, number>>;
  /** How often a phone is asked to refresh its session (RFC 4028). */
  readonly sessionSeconds?: number | undefined;
  /** Where a 3xx may lead; undefined = not there. */
  readonly redirect: (contact: string) => Target | undefined;
}

export interface BranchEvents {
  /** The INVITE goes out, with this Call-ID. */
  sent(callId: string): void;
  ringing(): void;
  /** In the tick the dialog is made in. */
  answered(leg: Leg): void;
  refused(refusal: Refusal): void;
}

export class Branch {
  readonly #options: BranchOptions;
  readonly #events: BranchEvents;
  #target: Target;
  #request: SipRequest | undefined;
  #reaction: NodeJS.Timeout | undefined;
  #offer = '';
  #state: 'ringing' | 'settled' = 'ringing';
  #whyEnded: { cause: number; text: string } = { cause: 200, text: 'Normal call clearing' };
  #redirected = false;
  /** The shortest session interval that a phone has asked for with a 422. */
  #minSe: number | undefined;

  constructor(options: BranchOptions, events: BranchEvents) {
    this.#options = options;
    this.#events = events;
    this.#target = options.target;
  }

  get party(): LegParty {
    return this.#target.party;
  }

  get isSettled(): boolean {
    return this.#state === 'settled';
  }

  get mediaLeg(): MediaLeg {
    return this.#options.mediaLeg;
  }

  async start(): Promise<void> {
    const { media, mediaLeg, offer } = this.#options;
    try {
      this.#offer = await media.offer(mediaLeg, offer, this.party.kind);
      if (this.#state === 'ringing') this.#invite(this.#options.headers);
    } catch (error) {
      const code = error instanceof BridgeError ? error.code : 'RTPENGINE_REFUSED';
      this.#refuse({ status: 503, reason: messageOf(error), code });
    }
  }

  /** Takes the INVITE back; an answer that comes all the same is hung up on. */
  cancel(cause: number, text: string): void {
    if (this.#state === 'settled') return;
    this.#settle();
    this.#whyEnded = { cause, text };
    this.#sendCancel();
  }

  #invite(headers: Readonly<Record<string, string>>): void {
    const { srf, callingNumber, callingName, reactionMs } = this.#options;
    this.#reaction = setTimeout(() => this.#silent(), reactionMs[this.party.kind]);
    const { binding } = this.party;
    const proxy = binding && nextHopOf(binding);
    // Chosen here, so that whose leg it is is known before its first message.
    const callId = headers['Call-ID'] ?? randomUUID();
    this.#events.sent(callId);
    srf.invite(
      this.#target.uri,
      {
        localSdp: this.#offer,
        ...(proxy !== undefined && { proxy }),
        callingNumber,
        ...(callingName && { callingName }),
        headers: {
          ...(this.party.kind === 'phone' &&
            sessionOffer(this.#minSe, this.#options.sessionSeconds)),
          ...headers,
          'Call-ID': callId,
        },
      },
      {
        cbRequest: (_error, request) => {
          this.#request = request;
          if (this.#state === 'settled') this.#sendCancel();
        },
        cbProvisional: () => {
          clearTimeout(this.#reaction);
          if (this.#state === 'ringing') this.#events.ringing();
        },
      },
      (dialog) => this.#answered(dialog),
      (refusal) => this.#answeredNo(refusal),
    );
  }

  #answered(dialog: SipDialog): void {
    this.#request = undefined;
    const leg = new Leg(this.party, dialog, { remote: dialog.remote.sdp, local: this.#offer });
    if (this.#state === 'settled') {
      leg.bye(this.#whyEnded.cause, this.#whyEnded.text);
      return;
    }
    this.#settle();
    this.#events.answered(leg);
  }

  #answeredNo(refusal: InviteRefusal): void {
    this.#request = undefined;
    if (this.#state === 'settled') return;
    clearTimeout(this.#reaction);
    const { status, reason, contact } = refusal;
    if (status >= 300 && status < 400 && contact !== undefined && !this.#redirected) {
      const target = this.#options.redirect(contact);
      if (target) {
        this.#redirected = true;
        this.#target = target;
        // One Call-ID names one dialog with a device, and this may be the same device.
        this.#invite(withCallIdSuffix(this.#options.headers));
        return;
      }
    }
    // RFC 4028 §7.3: once more, with the interval that the phone wants.
    const minSe = status === 422 ? minimumOf(refusal.minSe) : undefined;
    if (minSe !== undefined && this.#minSe === undefined) {
      this.#minSe = minSe;
      this.#invite(this.#options.headers);
      return;
    }
    this.#refuse({ status, reason, code: 'CALL_FAILED' });
  }

  #silent(): void {
    const { kind, name } = this.party;
    this.#refuse({
      status: 480,
      reason: kind === 'page' ? 'The page does not react. Reload it' : `${name} does not react`,
      code: 'CALL_FAILED',
    });
    this.#sendCancel();
  }

  #refuse(refusal: Refusal): void {
    if (this.#state === 'settled') return;
    this.#settle();
    this.#events.refused(refusal);
  }

  #settle(): void {
    this.#state = 'settled';
    clearTimeout(this.#reaction);
  }

  #sendCancel(): void {
    const { cause, text } = this.#whyEnded;
    this.#request?.cancel({ headers: { Reason: reasonHeader(cause, text) } }, () => undefined);
    this.#request = undefined;
  }
}

function withCallIdSuffix(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { 'Call-ID': callId, ...rest } = headers;
  return callId === undefined ? rest : { ...rest, 'Call-ID': `${callId}-3xx` };
}
