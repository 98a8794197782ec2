/**
 * What a phone hears when the page of its call has gone: a notice of the media engine's, and the BYE
 * after it. The call is kept up for that long; whoever hangs up meanwhile cuts it short.
 */

/** Has the phone of that tag hear the notice; resolves, as soon as it begins, with its length in ms. */
export type PlayNotice = (callId: string, tag: string) => Promise<number>;

/** For the last packets on their way. */
const TAIL_MS = 200;

/** `done` is called once, unless the returned function was called before: after the notice, or with what stood in its way. */
export function lastWords(
  play: () => Promise<number>,
  done: (error?: unknown) => void,
): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isCut = false;
  play().then(
    (ms) => {
      if (!isCut) timer = setTimeout(done, ms + TAIL_MS);
    },
    (error: unknown) => {
      if (!isCut) done(error);
    },
  );
  return () => {
    isCut = true;
    clearTimeout(timer);
  };
}
