/** What an agent of a bench says, and when: answers that are heard for certain, at every phase. */
import { sweep } from '../support/signals.ts';
import type { Listener } from './listener.ts';
import { until } from './stage.ts';

const PACKET_MS = 20;
export const QUIET_MS = 200;
/** No whole number of periods fits into a packet, so that packets end at every phase of the tone. */
export const TONE_HZ = 1_010;
export const TONE_AMPLITUDE = 0.5;

/** Until nothing has been heard for a while. */
export async function silence(listener: Listener): Promise<void> {
  await until(
    'the phone hears nothing more',
    () => performance.now() - (listener.times.at(-1) ?? 0) > QUIET_MS,
  );
}

export function tone(seconds: number): Int16Array {
  return sweep({
    sampleRate: 16_000,
    seconds,
    fromHz: TONE_HZ,
    toHz: TONE_HZ,
    amplitude: TONE_AMPLITUDE,
  });
}

/** Spread over a packet's time, so that no figure is one of a lucky phase. */
export function phase(i: number, of: number): number {
  return (i * PACKET_MS) / of;
}
