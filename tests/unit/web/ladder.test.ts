/** The SIP ladder: who stands where, what travels when, and offer beside answer. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SipEvent } from '../../../common/events.ts';
import { ladderOf } from '../../../web/ladder/ladder.ts';
import { readSip } from '../../../web/ladder/message.ts';
import { compareSdp, pairOf } from '../../../web/ladder/offer-answer.ts';

const OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 192.0.2.7',
  's=pjmedia',
  'm=audio 4000 RTP/AVP 8 0 101',
  'c=IN IP4 192.0.2.7',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=sendrecv',
].join('\r\n');
const ANSWER = [
  'v=0',
  'o=- 7 7 IN IP4 192.0.2.1',
  's=pjmedia',
  'm=audio 30000 RTP/AVP 8 101',
  'c=IN IP4 192.0.2.1',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=recvonly',
  'a=ptime:20',
].join('\r\n');

let clock = Date.parse('2026-01-01T00:00:00Z');

function message(
  way: string,
  sipCallId: string,
  start: string,
  cseq = '1 INVITE',
  sdp = '',
): SipEvent {
  const leg = way.includes('page') ? 'page' : 'phone';
  const head = [start, `i: ${sipCallId}`, `CSeq: ${cseq}`];
  if (sdp !== '') head.push('c: application/sdp');
  clock += 5;
  return {
    type: 'sip',
    at: new Date(clock).toISOString(),
    callId: 'A',
    sipCallId,
    leg,
    direction: way.startsWith('from') ? 'in' : 'out',
    transport: leg === 'page' ? 'ws' : 'udp',
    local: '192.0.2.1:5060',
    remote: leg === 'page' ? '127.0.0.1:40000' : '192.0.2.7:5062',
    summary: start.replace(/ ?SIP\/2\.0 ?/, ''),
    text: `${head.join('\r\n')}\r\n\r\n${sdp}`,
  };
}

const CALL: readonly SipEvent[] = [
  message('from phone', 'A', 'INVITE sip:1000@bridge SIP/2.0', '1 INVITE', OFFER),
  message('to phone', 'A', 'SIP/2.0 100 Trying'),
  message('to page', 'B', 'INVITE sip:page@x SIP/2.0', '1 INVITE', OFFER),
  message('to page', 'C', 'INVITE sip:page@y SIP/2.0', '1 INVITE', OFFER),
  message('from page', 'C', 'SIP/2.0 486 Busy Here'),
  message('from page', 'B', 'SIP/2.0 200 OK', '1 INVITE', ANSWER),
  message('to phone', 'A', 'SIP/2.0 200 OK', '1 INVITE', ANSWER),
  message('from phone', 'A', 'ACK sip:bridge SIP/2.0', '1 ACK'),
  // The bridge numbers its own requests, and may begin with the same number.
  message('to phone', 'A', 'INVITE sip:phone SIP/2.0', '1 INVITE'),
  message('from phone', 'A', 'SIP/2.0 200 OK', '1 INVITE', OFFER),
  message('to phone', 'A', 'ACK sip:phone SIP/2.0', '1 ACK', ANSWER),
];

describe('ladderOf', () => {
  const { columns, rungs } = ladderOf('A', CALL);

  test('has the phone on the left, the bridge beside it, then each page by itself', () => {
    expect(columns).toEqual([
      { name: 'phone', place: 'UDP 192.0.2.7:5062', sipCallId: 'A' },
      { name: 'bridge', place: '', sipCallId: '' },
      { name: 'page 1', place: 'WS 127.0.0.1:40000', sipCallId: 'B' },
      { name: 'page 2', place: 'WS 127.0.0.1:40000', sipCallId: 'C' },
    ]);
  });

  test('has every message in order, with its time, its way and what it is', () => {
    expect(rungs.slice(0, 6).map(({ ms, from, to, kind, words }) => [ms, from, to, kind, words])) //
      .toEqual([
        [0, 0, 1, 'request', 'phone to bridge'],
        [5, 1, 0, 'ringing', 'bridge to phone'],
        [10, 1, 2, 'request', 'bridge to page 1'],
        [15, 1, 3, 'request', 'bridge to page 2'],
        [20, 3, 1, 'failure', 'page 2 to bridge'],
        [25, 2, 1, 'success', 'page 1 to bridge'],
      ]);
  });

  test('of a call that the page made, the page is on the left', () => {
    const swapped = CALL.slice(0, 7).map((each) => ({ ...each, callId: 'B' }));
    expect(ladderOf('B', swapped).columns.map(({ name }) => name)).toEqual([
      'page',
      'bridge',
      'phone',
      'page',
    ]);
  });

  test('of nothing is nothing', () => {
    expect(ladderOf('A', [])).toEqual({ columns: [], rungs: [] });
  });
});

describe('pairOf', () => {
  const { rungs } = ladderOf('A', CALL);
  const pairAt = (index: number) => {
    const chosen = rungs[index];
    const pair = chosen && pairOf(rungs, chosen);
    return pair && [rungs.indexOf(pair.offer), rungs.indexOf(pair.answer)];
  };

  test('finds the other half on the same leg, from either half', () => {
    expect(pairAt(0)).toEqual([0, 6]);
    expect(pairAt(6)).toEqual([0, 6]);
    expect(pairAt(2)).toEqual([2, 5]);
  });

  test('an INVITE without SDP is offered to by its response and answered by its ACK', () => {
    expect(pairAt(9)).toEqual([9, 10]);
    expect(pairAt(10)).toEqual([9, 10]);
  });

  test('there is none without SDP, or without an answer', () => {
    expect(pairAt(1)).toBeUndefined();
    expect(pairAt(3)).toBeUndefined();
  });
});

describe('compareSdp', () => {
  test('pairs lines by what they are about, and says how they differ', () => {
    const rows = compareSdp(OFFER, ANSWER);
    expect(rows.map(({ mark, offer, answer }) => [mark, offer ?? answer])).toEqual([
      ['same', 'v=0'],
      ['changed', 'o=- 1 1 IN IP4 192.0.2.7'],
      ['same', 's=pjmedia'],
      ['changed', 'm=audio 4000 RTP/AVP 8 0 101'],
      ['changed', 'c=IN IP4 192.0.2.7'],
      ['same', 'a=rtpmap:8 PCMA/8000'],
      ['offered', 'a=rtpmap:0 PCMU/8000'],
      ['same', 'a=rtpmap:101 telephone-event/8000'],
      ['same', 'a=fmtp:101 0-16'],
      ['changed', 'a=sendrecv'],
      ['answered', 'a=ptime:20'],
    ]);
  });

  test('shows every line of both, once, whatever they are', () => {
    const line = fc.stringMatching(/^[a-z]=[ -~]{0,20}$/);
    const sdp = fc.array(line).map((lines) => lines.join('\r\n'));
    fc.assert(
      fc.property(sdp, sdp, (offer, answer) => {
        const rows = compareSdp(offer, answer);
        const lines = (text: string) => text.split('\r\n').filter((each) => each !== '');
        const shown = (side: 'offer' | 'answer') => rows.flatMap((row) => row[side] ?? []);
        expect(shown('offer')).toEqual(lines(offer));
        expect(shown('answer').toSorted()).toEqual(lines(answer).toSorted());
      }),
    );
  });
});

describe('readSip', () => {
  test('knows short names and joins folded lines', () => {
    const sip = readSip(
      'SIP/2.0 183 Session Progress\r\nv: SIP/2.0/UDP a,\r\n  SIP/2.0/UDP b\r\nCSeq: 4 INVITE\r\n\r\n',
    );
    expect(sip).toMatchObject({ status: 183, method: 'INVITE', cseq: 4, hasSdp: false, body: '' });
    expect(sip.headers[0]).toEqual({ name: 'Via', value: 'SIP/2.0/UDP a, SIP/2.0/UDP b' });
  });

  test('takes any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof readSip(text).start).toBe('string');
      }),
    );
  });
});
