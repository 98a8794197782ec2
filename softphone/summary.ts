/**
 * What one call came to, for people and for programs: one object, whose fields are the `--json`
 * output, and the same as three lines of text. Times are milliseconds after the INVITE.
 */
import type { ErrorCode } from '../common/errors.ts';
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
  readonly error: { readonly code: ErrorCode | undefined; readonly message: string } | undefined;
  readonly to: string;
  readonly callId: string;
  /** The final response to the INVITE. */
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly timesMs: {
    readonly trying: number | undefined;
    readonly ringing: number | undefined;
    readonly answered: number | undefined;
    readonly firstRtp: number | undefined;
  };
  /** From answer to hang-up. */
  readonly durationMs: number | undefined;
  readonly codec: string | undefined;
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
  readonly record: string | undefined;
}

export function summarize(
  call: OutgoingCall,
  ending: Ending,
  { status, record, error }: { status?: number; record?: string | undefined; error?: Error },
): Summary {
  const { startedMs, tryingMs, ringingMs, answeredMs, endedMs } = call.times;
  const { sent, received, codec } = call.statistics;
  const since = (moment: number | undefined): number | undefined =>
    moment === undefined ? undefined : round(moment - startedMs);
  const answered = answeredMs !== undefined;
  const heard = sent.packets > 0 && received.packets > 0;
  const exitCode = !answered ? EXIT.notAnswered : heard ? EXIT.worked : EXIT.noAudio;
  return {
    ok: exitCode === EXIT.worked,
    exitCode,
    error: !answered
      ? { code: codeOf(error), message: error?.message ?? 'The call was not answered.' }
      : heard
        ? undefined
        : {
            code: 'NO_AUDIO',
            message: `The call was answered, but ${sent.packets === 0 ? 'no RTP was sent' : 'no RTP came back'}: is UDP open between the two, and does the far end play anything?`,
          },
    to: call.to,
    callId: call.callId,
    status: answered ? (status ?? 200) : ending.status,
    reason: answered ? 'OK' : ending.reason,
    timesMs: {
      trying: since(tryingMs),
      ringing: since(ringingMs),
      answered: since(answeredMs),
      firstRtp: since(received.firstMs),
    },
    durationMs: answered && endedMs !== undefined ? round(endedMs - answeredMs) : undefined,
    codec: answered ? codec : undefined,
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
    record: answered ? record : undefined,
  };
}

export function summaryText(summary: Summary): string {
  const { timesMs, sent, received, durationMs } = summary;
  if (durationMs === undefined) {
    return `${summary.to}: ${summary.error?.message ?? 'not answered'}\n`;
  }
  const times = [
    timesMs.trying === undefined ? undefined : `100 after ${timesMs.trying} ms`,
    timesMs.ringing === undefined ? undefined : `ringing after ${timesMs.ringing} ms`,
    `answered after ${timesMs.answered ?? 0} ms`,
    timesMs.firstRtp === undefined ? undefined : `first audio after ${timesMs.firstRtp} ms`,
  ].filter((part) => part !== undefined);
  const lines = [
    `${summary.to}: ${summary.status ?? ''} ${summary.reason ?? ''}: ${times.join(', ')}`,
    `${(summary.codec ?? '').toUpperCase()}: sent ${sent.packets} packets; received ${received.packets}, ` +
      `lost ${received.lost}, out of order ${received.outOfOrder}, jitter ${received.jitterMs} ms`,
    `hung up ${summary.endedBy === 'local' ? 'here' : 'by the far end'} after ${(durationMs / 1000).toFixed(1)} s` +
      (summary.digits === '' ? '' : `; digits heard: ${summary.digits}`) +
      (summary.record === undefined ? '' : `; what was heard is in ${summary.record}`),
  ];
  if (sent.skipped > 0) {
    lines.push(`this machine stalled: ${sent.skipped} packets could not be sent in time`);
  }
  if (summary.error) lines.push(summary.error.message);
  return lines.map((line) => `${line}\n`).join('');
}

function codeOf(error: Error | undefined): ErrorCode | undefined {
  return error && 'code' in error ? (error.code as ErrorCode) : undefined;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
