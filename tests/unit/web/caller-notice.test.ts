import { describe, expect, test } from 'vitest';
import { CallerNotice } from '../../../web/media/caller-notice.ts';

const WORDS = new Int16Array(400).fill(1_000);

/** What the caller hears of each 20 ms from `from` on: words, tone, or nothing. */
async function listen(notice: CallerNotice, from: number, to: number): Promise<string> {
  let heard = '';
  for (let now = from; now < to; now += 20) {
    const frame = new Int16Array(160);
    notice.fill(frame, now);
    heard += frame[0] === 1_000 ? 'w' : frame.some((sample) => sample !== 0) ? '~' : '.';
    // A fetch that is done is heard of in between.
    await Promise.resolve();
  }
  return heard.replace(/(.)\1*/g, (run, kind: string) => `${kind}${run.length} `).trim();
}

describe('CallerNotice', () => {
  const words = () => new CallerNotice(() => Promise.resolve(WORDS));

  test('excuses an agent that is not there: once in words, then by a tone now and then', async () => {
    const notice = words();
    notice.agentIsMissing(0);
    // A second of patience, the words (50 ms), and tones of 0.4 s, 4 s apart.
    expect(await listen(notice, 0, 10_000)).toMatch(/^\.5\d w3 \.199 ~20 \.199 ~\d+/);
  });

  test('the tone does where the words cannot be had', async () => {
    const notice = new CallerNotice(() => Promise.reject(new Error('404')));
    notice.agentIsMissing(0);
    expect(await listen(notice, 0, 2_000)).toMatch(/^\.5\d ~20 \.\d+$/);
  });

  test('an agent lost in the call is awaited with the tone, from two seconds on', async () => {
    const notice = words();
    notice.agentIsThere();
    notice.agentIsMissing(10_000);
    notice.agentIsMissing(11_000);
    expect(await listen(notice, 10_000, 15_000)).toBe('.100 ~20 .130');
  });

  test('ends in the middle of a word when the agent comes', async () => {
    const notice = words();
    notice.agentIsMissing(0);
    await listen(notice, 0, 1_040);
    notice.agentIsThere();
    expect(await listen(notice, 1_040, 9_000)).toMatch(/^\.\d+$/);
  });

  test('leaves frames alone while there is nothing to say', () => {
    const frame = Int16Array.of(7);
    words().fill(frame, 0);
    expect([...frame]).toEqual([7]);
  });
});
