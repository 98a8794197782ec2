/**
 * All that ring for one call: every branch at once, the first answer wins, and the others are told
 * that the call went elsewhere. Each branch has a session of its own in the media engine, because
 * one offer cannot be answered twice; the losers' are released.
 * RFC 3261 §16.7 (parallel search): https://www.rfc-editor.org/rfc/rfc3261#section-16.7
 */
import { Branch, type BranchOptions, type Target } from './branch.ts';
import { bestOf, ELSEWHERE, type Refusal } from './call-phrases.ts';
import type { Leg, LegParty } from './leg.ts';
import type { CallMedia, MediaLeg, MediaPeer } from './media.ts';

export interface ForkOptions extends Omit<BranchOptions, 'target' | 'mediaLeg' | 'headers'> {
  readonly targets: readonly Target[];
  readonly media: CallMedia;
  readonly mediaLeg: MediaLeg;
  /** Of the INVITE of the n-th branch. */
  readonly headers: (target: Target, index: number) => Record<string, string>;
}

export interface ForkEvents {
  sent(callId: string, kind: MediaPeer): void;
  ringing(): void;
  answered(leg: Leg, media: MediaLeg): void;
  /** By everybody, or by one for all. */
  refused(refusal: Refusal): void;
}

export class Fork {
  readonly #branches: readonly Branch[];
  readonly #options: ForkOptions;
  readonly #events: ForkEvents;
  readonly #refusals: Refusal[] = [];
  readonly #released = new Set<Branch>();
  #settled = false;

  constructor(options: ForkOptions, events: ForkEvents) {
    const { targets, mediaLeg, headers, ...rest } = options;
    this.#options = options;
    this.#events = events;
    this.#branches = targets.map((target, index) => {
      const branch: Branch = new Branch(
        {
          ...rest,
          target,
          headers: headers(target, index),
          mediaLeg: targets.length === 1 ? mediaLeg : { ...mediaLeg, branch: `b${index + 1}` },
        },
        {
          sent: (callId) => events.sent(callId, branch.party.kind),
          ringing: () => {
            if (!this.#settled) events.ringing();
          },
          answered: (leg) => this.#answered(branch, leg),
          refused: (refusal) => this.#refused(branch, refusal),
        },
      );
      return branch;
    });
  }

  /** Who is rung. */
  get parties(): readonly LegParty[] {
    return this.#branches.map(({ party }) => party);
  }

  start(): void {
    for (const branch of this.#branches) void branch.start();
  }

  /** Nobody is to answer any more. */
  cancel(cause: number, text: string): void {
    this.#settled = true;
    for (const branch of this.#branches) branch.cancel(cause, text);
  }

  /** Takes back the branches whose peer has gone. */
  drop(isGone: (party: LegParty) => boolean, refusal: Refusal): void {
    for (const branch of this.#branches) {
      if (branch.isSettled || !isGone(branch.party)) continue;
      branch.cancel(refusal.status, refusal.reason);
      this.#refused(branch, refusal);
    }
  }

  #answered(winner: Branch, leg: Leg): void {
    if (this.#settled) {
      leg.bye(200, ELSEWHERE);
      return;
    }
    this.#settled = true;
    for (const branch of this.#branches) {
      if (branch === winner) continue;
      branch.cancel(200, ELSEWHERE);
      this.#release(branch);
    }
    this.#events.answered(leg, winner.mediaLeg);
  }

  #refused(branch: Branch, refusal: Refusal): void {
    if (this.#settled) return;
    this.#refusals.push(refusal);
    const isForAll = refusal.status >= 600;
    if (!isForAll && this.#refusals.length < this.#branches.length) {
      this.#release(branch);
      return;
    }
    // What is still rung is cancelled, and the whole session is the call's to release.
    this.cancel(refusal.status, refusal.reason);
    this.#events.refused(bestOf(this.#refusals));
  }

  /** Once: of a branch that it knows no more, the engine thinks that its caller is meant. */
  #release(branch: Branch): void {
    const { mediaLeg } = branch;
    if (mediaLeg.branch === undefined || this.#released.has(branch)) return;
    this.#released.add(branch);
    void this.#options.media.release(mediaLeg);
  }
}
