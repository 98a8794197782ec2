/**
 * What a recording is and which files it is made of: the same in the browser's storage and in a
 * bundle, so that one is the other, zipped. Plain data, read by the page and by Node alike.
 */
export const FORMAT = 'sip-agent-bridge-recording';
export const FORMAT_VERSION = 1;

/** The files of a recording; all but the first two may be missing. */
export const FILES = {
  manifest: 'manifest.json',
  /** 16-bit stereo on the call's clock: caller left, agent right. */
  audio: 'audio.wav',
  /** RecordedEvent, one per line. */
  events: 'events.ndjson',
  /** CallTrace of common/api.ts. */
  sip: 'sip.json',
  sipCapture: 'sip.pcap',
  /** What the page's time axis shows. */
  timeline: 'timeline.json',
  /** CallFigures of common/figures.ts. */
  figures: 'figures.json',
  /** getStats snapshots as an rtcstats dump. */
  stats: 'webrtc.rtcstats',
  /** PageConfig without secrets. */
  config: 'config.json',
} as const;

export type FileName = (typeof FILES)[keyof typeof FILES];

export interface Manifest {
  readonly format: typeof FORMAT;
  readonly version: number;
  /** Of the recording: names its files in the browser's storage. */
  readonly id: string;
  readonly callId: string;
  readonly caller: string;
  readonly dialled: string;
  readonly direction: 'inbound' | 'outbound';
  /** Key of the extension whose agent took part. */
  readonly extension: string;
  /** ISO 8601, when the first sample was recorded. */
  readonly startedAt: string;
  /** Milliseconds from the call's answer to the first sample. */
  readonly offsetMs: number;
  readonly durationMs: number;
  readonly sampleRate: number;
  /** False where the page went away during the call: what it had written by then is there. */
  readonly complete: boolean;
  /** The call whose caller was sent again. */
  readonly replayOf?: string;
  readonly versions: { readonly bridge: string; readonly browser: string };
}

/** Something that happened during the call. */
export interface RecordedEvent {
  /** ISO 8601. */
  readonly at: string;
  /** The bridge's event stream, the agent's messages, the page's log. */
  readonly from: 'bridge' | 'agent' | 'page';
  readonly type: string;
  readonly [field: string]: unknown;
}

/** `2026-11-23T09-12-33_agent001_3f2a.zip`: date, caller and call, whatever characters they hold. */
export function bundleName({ startedAt, caller, callId }: Manifest): string {
  const date = startedAt.slice(0, 19).replaceAll(':', '-');
  return `${[date, caller, callId].map(safe).join('_')}.zip`;
}

function safe(text: string): string {
  return (
    text
      .replace(/^sips?:/i, '')
      .replace(/[^\w.@+-]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 60) || 'unknown'
  );
}
