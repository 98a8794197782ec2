/** What the bridge tells of a call (common/events.ts), as entries of its time axis. */
import type { BridgeEvent, DtmfEvent, MediaEvent, SipEvent } from '../../common/events.ts';
import type { NewEntry } from './types.ts';

/** Undefined for what the page knows better itself, or what is no entry. */
export function entryOf(event: BridgeEvent, at: number): NewEntry | undefined {
  switch (event.type) {
    case 'sip':
      return sipEntry(event, at);
    case 'dtmf':
      return keyEntry(event, at);
    case 'media':
      return mediaEntry(event, at);
    default:
      return undefined;
  }
}

function sipEntry({ leg, direction, summary, text, ...rest }: SipEvent, at: number): NewEntry {
  const way = direction === 'in' ? `${leg} → bridge` : `bridge → ${leg}`;
  const isRefusal = /^[4-6]\d\d /.test(summary);
  return {
    kind: 'sip',
    at,
    ...(leg === 'phone' && { side: 'caller' }),
    level: isRefusal ? 'warn' : 'info',
    text: `${way}: ${summary}`,
    detail: `${rest.transport.toUpperCase()} ${rest.local} ${direction === 'in' ? '←' : '→'} ${rest.remote}\n${text}`,
  };
}

function keyEntry({ digit, durationMs, source, from }: DtmfEvent, at: number): NewEntry {
  const how = source === 'rtp' ? 'RFC 4733, among the audio' : 'SIP INFO';
  return {
    kind: 'dtmf',
    // Told when the key is up again.
    at: at - durationMs,
    endAt: at,
    side: from === 'phone' ? 'caller' : 'agent',
    level: 'info',
    text: `${from === 'phone' ? 'The caller pressed' : 'You pressed'} ${digit}.`,
    detail: `${how}, ${durationMs} ms`,
  };
}

function mediaEntry({ state, sentence, code }: MediaEvent, at: number): NewEntry {
  if (state === 'flowing') return { kind: 'note', at, level: 'info', text: sentence };
  return {
    kind: 'error',
    at,
    level: state === 'failed' ? 'error' : 'warn',
    text: sentence,
    ...(code !== undefined && { code }),
  };
}
