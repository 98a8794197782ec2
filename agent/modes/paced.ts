/**
 * The agents that say a tone on a plan of their own, whatever the caller does: pieces of `pieceMs`,
 * one every `everyMs`. How the two relate is what such an agent is there to show.
 */
import { toneBytes } from './tone.ts';
import type { Mode } from './types.ts';

interface Plan {
  readonly pieceMs: number;
  readonly everyMs: number;
  /** Pieces of one utterance, and the silence after it. */
  readonly pieces?: number;
  readonly restMs?: number;
}

/** A second of tone at once, then a second of silence. */
export const tone = paced({ pieceMs: 1000, everyMs: 2000 });
/** Two thirds of real time: the caller hears gaps, and the page counts underruns. */
export const slow = paced({ pieceMs: 20, everyMs: 30, pieces: 100, restMs: 3000 });
/** A minute of tone at once every ten seconds: the queue grows, and nothing may be lost. */
export const flood = paced({ pieceMs: 60_000, everyMs: 10_000 });

function paced({ pieceMs, everyMs, pieces = 1, restMs = 0 }: Plan): Mode {
  return ({ line }) => {
    const piece = toneBytes(pieceMs, line.endpoint.output);
    let timer: NodeJS.Timeout;
    let said = 0;
    let dueAt = performance.now();
    const next = () => {
      line.say(piece);
      said += 1;
      const isEnd = said % pieces === 0;
      if (isEnd) line.finish();
      dueAt += everyMs + (isEnd ? restMs : 0);
      timer = setTimeout(next, dueAt - performance.now());
    };
    next();
    return () => clearTimeout(timer);
  };
}
