/**
 * Why a call's media does not flow, as one sentence: a decision table over what the engine's `query`
 * and the page's own getStats know. The rows go along the way of a packet, phone → engine → page and
 * back, and the first one that fits is the answer; everything after it is its consequence.
 *
 * rtpengine itself would say "SRTP output wanted, but no crypto suite was negotiated", which means
 * that DTLS never finished, which means that ICE did not, or an address is wrong.
 */
import type { ErrorCode } from '../common/errors.ts';

/** What the engine knows of one peer. */
export interface PeerFacts {
  /** RTP packets that came from it. */
  readonly packets: number;
  /** Since the last of them, or since the answer. */
  readonly silentMs: number;
  /** address:port its packets go to. */
  readonly endpoint?: string | undefined;
}

/** What the page knows of its connection (RTCPeerConnection.getStats). */
export interface PageConnection {
  /** RTCIceTransportState */
  readonly ice: string;
  /** RTCDtlsTransportState */
  readonly dtls: string;
  /** RTP packets. */
  readonly received: number;
  readonly sent: number;
  /** Of what was received: what has come out of the connection, to be heard by the agent. */
  readonly taken?: number;
  /** As RTCP tells. */
  readonly roundTripMs?: number;
}

export interface MediaFacts {
  /** `forgotten`: it answers, and has no such call, because it was started anew. */
  readonly engine: 'knows' | 'forgotten' | 'unreachable';
  readonly isHeld: boolean;
  /** From when on a peer counts as silent. */
  readonly silenceMs: number;
  readonly phone?: PeerFacts;
  /** The engine's side of the page, and whether its DTLS handshake is over. */
  readonly page?: PeerFacts & { readonly dtls: boolean };
  /** The page's own; undefined while it has not said. */
  readonly connection?: PageConnection | undefined;
  /** Seconds of the phone's audio have arrived at the engine, and nothing more has come to the agent. */
  readonly isStuck?: boolean;
}

export interface MediaVerdict {
  /** `silent`: it flowed, and has stopped. */
  readonly state: 'flowing' | 'silent' | 'failed';
  readonly code?: ErrorCode;
  readonly sentence: string;
}

interface Row {
  readonly state: MediaVerdict['state'];
  readonly code: ErrorCode;
  readonly holds: (facts: MediaFacts) => boolean;
  readonly sentence: (facts: MediaFacts) => string;
}

const iceIsUp = ({ connection }: MediaFacts): boolean =>
  connection?.ice === 'connected' || connection?.ice === 'completed';
const dtlsIsUp = ({ connection, page }: MediaFacts): boolean =>
  connection === undefined ? page?.dtls === true : connection.dtls === 'connected';
/** Whether RTP from the phone arrives, said first wherever the fault lies beyond. */
const phonePart = ({ phone }: MediaFacts): string =>
  phone === undefined
    ? ''
    : phone.packets > 0
      ? `The phone's RTP arrives (${phone.packets} packets), `
      : "The phone's RTP does not arrive either, and ";

