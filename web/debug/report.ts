/**
 * All that a bug report should hold, as plain data for `copy(bridge.report())`: no passwords, no audio,
 * no words that were said.
 */
import type { Bridge } from '../bridge/bridge.ts';
import { withoutSecrets } from '../../recording/without-secrets.ts';
import { callRow, turnRow } from './call-rows.ts';

const LOG_LINES = 200;
const NAMES = [
  'RTCRtpScriptTransform',
  'MediaStreamTrackProcessor',
  'MediaStreamTrackGenerator',
  'AudioWorkletNode',
  'OffscreenCanvas',
] as const;

export function reportOf(bridge: Bridge): object {
  const { config, status, registration, calls, log, recordings, unsupported } = bridge;
  return {
    at: new Date().toISOString(),
    version: config?.version ?? null,
    browser: navigator.userAgent,
    address: location.origin,
    isSecure: isSecureContext,
    supports: Object.fromEntries(NAMES.map((name) => [name, name in globalThis])),
    unsupported: unsupported?.message ?? null,
    registration,
    config: config === undefined ? null : withoutSecrets(config),
    status: status ?? null,
    calls: calls.map((call) => ({
      ...callRow(call),
      startedAt: call.startedAt.toISOString(),
      endSentence: call.endSentence,
      remarks: call.remarks,
      mediaProblem: call.mediaProblem?.sentence ?? null,
      counters: call.counters,
      hops: call.figures?.hops ?? null,
      turns: call.timeline.turns.map(turnRow),
    })),
    recordings: {
      automatic: recordings.automatic,
      kept: recordings.list?.recordings.length ?? 0,
      usedBytes: recordings.list?.usedBytes ?? 0,
      limitBytes: recordings.list?.limitBytes ?? null,
    },
    log: log.entries
      .slice(-LOG_LINES)
      .map(({ at, ...entry }) => ({ at: at.toISOString(), ...entry })),
  };
}
