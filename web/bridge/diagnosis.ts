/**
 * What is odd about a call, said in a sentence with its cause and cure. The figures alone make people
 * suspect the bridge when the agent is silent, and the agent when the phone is.
 */
import type { Remark } from '../../agent/diagnosis/flow.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { MediaCounters, SocketStatus } from '../media/report.ts';

/** What is wrong, and the code that says more. */
export interface Trouble {
  readonly sentence: string;
  readonly code?: ErrorCode;
}

export interface CallFacts {
  readonly answeredMs: number;
  readonly counters: MediaCounters;
  readonly socket: SocketStatus;
  /** About the agent, from the worker. */
  readonly remarks: readonly Remark[];
  /** About the agent, from the bridge. */
  readonly bridgeRemarks: ReadonlyMap<ErrorCode, string>;
  /** What the bridge found wrong with the call's media, which sees more of it than the page. */
  readonly mediaProblem?: Trouble | undefined;
}

const NO_PACKETS_MS = 3_000;

export function diagnose(facts: CallFacts): readonly Trouble[] {
  const { answeredMs, counters, socket, remarks, bridgeRemarks, mediaProblem } = facts;
  const found: Trouble[] = [];
  if (mediaProblem !== undefined) found.push(mediaProblem);
  if (socket.state === 'reconnecting') found.push(socket);
  if (mediaProblem === undefined && answeredMs > NO_PACKETS_MS && counters.packets === 0) {
    found.push({
      code: 'MEDIA_NO_PHONE_RTP',
      sentence:
        'No audio arrives from the phone: no RTP packet since the answer. A firewall between phone' +
        ' and bridge, or a phone that sends to another address, is the usual cause.',
    });
  }
  const codes = new Set(remarks.map(({ code }) => code));
  found.push(...remarks);
  for (const [code, sentence] of bridgeRemarks)
    if (!codes.has(code)) found.push({ code, sentence });
  return found;
}
