import { expect, it } from 'vitest';
import { concat } from '../../../audio/concat.ts';
import { ReplaySource } from '../../../web/replay/replay-source.ts';

it('sends every frame when it is due, all that are late at once, and silence after the end', () => {
  const samples = Int16Array.from({ length: 500 }, (_, i) => i + 1);
  const sent: Int16Array[] = [];
  const source = new ReplaySource({
    samples,
    frameSamples: 160,
    frameMs: 20,
    send: (frame) => sent.push(frame.slice()),
  });
  source.tick(0);
  expect(sent).toEqual([]);
  source.start(1_000);
  source.tick(1_000);
  source.tick(1_019);
  expect(sent.length).toBe(1);
  source.tick(1_075);
  expect(sent.length).toBe(4);
  expect(source).toMatchObject({ sentMs: 80, totalMs: 80, isOver: true });
  source.tick(1_080);
  const all = concat(sent);
  expect(all.slice(0, 500)).toEqual(samples);
  expect(all.slice(500)).toEqual(new Int16Array(300));
});
