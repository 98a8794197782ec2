import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlayLedger } from '../../../audio/play-ledger.ts';

it('knows of every chunk how much of it was heard', () => {
  const ledger = new PlayLedger();
  ledger.push(300, 0);
  ledger.push(200, 5);
  ledger.played(160, 20);
  ledger.played(160, 40);
  ledger.cut();
  expect(ledger.chunks).toEqual([
    { id: 1, answer: 1, at: 0, samples: 300, heard: 300, cut: 0 },
    { id: 2, answer: 1, at: 5, samples: 200, heard: 20, cut: 180 },
  ]);
  expect(ledger.answers).toEqual([
    { id: 1, receivedAt: 0, startedAt: 20, endedAt: 40, samples: 500, heard: 320, cut: 180 },
  ]);
});

it('accounts for every sample, whatever happens in whatever order', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('push' as const), samples: fc.nat(1000) }),
    fc.record({ do: fc.constant('play' as const), samples: fc.nat(400) }),
    fc.record({ do: fc.constant('mute' as const), samples: fc.nat(400) }),
    fc.record({ do: fc.constant('cut' as const), samples: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const ledger = new PlayLedger();
      let [pushed, queued, heard] = [0, 0, 0];
      steps.forEach(({ do: what, samples }, now) => {
        if (what === 'push' && samples > 0) {
          ledger.push(samples, now);
          pushed += samples;
          queued += samples;
        } else if (what === 'play' || what === 'mute') {
          const count = Math.min(samples, queued);
          ledger.played(count, now, what === 'play');
          queued -= count;
          if (what === 'play') heard += count;
        } else if (what === 'cut') {
          ledger.cut();
          queued = 0;
        }
      });
      const sum = (of: 'samples' | 'heard' | 'cut') =>
        ledger.answers.reduce((total, answer) => total + answer[of], 0);
      expect([sum('samples'), sum('heard'), sum('samples') - sum('heard') - sum('cut')]).toEqual([
        pushed,
        heard,
        queued,
      ]);
    }),
  );
});

describe('an answer', () => {
  const ids = (ledger: PlayLedger) => ledger.chunks.map(({ answer }) => answer);

  it('ends with a cut', () => {
    const ledger = new PlayLedger();
    ledger.push(160, 0);
    ledger.cut();
    ledger.push(160, 1);
    ledger.push(160, 2);
    expect(ids(ledger)).toEqual([1, 2, 2]);
  });

  it('ends with a second of nothing left to play, not with a shorter gap', () => {
    const ledger = new PlayLedger();
    ledger.push(160, 0);
    ledger.played(160, 20);
    ledger.push(160, 900);
    ledger.played(160, 920);
    ledger.push(160, 1920);
    expect(ids(ledger)).toEqual([1, 1, 2]);
  });

  it('does not end while it is played, however long that takes', () => {
    const ledger = new PlayLedger();
    ledger.push(800_000, 0);
    ledger.push(160, 60_000);
    expect(ids(ledger)).toEqual([1, 1]);
    expect(ledger.current).toBe(1);
  });
});

describe('a mark', () => {
  it('is reached with the last sample before it', () => {
    const ledger = new PlayLedger();
    const reached: string[] = [];
    const mark = (name: string) =>
      ledger.mark(({ complete, heardSamples }) => {
        reached.push(`${name} ${complete} ${heardSamples}`);
      });
    mark('nothing');
    ledger.push(300, 0);
    mark('first');
    ledger.push(100, 0);
    mark('second');
    ledger.played(299, 20);
    expect(reached).toEqual(['nothing true 0']);
    ledger.played(1, 40);
    expect(reached).toEqual(['nothing true 0', 'first true 300']);
    ledger.cut();
    expect(reached).toEqual(['nothing true 0', 'first true 300', 'second false 300']);
  });

  it('says when part of the answer was not heard', () => {
    const ledger = new PlayLedger();
    ledger.push(320, 0);
    ledger.played(160, 20, false);
    let complete: boolean | undefined;
    ledger.mark((how) => (complete = how.complete));
    ledger.played(160, 40);
    expect(complete).toBe(false);
  });
});

it('forgets what is settled and nothing else', () => {
  const ledger = new PlayLedger();
  for (let n = 0; n < 2000; n++) ledger.push(160, n);
  expect(ledger.chunks).toHaveLength(2000);
  for (let n = 0; n < 1900; n++) ledger.played(160, 2000 + n);
  ledger.push(160, 4000);
  expect(ledger.chunks).toHaveLength(500);
  expect(ledger.chunks[0]?.id).toBe(1502);
  expect(ledger.answers[0]?.heard).toBe(1900 * 160);
});
