import { describe, expect, it } from 'vitest';
import { RtcStatsDump } from '../../../recording/rtcstats.ts';

describe('RtcStatsDump', () => {
  it('writes what the importers of rtcstats read: times as differences, objects that changed', () => {
    const dump = new RtcStatsDump('Chrome');
    const text = [
      dump.begin(1_000, { iceServers: [] }),
      dump.snapshot({ A: { type: 'transport', n: 1 }, B: { type: 'codec' } }, 1_500.4),
      dump.event('onconnectionstatechange', 'connected', 1_600),
      dump.snapshot({ A: { type: 'transport', n: 2 } }, 2_500),
    ].join('');
    const [word, about, ...lines] = text.trimEnd().split('\n');
    expect(word).toBe('RTCStatsDump');
    expect(JSON.parse(about ?? '')).toEqual({
      fileFormat: 3,
      userAgent: 'Chrome',
      startTime: 1_000,
    });
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      ['create', 'PC_0', [{ iceServers: [] }], 1_000],
      ['getStats', 'PC_0', { A: { type: 'transport', n: 1 }, B: { type: 'codec' } }, 500],
      ['onconnectionstatechange', 'PC_0', 'connected', 100],
      ['getStats', 'PC_0', { A: { type: 'transport', n: 2 }, B: null }, 900],
    ]);
  });
});
