/**
 * The offer and the answer a session description belongs to (RFC 3264,
 * https://www.rfc-editor.org/rfc/rfc3264), and the two line by line. Lines are paired by what they
 * are about, not by where they stand: a codec by its number, an attribute by its name.
 */
import type { Rung } from './ladder.ts';

export interface OfferAnswer {
  readonly offer: Rung;
  readonly answer: Rung;
}

export interface SdpRow {
  readonly offer: string | undefined;
  readonly answer: string | undefined;
  readonly mark: 'same' | 'changed' | 'offered' | 'answered';
}

/**
 * The pair that `chosen` is half of: a request and a response of its transaction, or, where an INVITE
 * has no SDP, its response and the ACK (RFC 6337 §2, https://www.rfc-editor.org/rfc/rfc6337#section-2).
 */
export function pairOf(rungs: readonly Rung[], chosen: Rung): OfferAnswer | undefined {
  if (!chosen.sip.hasSdp) return undefined;
  const request = requestOf(rungs, chosen);
  if (request === undefined) return undefined;
  const exchange = rungs.filter(
    (rung) => rung.sip.hasSdp && requestOf(rungs, rung)?.message.text === request.message.text,
  );
  const [offer] = exchange;
  if (offer === undefined) return undefined;
  if (chosen.from !== offer.from) return { offer, answer: chosen };
  const answer = exchange.find(({ from }) => from !== offer.from);
  return answer && { offer: chosen, answer };
}

/**
 * The request that began the transaction of a message; an ACK belongs to its INVITE. Either side
 * numbers its own requests, so the direction counts as well.
 */
function requestOf(rungs: readonly Rung[], rung: Rung): Rung | undefined {
  const { sip, message, from, to } = rung;
  if (sip.status === undefined && sip.method !== 'ACK') return rung;
  const method = sip.method === 'ACK' ? 'INVITE' : sip.method;
  const asker = sip.status === undefined ? from : to;
  return rungs
    .slice(0, rungs.indexOf(rung))
    .findLast(
      (each) =>
        each.sip.status === undefined &&
        each.sip.method === method &&
        each.sip.cseq === sip.cseq &&
        each.from === asker &&
        each.message.sipCallId === message.sipCallId,
    );
}

export function compareSdp(offer: string, answer: string): readonly SdpRow[] {
  const offered = sectionsOf(offer);
  const answered = sectionsOf(answer);
  const rows: SdpRow[] = [];
  for (let i = 0; i < Math.max(offered.length, answered.length); i += 1) {
    const left = keyed(offered[i] ?? []);
    const right = keyed(answered[i] ?? []);
    for (const [key, line] of left) rows.push(rowOf(line, right.get(key)));
    for (const [key, line] of right) if (!left.has(key)) rows.push(rowOf(undefined, line));
  }
  return rows;
}

function rowOf(offer: string | undefined, answer: string | undefined): SdpRow {
  const mark =
    offer === answer
      ? 'same'
      : answer === undefined
        ? 'offered'
        : offer === undefined
          ? 'answered'
          : 'changed';
  return { offer, answer, mark };
}

/** The session's part, then one for each medium. */
function sectionsOf(sdp: string): string[][] {
  const sections: string[][] = [[]];
  for (const line of sdp.split(/\r?\n/)) {
    if (line === '') continue;
    if (line.startsWith('m=')) sections.push([]);
    sections.at(-1)?.push(line);
  }
  return sections;
}

function keyed(lines: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const key = keyOf(line);
    // The second candidate is another line than the first.
    let unique = key;
    for (let n = 2; found.has(unique); n += 1) unique = `${key} ${n}`;
    found.set(unique, line);
  }
  return found;
}

const DIRECTION = /^a=(?:sendrecv|sendonly|recvonly|inactive)$/;

function keyOf(line: string): string {
  if (DIRECTION.test(line)) return 'direction';
  const attribute = /^a=(?:(?:rtpmap|fmtp|rtcp-fb):\d+|[^:]+)/.exec(line)?.[0];
  return attribute ?? line.slice(0, 2);
}
