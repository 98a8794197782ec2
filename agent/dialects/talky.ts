/**
 * The `talky` dialect: a WebSocket at {base}/{call id}, raw PCM in binary frames both ways, JSON
 * events from the agent in text frames. The client never sends text: this kind of endpoint only
 * reads bytes, and a text frame ends its session.
 */
import { readText } from './events.ts';
import { sessionOf } from './session.ts';
import type { Dialect } from './types.ts';
import { urlWithId } from './url.ts';

export { readText as parseTalky } from './events.ts';
export { urlWithId as talkyUrl } from './url.ts';

export const talky: Dialect = {
  name: 'talky',
  // Below 10 ms and above 1 s such an endpoint drops a frame without a word.
  input: { sampleRate: 16_000, minFrameBytes: 320, maxFrameBytes: 32_000 },
  sendsText: false,
  controls: [],
  greets: false,
  hasStragglers: true,
  goodbyeCodes: [],
  urlFor: urlWithId,
  start: () =>
    sessionOf({
      receive: (message) =>
        typeof message === 'string' ? { event: readText(message) } : { audio: message },
    }),
};
