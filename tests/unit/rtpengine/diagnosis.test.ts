import { describe, expect, test } from 'vitest';
import { diagnoseMedia, ROWS, type MediaFacts } from '../../../rtpengine/diagnosis.ts';

const GOOD: MediaFacts = {
  engine: 'knows',
  isHeld: false,
  silenceMs: 10_000,
  phone: { packets: 57, silentMs: 20, endpoint: '192.168.1.20:4000' },
  page: { packets: 50, silentMs: 20, dtls: true },
  connection: { ice: 'connected', dtls: 'connected', received: 56, sent: 50 },
};
const NOBODY: MediaFacts = { engine: 'knows', isHeld: false, silenceMs: 10_000 };
const phone = (change: object) => ({ phone: { packets: 57, silentMs: 20, ...change } });
const page = (change: object) => ({ page: { packets: 50, silentMs: 20, dtls: true, ...change } });
const connection = (change: object) => ({
  connection: { ice: 'connected', dtls: 'connected', received: 56, sent: 50, ...change },
});

const CASES: readonly [
  name: string,
  facts: MediaFacts,
  code: string | undefined,
  sentence: string,
][] = [
  [
    'the engine is gone',
    { ...NOBODY, engine: 'unreachable' },
    'RTPENGINE_UNREACHABLE',
    'does not answer',
  ],
  [
    'the engine was restarted',
    { ...NOBODY, engine: 'forgotten' },
    'MEDIA_ENGINE_LOST',
    'started anew',
  ],
  [
    'ICE does not get through',
    {
      ...GOOD,
      ...page({ packets: 0, dtls: false }),
      ...connection({ ice: 'checking', dtls: 'new' }),
    },
    'MEDIA_NO_ICE',
    "The phone's RTP arrives (57 packets), Chrome's ICE checks never reached the media engine (ICE is checking)",
  ],
  [
    'neither ICE nor the phone',
    {
      ...GOOD,
      ...phone({ packets: 0 }),
      ...page({ packets: 0, dtls: false }),
      ...connection({ ice: 'failed', dtls: 'new', received: 0 }),
    },
    'MEDIA_NO_ICE',
    "The phone's RTP does not arrive either, and Chrome's ICE checks",
  ],
  [
    'DTLS does not finish',
    { ...GOOD, ...page({ packets: 0, dtls: false }), ...connection({ dtls: 'connecting' }) },
    'MEDIA_NO_DTLS',
    "The phone's RTP arrives (57 packets), Chrome's DTLS handshake never finished (ICE is connected, DTLS connecting)",
  ],
  [
    'DTLS does not finish, and the page is silent about it',
    { ...GOOD, ...page({ packets: 0, dtls: false }), connection: undefined },
    'MEDIA_NO_DTLS',
    "Chrome's DTLS handshake never finished:",
  ],
  [
    'the phone sends nothing',
    { ...GOOD, phone: { packets: 0, silentMs: 3000, endpoint: '192.168.1.20:4000' } },
    'MEDIA_NO_PHONE_RTP',
    'No RTP arrives from the phone, while Chrome is connected',
  ],
  [
    '… and says where it is',
    { ...GOOD, ...phone({ packets: 0, endpoint: '10.0.0.9:4000' }) },
    'MEDIA_NO_PHONE_RTP',
    '(its own SDP says 10.0.0.9:4000)',
  ],
  [
    'the engine does not forward',
    { ...GOOD, ...connection({ received: 0 }) },
    'MEDIA_NOT_FORWARDED',
    '(57 packets) and none of it at Chrome',
  ],
  [
    'nothing more comes out of Chrome',
    { ...GOOD, isStuck: true },
    'MEDIA_NOT_FORWARDED',
    'nothing more of it comes out of Chrome',
  ],
  [
    'Chrome sends nothing',
    { ...GOOD, ...page({ packets: 0 }), ...connection({ sent: 0 }) },
    'MEDIA_NO_PAGE_RTP',
    'Chrome is connected and sends no RTP',
  ],
  [
    'what Chrome sends is lost',
    { ...GOOD, ...page({ packets: 0 }) },
    'MEDIA_NO_PAGE_RTP',
    'Chrome has sent 50 RTP packets and none of them reached',
  ],
  [
    'the phone went silent',
    { ...GOOD, ...phone({ silentMs: 12_300 }) },
    'MEDIA_SILENT',
    'from the phone for 12 s',
  ],
  [
    'the page went silent',
    { ...GOOD, ...page({ silentMs: 10_000 }) },
    'MEDIA_SILENT',
    'from Chrome for 10 s',
  ],
  ['all is well', GOOD, undefined, 'Audio flows both ways.'],
  ['two phones are well', { ...NOBODY, ...phone({}) }, undefined, 'Audio flows'],
  [
    'a held call may be silent',
    {
      ...GOOD,
      isHeld: true,
      ...phone({ packets: 0, silentMs: 60_000 }),
      ...page({ silentMs: 60_000 }),
    },
    undefined,
    'Audio flows',
  ],
];

describe('diagnosis of media', () => {
  test.each(CASES)('%s', (_name, facts, code, sentence) => {
    const verdict = diagnoseMedia(facts);
    expect(verdict.code).toBe(code);
    expect(verdict.sentence).toContain(sentence);
    expect(verdict.state).toBe(
      code === undefined
        ? 'flowing'
        : code === 'MEDIA_SILENT' || facts.isStuck
          ? 'silent'
          : 'failed',
    );
  });

  test('every row is the answer to some case', () => {
    const used = new Set(CASES.map(([, facts]) => ROWS.find(({ holds }) => holds(facts))));
    used.delete(undefined);
    expect([...used]).toHaveLength(ROWS.length);
  });
});
