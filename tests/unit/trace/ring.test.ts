import { describe, expect, it } from 'vitest';
import type { TracedMessage } from '../../../signaling/sip/trace.ts';
import { eventOf, TraceRing } from '../../../signaling/trace/ring.ts';
import { ladderOf } from '../../../signaling/trace/ladder.ts';

const PHONE = { address: '127.0.0.1', port: 5070 };
const PAGE = { address: '127.0.0.1', port: 40000 };
const SIP = { address: '127.0.0.1', port: 5060 };
const WS = { address: '127.0.0.1', port: 5061 };

let at = 1000;

function message(
  startLine: string,
  callId: string,
  options: Partial<TracedMessage> & { headers?: string[] } = {},
): TracedMessage {
  const { headers = [], ...rest } = options;
  const method = startLine.split(' ')[0] ?? '';
  return {
    at: at++,
    direction: 'in',
    protocol: 'udp',
    local: SIP,
    remote: PHONE,
    text: [
      startLine,
      `Call-ID: ${callId}`,
      `CSeq: 1 ${method.startsWith('SIP') ? 'INVITE' : method}`,
      ...headers,
      '',
      '',
    ].join('\r\n'),
    ...rest,
  };
}

const toPage = { direction: 'out', protocol: 'ws', local: WS, remote: PAGE } as const;

/** An INVITE of the phone, the one to the page, and the page's answer. */
function call(ring: TraceRing, id: string): void {
  ring.add(message('INVITE sip:100@127.0.0.1 SIP/2.0', id));
  ring.add(
    message('INVITE sip:page@x.invalid SIP/2.0', `${id}-page`, {
      ...toPage,
      headers: [`X-Bridge-Call-ID: ${id}`],
    }),
  );
  ring.add(message('SIP/2.0 200 OK', `${id}-page`, { ...toPage, direction: 'in' }));
  ring.add(message('SIP/2.0 200 OK', id, { direction: 'out' }));
}

describe('TraceRing', () => {
  it('finds both legs of a call under its id, in order, and nothing of another', () => {
    const ring = new TraceRing();
    call(ring, 'one');
    call(ring, 'two');
    const found = ring.of('one').map(eventOf);
    expect(found.map(({ leg, direction, summary }) => [leg, direction, summary])).toEqual([
      ['phone', 'in', 'INVITE sip:100@127.0.0.1'],
      ['page', 'out', 'INVITE sip:page@x.invalid'],
      ['page', 'in', '200 OK (INVITE)'],
      ['phone', 'out', '200 OK (INVITE)'],
    ]);
    expect(found.map(({ callId }) => callId)).toEqual(['one', 'one', 'one', 'one']);
    expect(found[1]).toMatchObject({
      type: 'sip',
      sipCallId: 'one-page',
      transport: 'ws',
      local: '127.0.0.1:5061',
      remote: '127.0.0.1:40000',
    });
  });

  it('does not believe a phone that claims another call', () => {
    const ring = new TraceRing();
    ring.add(message('INVITE sip:1@h SIP/2.0', 'mine', { headers: ['X-Bridge-Call-ID: yours'] }));
    expect(ring.of('yours')).toEqual([]);
  });

  it('knows compact and folded Call-IDs', () => {
    const ring = new TraceRing();
    ring.add({
      ...message('OPTIONS sip:x SIP/2.0', 'x'),
      text: 'OPTIONS sip:x SIP/2.0\r\ni :\r\n folded@x\r\n\r\n',
    });
    expect(ring.of('folded@x')).toHaveLength(1);
  });

  it('takes a leg that is tied by hand', () => {
    const ring = new TraceRing();
    ring.add(message('INVITE sip:1@h SIP/2.0', 'leg', { direction: 'out' }));
    ring.tie('call', 'leg', 'page');
    ring.add(message('ACK sip:1@h SIP/2.0', 'leg', { direction: 'out' }));
    expect(ring.of('call').map(({ leg, callId }) => [leg, callId])).toEqual([
      ['page', 'call'],
      ['page', 'call'],
    ]);
  });

  it('keeps a leg that has gone over to another call with both', () => {
    const ring = new TraceRing();
    ring.tie('first', 'leg', 'phone');
    ring.add(message('INVITE sip:1@h SIP/2.0', 'leg', { direction: 'out' }));
    ring.tie('second', 'leg', 'phone');
    ring.add(message('BYE sip:1@h SIP/2.0', 'leg', { direction: 'out' }));
    expect(ring.of('first')).toHaveLength(2);
    expect(ring.of('second').map(({ callId }) => callId)).toEqual(['second', 'second']);
  });

  it('is bounded by messages: the oldest go, their index with them', () => {
    const ring = new TraceRing({ maxMessages: 6 });
    for (let i = 0; i < 5000; i++) call(ring, `c${i}`);
    expect(ring.size).toBe(6);
    expect(ring.of('c4999')).toHaveLength(4);
    expect(ring.of('c4998')).toHaveLength(2);
    expect(ring.of('c4997')).toEqual([]);
  });

  it('is bounded by bytes', () => {
    const ring = new TraceRing({ maxBytes: 10_000 });
    for (let i = 0; i < 100; i++)
      ring.add(message('MESSAGE sip:x SIP/2.0', `m${i}`, { headers: [`X: ${'y'.repeat(1000)}`] }));
    expect(ring.usedBytes).toBeLessThanOrEqual(10_000);
    expect(ring.size).toBeGreaterThan(5);
    expect(ring.of('m99')).toHaveLength(1);
  });

  it('stores no secret', () => {
    const seen: string[] = [];
    const ring = new TraceRing({ onEntry: ({ text }) => seen.push(text) });
    ring.add(
      message('REGISTER sip:h SIP/2.0', 'r', { headers: ['Authorization: Digest response="abc"'] }),
    );
    expect(ring.of('r')[0]?.text).toContain('response="***"');
    expect(seen[0]).toBe(ring.of('r')[0]?.text);
  });
});

describe('the ladder', () => {
  it('shows who said what to whom, and each message in full', () => {
    at = Date.UTC(2026, 0, 2, 3, 4, 5);
    const ring = new TraceRing();
    call(ring, 'abc');
    const text = ladderOf('abc', ring.of('abc'));
    expect(
      text
        .split('\n')
        .slice(0, 9)
        .map((line) => line.trimEnd()),
    ).toEqual([
      'Call abc, from 2026-01-02T03:04:05.000Z',
      '',
      `${' '.repeat(14)}phone${' '.repeat(39)}bridge${' '.repeat(40)}page`,
      `${' '.repeat(7)}udp/127.0.0.1:5070${' '.repeat(72)}ws/127.0.0.1:40000`,
      '                │                                            │                                            │',
      '     +0 ms   #1 │── INVITE sip:100@127.0.0.1 ───────────────▶│                                            │',
      '     +1 ms   #2 │                                            │── INVITE sip:page@x.invalid ──────────────▶│',
      '     +2 ms   #3 │                                            │◀─ 200 OK (INVITE) ─────────────────────────│',
      '     +3 ms   #4 │◀─ 200 OK (INVITE) ─────────────────────────│                                            │',
    ]);
    expect(text).toContain(
      '#2  2026-01-02T03:04:05.001Z  to the page at ws/127.0.0.1:40000\n\nINVITE sip:page@x.invalid SIP/2.0\nCall-ID: abc-page\n',
    );
  });

  it('says so when nothing is kept', () => {
    expect(ladderOf('x', [])).toBe('No message of call x is kept.\n');
  });
});
