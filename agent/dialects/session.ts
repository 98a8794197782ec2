/** What the sessions of all dialects share: they say nothing they need not, and count bad frames. */
import type { DialectSession } from './types.ts';

export type SessionParts = Pick<DialectSession, 'receive'> &
  Partial<Pick<DialectSession, 'opening' | 'encode' | 'control'>>;

/** A part that is left out is one the dialect does without: binary frames and never a text. */
export function sessionOf(parts: SessionParts): DialectSession {
  let badFrames = 0;
  return {
    opening: () => [],
    encode: (frame) => frame,
    control: () => undefined,
    ...parts,
    get badFrames() {
      return badFrames;
    },
    receive: (message) => {
      const received = parts.receive(message);
      if (received.event?.type === 'bad_frame') badFrames += 1;
      return received;
    },
  };
}
