import { beforeEach, expect, it } from 'vitest';
import { DtmfReader } from '../../../web/media/dtmf.ts';

let heard: string[];
let reader: DtmfReader;

beforeEach(() => {
  heard = [];
  reader = new DtmfReader({
    onDown: (digit) => heard.push(`${digit} down`),
    onUp: ({ digit, durationMs }) => heard.push(`${digit} up after ${durationMs}`),
  });
});

const packet = (event: number, duration: number, end = false) =>
  Uint8Array.of(event, end ? 0x8a : 0x0a, duration >> 8, duration & 0xff);

it('is told of a key once, with its duration, however often its packets come', () => {
  reader.push(1000, packet(5, 160), 0);
  reader.push(1000, packet(5, 800), 80);
  expect(heard).toEqual(['5 down']);
  for (let i = 0; i < 3; i++) reader.push(1000, packet(5, 1280, true), 160);
  reader.push(1000, packet(5, 960), 170);
  reader.tick(1000);
  expect(heard).toEqual(['5 down', '5 up after 160']);
  reader.push(3000, packet(5, 400, true), 400);
  expect(heard.slice(2)).toEqual(['5 down', '5 up after 50']);
});

it('is told of the end that was lost: by time, or by the next key', () => {
  reader.push(1000, packet(11, 480), 0);
  reader.tick(150);
  expect(heard).toEqual(['# down']);
  reader.tick(151);
  expect(heard).toEqual(['# down', '# up after 60']);
  reader.push(5000, packet(1, 320), 600);
  reader.push(9000, packet(2, 320), 700);
  expect(heard.slice(2)).toEqual(['1 down', '1 up after 40', '2 down']);
});

it('takes nothing else for a key', () => {
  reader.push(1000, packet(16, 160, true), 0);
  reader.push(1000, Uint8Array.of(5, 0x8a), 0);
  reader.push(1000, new Uint8Array(0), 0);
  expect(heard).toEqual([]);
});
