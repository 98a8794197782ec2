/**
 * A call as the engine keeps it: one Call-ID, and who takes part. Which parties a command is about
 * is decided here, by the tags and the Via branch it names, as rtpengine decides it
 * (https://rtpengine.readthedocs.io/en/latest/ng_control_protocol.html, "via-branch"). `from-tag` is
 * always the tag of the side whose offer it is, also when that is the callee.
 */
import { newSwitches } from './gate.ts';
import type { Recording } from './recording.ts';
import { newParty, type Party } from './party.ts';

/** What a command says about whom it means. */
export interface Names {
  readonly fromTag?: string | undefined;
  readonly toTag?: string | undefined;
  readonly viaBranch?: string | undefined;
}

export interface Pair {
  readonly from: Party;
  readonly to: Party;
}

export class Call {
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  lastSignalAt: number;
  readonly parties: Party[] = [];
  /** Of what is blocked and silenced for the whole call. */
  readonly switches = newSwitches();
  recording: Recording | undefined;
  readonly #endings = new Set<NodeJS.Timeout>();

  constructor(id: string, now: number) {
    this.id = id;
    this.createdAt = now;
    this.lastSignalAt = now;
  }

  byTag(tag: string | undefined): Party | undefined {
    return tag === undefined ? undefined : this.parties.find((party) => party.tag === tag);
  }

  /** The two sides of an offer; those that are not there yet are made. */
  pairOfOffer(names: Names, now: number): Pair {
    const { fromTag, toTag, viaBranch } = names;
    const known = this.byTag(toTag);
    const from =
      this.byTag(fromTag) ??
      untaggedPeer(known) ??
      this.#add(newParty(fromTag, now, this.switches));
    from.tag = fromTag;
    const to = known ?? this.#callee(from, names) ?? this.#add(newParty(toTag, now, this.switches));
    to.tag ??= toTag;
    to.viaBranch ??= viaBranch;
    to.peer ??= from;
    if (from.peer?.isSettled !== true) from.peer = to;
    return { from, to };
  }

  /** The two sides of an answer; undefined when nothing was offered that it could answer. */
  pairOfAnswer(names: Names): Pair | undefined {
    const { fromTag, toTag, viaBranch } = names;
    const from = this.byTag(fromTag);
    if (from === undefined) return undefined;
    const callees = this.parties.filter(({ peer }) => peer === from);
    const to =
      this.byTag(toTag) ??
      callees.find((party) => viaBranch !== undefined && party.viaBranch === viaBranch) ??
      callees.find((party) => party.tag === undefined) ??
      // Any callee may answer an offer, also one that rang beside the one whose tag is known.
      callees[0];
    if (to === undefined || to === from) return undefined;
    to.tag = toTag;
    Object.assign(to, { peer: from, isSettled: true });
    Object.assign(from, { peer: to, isSettled: true });
    return { from, to };
  }

  /** Ends some of it after this time. */
  endLater(ms: number, end: () => void): void {
    const timer = setTimeout(() => {
      this.#endings.delete(timer);
      end();
    }, ms).unref();
    this.#endings.add(timer);
  }

  /** Another offer is a change of mind. */
  stay(): void {
    for (const timer of this.#endings) clearTimeout(timer);
    this.#endings.clear();
  }

  /** Forgets parties that have ended. */
  remove(ended: readonly Party[]): void {
    for (const party of ended) {
      const at = this.parties.indexOf(party);
      if (at !== -1) this.parties.splice(at, 1);
    }
    for (const party of this.parties) {
      if (party.peer !== undefined && ended.includes(party.peer)) party.peer = undefined;
    }
  }

  /** Who ends with this delete, and with them those who are left alone; empty when nobody is meant. */
  partiesOfDelete({ fromTag, toTag, viaBranch }: Names): readonly Party[] {
    if (fromTag === undefined && toTag === undefined && viaBranch === undefined) {
      return [...this.parties];
    }
    const ended = this.#named({ fromTag, toTag, viaBranch });
    return ended === undefined ? [] : [ended, ...this.#aloneWithout(ended)];
  }

  #named({ fromTag, toTag, viaBranch }: Names): Party | undefined {
    const from = this.byTag(fromTag);
    if (toTag === undefined) {
      const branch = this.parties.find(
        (party) => viaBranch !== undefined && party.viaBranch === viaBranch,
      );
      return branch ?? from;
    }
    const to = this.byTag(toTag);
    if (fromTag !== undefined && from === undefined) return undefined;
    // The To tag of an answer that never reached us.
    return to ?? (from?.peer?.tag === undefined ? from : undefined);
  }

  #aloneWithout(ended: Party): readonly Party[] {
    const rest = this.parties.filter((party) => party !== ended);
    return rest.filter(
      (party) =>
        (party.peer === undefined || party.peer === ended) &&
        !rest.some((other) => other.peer === party),
    );
  }

  /** Where an offer without a known To tag goes, when it has gone somewhere before. */
  #callee(from: Party, { toTag, viaBranch }: Names): Party | undefined {
    const callees = this.parties.filter(({ peer }) => peer === from);
    const fits = (party: Party): boolean => toTag === undefined || party.tag === undefined;
    if (viaBranch === undefined) {
      const current = from.peer;
      return current !== undefined && fits(current) ? current : callees.find(fits);
    }
    return (
      callees.find((party) => party.viaBranch === viaBranch && fits(party)) ??
      callees.find((party) => party.viaBranch === undefined && party.tag === undefined)
    );
  }

  #add(party: Party): Party {
    this.parties.push(party);
    // The first one is the caller; everyone else is who it speaks with.
    const side = this.parties.length === 1 ? 0 : 1;
    party.gate.tap = (packet, formats) => this.recording?.take(side, party, packet, formats);
    return party;
  }
}

function untaggedPeer(party: Party | undefined): Party | undefined {
  return party?.peer?.tag === undefined ? party?.peer : undefined;
}
