import { describe, expect, it } from 'vitest';
import { Impairer, MAX_DELAY_MS } from '../../../web/media/impairment.ts';

function impairer(...random: number[]) {
  const later: { ms: number; go: () => void }[] = [];
  let next = 0;
  const impairer = new Impairer({
    random: () => random[next++ % random.length] ?? 0,
    later: (ms, go) => later.push({ ms, go }),
  });
  const arrived: number[] = [];
  const pass = (packet: number) => impairer.pass(() => arrived.push(packet));
  return { impairer, pass, arrived, later };
}

describe('Impairer', () => {
  it('lets packets by at once where nothing is asked for', () => {
    const { pass, arrived, later } = impairer(0);
    pass(1);
    expect(arrived).toEqual([1]);
    expect(later).toEqual([]);
  });

  it('loses the share that is asked for, and counts it', () => {
    const { impairer: it, pass, arrived } = impairer(0.1, 0.3, 0.24, 0.9);
    it.set({ loss: 0.25, delayMs: 0, jitterMs: 0 });
    for (let packet = 0; packet < 8; packet += 1) pass(packet);
    expect(arrived).toEqual([1, 3, 5, 7]);
    expect(it.lost).toBe(4);
  });

  it('delays each by the delay and a share of the jitter, so that they may overtake each other', () => {
    const { impairer: it, pass, arrived, later } = impairer(0.5, 0);
    it.set({ loss: 0, delayMs: 100, jitterMs: 60 });
    pass(1);
    pass(2);
    expect(later.map(({ ms }) => ms)).toEqual([130, 100]);
    for (const { go } of later.toSorted((a, b) => a.ms - b.ms)) go();
    expect(arrived).toEqual([2, 1]);
  });

  it('takes no nonsense', () => {
    const { impairer: it, pass, later } = impairer(0.5);
    it.set({ loss: Number.NaN, delayMs: 1e9, jitterMs: -5 });
    pass(1);
    expect(later.map(({ ms }) => ms)).toEqual([MAX_DELAY_MS]);
  });
});