export const ROWS: readonly Row[] = [
  {
    state: 'failed',
    code: 'RTPENGINE_UNREACHABLE',
    holds: ({ engine }) => engine === 'unreachable',
    sentence: () =>
      'The media engine does not answer any more: it was stopped or has crashed, and audio stops with it. ' +
      'Start it again and dial anew.',
  },
  {
    state: 'failed',
    code: 'MEDIA_ENGINE_LOST',
    holds: ({ engine }) => engine === 'forgotten',
    sentence: () =>
      'The media engine was started anew during the call and knows nothing of it: dial again.',
  },
  {
    state: 'failed',
    code: 'MEDIA_NO_ICE',
    holds: (facts) =>
      facts.page !== undefined &&
      facts.connection !== undefined &&
      !iceIsUp(facts) &&
      !facts.page.dtls,
    sentence: (facts) =>
      `${phonePart(facts)}Chrome's ICE checks never reached the media engine (ICE is ` +
      `${facts.connection?.ice ?? 'new'}): the address it was told cannot be reached from the page. ` +
      'Check the engine’s advertised address, and the firewall for UDP.',
  },
  {
    state: 'failed',
    code: 'MEDIA_NO_DTLS',
    holds: (facts) => facts.page !== undefined && !dtlsIsUp(facts),
    sentence: (facts) =>
      `${phonePart(facts)}Chrome's DTLS handshake never finished${
        facts.connection === undefined
          ? ''
          : ` (ICE is ${facts.connection.ice}, DTLS ${facts.connection.dtls})`
      }: its packets are answered from another address or port, or not at all. Check that the engine’s ` +
      'ports are the same inside and outside of its container, and reload the page.',
  },
  {
    state: 'failed',
    code: 'MEDIA_NO_PHONE_RTP',
    holds: ({ phone, isHeld }) => phone?.packets === 0 && !isHeld,
    sentence: ({ phone, page }) =>
      `No RTP arrives from the phone${page === undefined ? '' : ', while Chrome is connected'}: ` +
      'it sends to another address, or a firewall drops it. ' +
      `Check that the address in the bridge’s SDP is one the phone can reach${
        phone?.endpoint === undefined ? '' : ` (its own SDP says ${phone.endpoint})`
      }, and that the RTP ports are open for UDP.`,
  },
  {
    state: 'failed',
    code: 'MEDIA_NOT_FORWARDED',
    holds: ({ phone, connection, isHeld }) =>
      phone !== undefined && phone.packets > 0 && connection?.received === 0 && !isHeld,
    sentence: ({ phone }) =>
      `The phone's RTP arrives at the media engine (${phone?.packets ?? 0} packets) and none of it at Chrome, ` +
      'though ICE and DTLS are up: the engine does not forward it. Its log says why.',
  },
  {
    state: 'silent',
    code: 'MEDIA_NOT_FORWARDED',
    holds: ({ isStuck, isHeld }) => isStuck === true && !isHeld,
    sentence: () =>
      "The phone's RTP arrives at the media engine, and nothing more of it comes out of Chrome: the engine has " +
      'stopped forwarding it, or Chrome does not know the stream. Hold and resume the call, or dial again.',
  },
  {
    state: 'failed',
    code: 'MEDIA_NO_PAGE_RTP',
    holds: ({ page, isHeld }) => page?.packets === 0 && !isHeld,
    sentence: ({ connection }) =>
      connection === undefined || connection.sent === 0
        ? 'Chrome is connected and sends no RTP: the agent’s audio never reaches its track. Reload the page.'
        : `Chrome has sent ${connection.sent} RTP packets and none of them reached the media engine. ` +
          'A firewall between the two lets only one direction pass.',
  },
  {
    state: 'silent',
    code: 'MEDIA_SILENT',
    holds: ({ phone, isHeld, silenceMs }) =>
      phone !== undefined && phone.silentMs >= silenceMs && !isHeld,
    sentence: ({ phone }) =>
      `No RTP has come from the phone for ${seconds(phone)} s: it has lost its network, or was closed without hanging up.`,
  },
  {
    state: 'silent',
    code: 'MEDIA_SILENT',
    holds: ({ page, isHeld, silenceMs }) =>
      page !== undefined && page.silentMs >= silenceMs && !isHeld,
    sentence: ({ page }) =>
      `No RTP has come from Chrome for ${seconds(page)} s: its tab is frozen, or the machine slept.`,
  },
];

/** What is wrong, or that nothing is. */
export function diagnoseMedia(facts: MediaFacts): MediaVerdict {
  const row = ROWS.find(({ holds }) => holds(facts));
  if (row === undefined) return { state: 'flowing', sentence: 'Audio flows both ways.' };
  return { state: row.state, code: row.code, sentence: row.sentence(facts) };
}

function seconds(peer: PeerFacts | undefined): number {
  return Math.round((peer?.silentMs ?? 0) / 1000);
}
