/**
 * What happens in the bridge, one object per happening, as clients of the bridge see it: GET
 * /api/events sends each as a server-sent event named by its type, beside `status` (common/api.ts),
 * which says how things are. Every part that has something to tell adds a member here.
 */

interface Happening {
  /** ISO 8601, when it happened. */
  readonly at: string;
}

/** One key press, however it travelled, told once. */
export interface DtmfEvent extends Happening {
  readonly type: 'dtmf';
  readonly callId: string;
  readonly digit: string;
  readonly durationMs: number;
  /** RFC 4733 packets among the audio, or a SIP INFO. */
  readonly source: 'rtp' | 'info';
  readonly from: 'phone' | 'page';
}

/** An instant message (RFC 3428, https://www.rfc-editor.org/rfc/rfc3428). */
export interface InstantMessageEvent extends Happening {
  readonly type: 'message';
  /** user@domain. */
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

export type BridgeEvent = DtmfEvent | InstantMessageEvent;

export type BridgeEventType = BridgeEvent['type'];
