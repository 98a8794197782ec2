import { describe, expect, test } from 'vitest';
import { meanOpinionScore, Quality } from '../../../rtpengine/embedded/quality.ts';
import { readRtcp, type ReportBlock } from '../../../rtpengine/embedded/rtcp.ts';
import { writeRtcp } from '../../../softphone/rtcp.ts';

describe('RTCP', () => {
  test('is read: sender report, report block, goodbye', () => {
    const heard: unknown[] = [];
    const packet = writeRtcp({
      ssrc: 7,
      cname: 'phone',
      wallMs: 1000.5 * 1000,
      sent: { timestamp: 160, packets: 1, octets: 160 },
      received: {
        ssrc: 9,
        loss: { fractionLost: 64, cumulativeLost: 3, extendedHighestSequence: 10, jitter: 80 },
        lastSenderReport: 0x11223344,
        delaySinceLast: 65_536,
      },
      bye: true,
    });
    readRtcp(Buffer.from(packet), {
      senderReport: (ssrc, ntp) => heard.push({ ssrc, ntp }),
      reportBlock: (block) => heard.push(block),
      bye: () => heard.push('bye'),
    });
    const ntp = ((1000 + 2_208_988_800) & 0xffff) * 65_536 + 0x8000;
    expect(heard).toEqual([
      { ssrc: 7, ntp },
      {
        ssrc: 9,
        fractionLost: 0.25,
        cumulativeLost: 3,
        jitter: 80,
        lastReport: 0x11223344,
        delay: 65_536,
      },
      'bye',
    ]);
  });

  test('is not read beyond its end', () => {
    const heard: unknown[] = [];
    const cut = Buffer.from('81c9000700000009', 'hex');
    readRtcp(cut, {
      senderReport: () => heard.push(1),
      reportBlock: () => heard.push(2),
      bye: () => heard.push(3),
    });
    expect(heard).toEqual([]);
  });
});

describe('mean opinion score', () => {
  test.each([
    [0, 0, 0, 4.4],
    [100, 10, 0, 4.35],
    [300, 20, 0, 3.61],
    [20, 5, 5, 4.01],
    [20, 5, 20, 2.2],
    [2000, 500, 100, 1],
  ])('round trip %i ms, jitter %i ms, loss %i %% → %d', (roundTrip, jitter, loss, score) => {
    expect(meanOpinionScore(roundTrip, jitter, loss)).toBeCloseTo(score, 1);
  });
});

describe('quality', () => {
  const block: ReportBlock = {
    ssrc: 9,
    fractionLost: 0,
    cumulativeLost: 4,
    jitter: 80,
    lastReport: 77,
    delay: 65_536 / 2,
  };

  test('takes the round trip from a report about a sender report', () => {
    const quality = new Quality();
    quality.reportSent(77, 1000);
    quality.reported(block, 8000, 1530, 5_000_000);
    expect(quality.roundTripMs).toBeCloseTo(30);
    const told = quality.describe(5_000_000)['9'];
    expect(told?.['average MOS']).toEqual({
      'reported at': 5000,
      MOS: 43,
      'round-trip time': 30_000,
      jitter: 10,
      'packet loss': 0,
      samples: 1,
    });
    expect(told?.['cumulative loss']).toBe(4);
  });

  test('keeps the worst, the best and the mean', () => {
    const quality = new Quality();
    for (const fractionLost of [0, 0.2, 0.1]) {
      quality.reported({ ...block, fractionLost }, 8000, 0, 1000);
    }
    const told = quality.describe(1000)['9'];
    expect(told?.['lowest MOS']['packet loss']).toBe(20);
    expect(told?.['highest MOS']['packet loss']).toBe(0);
    expect(told?.['average MOS']).toMatchObject({ 'packet loss': 10, samples: 3 });
  });
});
