/** The sentences and figures the page shows: why a call ended, what is odd about one, numbers. */
import { describe, expect, test } from 'vitest';
import { NO_COUNTERS } from '../../../common/figures.ts';
import { diagnose, type CallFacts } from '../../../web/bridge/diagnosis.ts';
import { formatBytes, formatDbfs, formatDuration, formatMs } from '../../../web/bridge/format.ts';
import { findUnsupported } from '../../../web/media/support.ts';
import { endSentence, reasonText } from '../../../web/phone/end-cause.ts';
import { refusal } from '../../../web/phone/registration.ts';

const COUNTERS = { ...NO_COUNTERS, framesToAgent: 600, packets: 600, bytesFromAgent: 1 };

describe('diagnose', () => {
  const facts: CallFacts = {
    answeredMs: 12_000,
    counters: COUNTERS,
    socket: { state: 'open', sentence: '' },
    remarks: [],
    bridgeRemarks: new Map(),
  };

  test('has nothing to say about a call that does well', () => {
    expect(diagnose(facts)).toEqual([]);
  });

  test('says when the phone sends nothing', () => {
    const [remark] = diagnose({ ...facts, counters: { ...COUNTERS, packets: 0 } });
    expect(remark?.sentence).toMatch(/^No audio arrives from the phone/);
    expect(remark?.code).toBe('MEDIA_NO_PHONE_RTP');
  });

  test('repeats why the agent is gone, and what the worker has noticed of it', () => {
    const socket = { state: 'reconnecting', sentence: 'It crashed.' } as const;
    const remarks = [{ code: 'AGENT_SLOW', sentence: 'It is slow.' }] as const;
    const bridgeRemarks = new Map([
      ['AGENT_SLOW', 'It is slow.'],
      ['AGENT_SILENCE', 'It is silent.'],
    ] as const);
    const found = diagnose({ ...facts, socket, remarks, bridgeRemarks });
    expect(found.map(({ sentence, code }) => [sentence, code])).toEqual([
      ['It crashed.', undefined],
      ['It is slow.', 'AGENT_SLOW'],
      ['It is silent.', 'AGENT_SILENCE'],
    ]);
  });
});

describe('endSentence', () => {
  test.each([
    [{ originator: 'local', cause: 'Terminated', answered: true }, 'Hung up on this page.'],
    [{ originator: 'remote', cause: 'Terminated', answered: true }, 'The caller hung up.'],
    [
      { originator: 'remote', cause: 'Canceled', answered: false },
      'The caller gave up before the answer.',
    ],
    [
      {
        originator: 'remote',
        cause: 'Terminated',
        answered: true,
        reason: 'Q.850;cause=16;text="The bridge \\"stops\\""',
      },
      'Ended by the far end: The bridge "stops".',
    ],
    [
      {
        originator: 'remote',
        cause: 'Terminated',
        answered: true,
        reason: 'SIP;cause=200;text="ACK-BYE due to cancel race condition"',
      },
      'The call was taken back just as this page answered it.',
    ],
    [
      { originator: 'system', cause: 'WebRTC Error', answered: false },
      'Ended by the page: WebRTC Error.',
    ],
  ])('%o', (facts, sentence) => {
    expect(endSentence(facts)).toBe(sentence);
  });

  test('takes the number when a Reason header has no text', () => {
    expect(reasonText('SIP ;cause=408')).toBe('cause 408');
    expect(reasonText('SIP;text=""')).toBeUndefined();
    expect(reasonText(undefined)).toBeUndefined();
  });
});

test('a refused registration names status and reason, an unanswered one says so', () => {
  expect(refusal(403, 'Forbidden', 'Rejected')).toBe(
    'The registrar refused the page: 403 Forbidden.',
  );
  expect(refusal(undefined, undefined, 'Request Timeout')).toBe(
    'The registrar gave no answer (Request Timeout).',
  );
});

describe('findUnsupported', () => {
  const all = {
    RTCPeerConnection: 1,
    WebSocket: 1,
    Worker: 1,
    AudioData: 1,
    MediaStreamTrackGenerator: 1,
    RTCRtpScriptTransform: 1,
  };

  test('is content with one way to capture', () => {
    expect(findUnsupported(all)).toBeUndefined();
    const { RTCRtpScriptTransform, ...rest } = all;
    expect(findUnsupported({ ...rest, MediaStreamTrackProcessor: RTCRtpScriptTransform })).toBe(
      undefined,
    );
  });

  test('names every API that is missing and what to do', () => {
    const problem = findUnsupported(
      { RTCPeerConnection: 1, WebSocket: 1, Worker: 1, AudioData: 1 },
      'Mozilla/5.0 Chrome/90.0.0.0 Safari/537.36',
    );
    expect(problem?.code).toBe('BROWSER_UNSUPPORTED');
    expect(problem?.message).toMatch(/^This browser has no MediaStreamTrackGenerator/);
    expect(problem?.message).toContain('no RTCRtpScriptTransform or MediaStreamTrackProcessor');
    expect(problem?.message).toContain('Chrome or Edge');
  });

  // What each of them had in 2026.
  test.each([
    [
      'Firefox',
      'Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0',
      ['RTCRtpScriptTransform', 'AudioData'],
    ],
    [
      'Safari',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.2 Safari/605.1.15',
      ['RTCRtpScriptTransform', 'AudioData'],
    ],
  ])('says in a sentence what %s lacks', (name, userAgent, has) => {
    const scope = { RTCPeerConnection: 1, WebSocket: 1, Worker: 1 };
    const own = Object.fromEntries(has.map((each) => [each, 1]));
    expect(findUnsupported({ ...scope, ...own }, userAgent)?.message).toBe(
      `${name} has no MediaStreamTrackGenerator, with which the agent’s voice is put into the call.` +
        ' Everything is shown here, but no call is answered: open this page in Chrome or Edge 110 or' +
        ' newer at http://localhost or over https.',
    );
    expect(findUnsupported({ ...scope, ...own, MediaStreamTrackGenerator: 1 })).toBeUndefined();
  });
});

describe('figures', () => {
  test('durations', () => {
    expect([0, 999, 61_000, 3_600_000 + 125_000].map(formatDuration)).toEqual([
      '00:00',
      '00:00',
      '01:01',
      '1:02:05',
    ]);
  });

  test('bytes, times and levels', () => {
    expect([0, 1_023, 1_024, 3 * 1_024 * 1_024].map(formatBytes)).toEqual([
      '0 B',
      '1023 B',
      '1.0 kB',
      '3.0 MB',
    ]);
    expect([40, 999, 1_000, 12_345].map(formatMs)).toEqual(['40 ms', '999 ms', '1.0 s', '12.3 s']);
    expect([0, -12.4, -100].map(formatDbfs)).toEqual(['0', '−12', '−∞']);
  });
});
