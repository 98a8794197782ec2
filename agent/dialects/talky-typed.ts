/**
 * The `talky-typed` dialect: as `talky`, with a session that is opened and closed by messages
 * (`session_start` … `session_end`) and kept alive by a `ping` that wants its `pong` within 5 s.
 * That pong is all the client ever says.
 */
import { readEvent } from './events.ts';
import { badFrame, fieldsOf } from './fields.ts';
import { sessionOf } from './session.ts';
import { talky } from './talky.ts';
import type { Dialect } from './types.ts';

export const talkyTyped: Dialect = {
  ...talky,
  name: 'talky-typed',
  sendsText: true,
  start: ({ callId }) =>
    sessionOf({
      receive: (message) => {
        if (typeof message !== 'string') return { audio: message };
        const fields = fieldsOf(message);
        if (typeof fields === 'string') return { event: badFrame(fields, message) };
        const event = readEvent(fields, message);
        if (fields['type'] !== 'ping') return { event };
        // Every message carries a call_id and a timestamp; the ping's own say which one is meant.
        const { call_id = callId, timestamp } = fields;
        return { event, reply: JSON.stringify({ type: 'pong', call_id, timestamp }) };
      },
    }),
};
