/**
 * One established side of a call: who is there, its dialog, and the descriptions that are in force.
 * It knows nothing of the other side; whoever joins two of them does (call.ts).
 */
import type { Binding } from './bindings.ts';
import { reasonHeader } from './call-phrases.ts';
import type { MediaPeer } from './media.ts';
import { directionOf, isHold } from './sdp.ts';
import type { SipDialog } from './srf.ts';

export interface LegParty {
  readonly kind: MediaPeer;
  /** Number or user, as people know it. */
  readonly name: string;
  /** The registration it was reached through, or called from. */
  readonly binding?: Binding | undefined;
}

export class Leg {
  readonly party: LegParty;
  readonly dialog: SipDialog;
  /** The last description this side gave, as offer or answer. */
  remoteSdp: string;
  /** The last description this side was given. */
  localSdp: string;
  /** IP address its last description came from. */
  receivedFrom: string;
  /** An offer of ours is on its way to it: its own has to wait (RFC 3261 §14.2). */
  isOffering = false;
  /** We have put it on hold: whatever it offers meanwhile, it gets no audio. */
  isHeld = false;
  /** It has gone over to another call, and its dialog is no business of this one any more. */
  hasLeft = false;
  /** Who it is to the media engine: of a leg that took another's place, the other's tag. */
  readonly mediaTag: string;
  #ended = false;
  #farewell: Promise<void> = Promise.resolve();

  constructor(
    party: LegParty,
    dialog: SipDialog,
    sdp: { remote: string; local: string },
    mediaTag = dialog.sip.remoteTag,
  ) {
    this.mediaTag = mediaTag;
    this.party = party;
    this.dialog = dialog;
    this.receivedFrom = (dialog.type === 'uas' ? dialog.req : dialog.res).source_address;
    this.remoteSdp = sdp.remote;
    this.localSdp = sdp.local;
  }

  get kind(): MediaPeer {
    return this.party.kind;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The far end has ended it: there is nobody left to say goodbye to. */
  gone(): void {
    this.#ended = true;
  }

  /** Idempotent. */
  bye(cause: number, text: string): void {
    if (this.#ended) return;
    this.#ended = true;
    const headers = { Reason: reasonHeader(cause, text) };
    this.#farewell = new Promise((resolve) => this.dialog.destroy({ headers }, () => resolve()));
  }

  /** Settles when its BYE has been answered; at once when none was sent. */
  get farewell(): Promise<void> {
    return this.#farewell;
  }
}

/** Who of the two sides of a call holds it, by what they say or because we have put the other on hold. */
export function holdersOf([one, other]: readonly Leg[]): MediaPeer[] {
  // A browser that has no candidates yet says 0.0.0.0, which was a phone's old way to hold.
  const says = ({ kind, remoteSdp }: Leg): boolean =>
    kind === 'page' ? directionOf(remoteSdp) !== 'sendrecv' : isHold(remoteSdp);
  const holds = (leg: Leg | undefined, peer: Leg | undefined): boolean =>
    leg !== undefined && (says(leg) || peer?.isHeld === true);
  return [...(holds(one, other) ? [one] : []), ...(holds(other, one) ? [other] : [])].flatMap(
    (leg) => leg?.kind ?? [],
  );
}
