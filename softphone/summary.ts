/**
 * What one call came to, for people and for programs: one object, whose fields are the `--json`
 * output, and the same as three lines of text. Times are milliseconds after the INVITE.
 */
import { BridgeError, type ErrorCode } from '../common/errors.ts';
import type { Ending } from './call.ts';
import type { OutgoingCall } from './outgoing-call.ts';

/** Documented in the help text; a code never changes its meaning. */
export const EXIT = {
  worked: 0,
  unexpected: 1,
  badFlag: 2,
  notRegistered: 3,
  notAnswered: 4,
  noAudio: 5,
} as const;

export interface Summary {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly error: { readonly code: ErrorCode | null; readonly message: string } | null;
  readonly to: string;
  readonly callId: string;
  /** The final response to the INVITE. */
  readonly status: number | null;
  readonly reason: string | null;
  readonly timesMs: {
    readonly trying: number | null;
    readonly ringing: number | null;
    readonly answered: number | null;
    readonly firstRtp: number | null;
  };
  /** From answer to hang-up. */
  readonly durationMs: number | null;
  readonly codec: string | null;
  readonly sent: { readonly packets: number; readonly skipped: number };
  readonly received: {
    readonly packets: number;
    readonly lost: number;
    readonly outOfOrder: number;
    readonly jitterMs: number;
  };
  readonly digits: string;
  readonly endedBy: 'local' | 'remote';
  readonly cause: Ending['cause'];
  readonly record: string | null;
}

export function summarize(
  call: OutgoingCall,
  ending: Ending,
  { status, record, error }: { status?: number; record?: string | undefined; error?: Error },
): Summary {
  const { startedMs, tryingMs, ringingMs, answeredMs, endedMs } = call.times;
  const { sent, received, codec } = call.statistics;
  const since = (moment: number | undefined): number | null =>
    moment === undefined ? null : round(moment - startedMs);
  const answered = answeredMs !== undefined;
  const heard = sent.packets > 0 && received.packets > 0;
  const exitCode = !answered ? EXIT.notAnswered : heard ? EXIT.worked : EXIT.noAudio;
  return {
    ok: exitCode === EXIT.worked,
    exitCode,
    error: !answered
      ? { code: codeOf(error), message: error?.message ?? 'The call was not answered.' }
      : heard
        ? null
        : {
            code: 'NO_AUDIO',
            message: `The call was answered, but ${sent.packets === 0 ? 'no RTP was sent' : 'no RTP came back'}: is UDP open between the two, and does the far end play anything?`,
          },
    to: call.to,
    callId: call.callId,
    status: answered ? (status ?? 200) : (ending.status ?? null),
    reason: answered ? 'OK' : (ending.reason ?? null),
    timesMs: {
      trying: since(tryingMs),
      ringing: since(ringingMs),
      answered: since(answeredMs),
      firstRtp: since(received.firstMs),
    },
    durationMs: answered && endedMs !== undefined ? round(endedMs - answeredMs) : null,
    codec: answered ? (codec ?? null) : null,
    sent: { packets: sent.packets, skipped: sent.skipped },
    received: {
      packets: received.packets,
      lost: received.lost,
      outOfOrder: received.outOfOrder,
      jitterMs: round(received.jitterMs),
    },
    digits: call.digits,
    endedBy: ending.by,
    cause: ending.cause,
    record: answered ? (record ?? null) : null,
  };
}

export function summaryText(summary: Summary): string {
  const { timesMs, sent, received, durationMs } = summary;
  if (durationMs === null) {
    return `${summary.to}: ${summary.error?.message ?? 'not answered'}\n`;
  }
  const times = [
    timesMs.trying === null ? null : `100 after ${timesMs.trying} ms`,
    timesMs.ringing === null ? null : `ringing after ${timesMs.ringing} ms`,
    `answered after ${timesMs.answered ?? 0} ms`,
    timesMs.firstRtp === null ? null : `first audio after ${timesMs.firstRtp} ms`,
  ].filter((part) => part !== null);
  const lines = [
    `${summary.to}: ${summary.status ?? ''} ${summary.reason ?? ''}: ${times.join(', ')}`,
    `${(summary.codec ?? '').toUpperCase()}: sent ${sent.packets} packets; received ${received.packets}, ` +
      `lost ${received.lost}, out of order ${received.outOfOrder}, jitter ${received.jitterMs} ms`,
    `hung up ${summary.endedBy === 'local' ? 'here' : 'by the far end'} after ${(durationMs / 1000).toFixed(1)} s` +
      (summary.digits === '' ? '' : `; digits heard: ${summary.digits}`) +
      (summary.record === null ? '' : `; what was heard is in ${summary.record}`),
  ];
  if (sent.skipped > 0) {
    lines.push(`this machine stalled: ${sent.skipped} packets could not be sent in time`);
  }
  if (summary.error) lines.push(summary.error.message);
  return lines.map((line) => `${line}\n`).join('');
}

function codeOf(error: Error | undefined): ErrorCode | null {
  return error instanceof BridgeError ? error.code : null;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
