import { describe, expect, it } from 'vitest';
import { Complaints, SourceRates } from '../../../signaling/sip/limits.ts';
import { parseMessage } from '../../../signaling/sip/message.ts';
import { TransactionLayer, type LayerOptions } from '../../../signaling/sip/transaction-layer.ts';
import type { Flow } from '../../../signaling/sip/transport.ts';
import { Clock } from './clock.ts';

interface Bench {
  layer: TransactionLayer;
  requests: string[];
  out: string[];
  lines: string[];
  clock: { now: number };
  receive: (text: string, from?: string) => void;
}

function bench(options: Partial<LayerOptions>): Bench {
  const requests: string[] = [];
  const out: string[] = [];
  const lines: string[] = [];
  const clock = { now: 0 };
  const layer = new TransactionLayer({
    after: new Clock().after,
    now: () => clock.now,
    log: (level, message, fields) => {
      if (level !== 'debug') lines.push(`${level} ${fields?.code ?? ''} ${message}`);
    },
    onRequest: ({ request }) => requests.push(request.method),
    onAck: () => undefined,
    ...options,
  });
  const flowFrom = (address: string): Flow => ({
    protocol: 'udp',
    remote: { address, port: 4000 },
    local: { address: '192.0.2.9', port: 5060 },
    closed: false,
    send: (data) => out.push(data.toString()),
    onClose: () => () => undefined,
  });
  return {
    layer,
    requests,
    out,
    lines,
    clock,
    receive: (text, from = '192.0.2.7') => layer.message(Buffer.from(text), flowFrom(from)),
  };
}

let branch = 0;
const request = (method: string, headers = '', to = ''): string =>
  `${method} sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK${branch++}\r\n` +
  `From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>${to}\r\nCall-ID: c\r\nCSeq: 1 ${method}\r\n${headers}\r\n`;

const statusOf = (text = ''): string => text.split(' ')[1] ?? '';

describe('what is too large', () => {
  it('more headers than are accepted: 513, counted, one line in the log', () => {
    const { layer, receive, requests, out, lines } = bench({ limits: { headers: 8 } });
    receive(request('OPTIONS', 'X: 1\r\n'.repeat(3)));
    for (let i = 0; i < 50; i++) receive(request('OPTIONS', 'X: 1\r\n'.repeat(4)));
    expect(requests).toEqual(['OPTIONS']);
    expect(out.map(statusOf)).toEqual(Array(50).fill('513'));
    expect(layer.counters).toMatchObject({ tooLarge: 50, malformed: 0 });
    expect(lines).toEqual(['warn SIP_TOO_LARGE A SIP message has more than 8 headers.']);
  });

  it('more bytes than are accepted', () => {
    const { layer, receive, requests, out } = bench({ limits: { messageBytes: 400 } });
    receive(request('OPTIONS', `X: ${'y'.repeat(500)}\r\n`));
    expect(requests).toEqual([]);
    expect(out.map(statusOf)).toEqual(['513']);
    expect(layer.counters.tooLarge).toBe(1);
  });
});

describe('messages per source and second', () => {
  it('drops what is over, from that source only, and lets it in again later', () => {
    const { layer, receive, requests, lines, clock } = bench({ limits: { messagesPerSecond: 10 } });
    for (let i = 0; i < 25; i++) receive(request('OPTIONS'));
    receive(request('OPTIONS'), '192.0.2.8');
    expect(requests).toHaveLength(11);
    expect(layer.counters.flooded).toBe(15);
    clock.now += 500;
    for (let i = 0; i < 25; i++) receive(request('OPTIONS'));
    expect(requests).toHaveLength(16);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('SIP_FLOOD 192.0.2.7 sends more than 10');
  });

  it('does not limit this machine itself unless told', () => {
    const { receive, requests } = bench({ limits: { messagesPerSecond: 1 } });
    for (let i = 0; i < 5; i++) receive(request('OPTIONS'), '127.0.0.1');
    expect(requests).toHaveLength(5);
    const strict = bench({ limits: { messagesPerSecond: 1 }, exempt: () => false });
    for (let i = 0; i < 5; i++) strict.receive(request('OPTIONS'), '127.0.0.1');
    expect(strict.requests).toHaveLength(1);
  });

  it('remembers no more than ten thousand sources', () => {
    const rates = new SourceRates(5, () => 0);
    for (let i = 0; i < 30_000; i++) rates.admits(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    expect(rates.size).toBe(10_000);
  });
});

describe('transactions under way', () => {
  it('new ones get 503 with Retry-After, what belongs to a call is let in', () => {
    const { layer, receive, requests, out, lines } = bench({ limits: { transactions: 3 } });
    for (let i = 0; i < 5; i++) receive(request('OPTIONS'));
    expect(requests).toHaveLength(3);
    expect(out.map(statusOf)).toEqual(['503', '503']);
    expect(parseMessage(Buffer.from(out[0] ?? '')).headers.get('retry-after')).toBe('10');
    receive(request('BYE', '', ';tag=x'));
    expect(requests.at(-1)).toBe('BYE');
    for (let i = 0; i < 5; i++) receive(request('BYE', '', ';tag=x'));
    expect(layer.size).toBe(6);
    expect(layer.counters.overloaded).toBe(5);
    expect(lines).toHaveLength(1);
    layer.close();
    receive(request('OPTIONS'));
    expect(requests.at(-1)).toBe('OPTIONS');
  });
});

describe('Complaints', () => {
  it('says each kind every ten seconds, with how often it was unsaid', () => {
    const said: unknown[] = [];
    let now = 0;
    const complaints = new Complaints(
      (_level, message, fields) => said.push([message, fields]),
      () => now,
    );
    complaints.say('SIP_FLOOD', 'a');
    complaints.say('SIP_FLOOD', 'b');
    complaints.say('SIP_OVERLOAD', 'c');
    now = 9_999;
    complaints.say('SIP_FLOOD', 'd');
    now = 10_000;
    complaints.say('SIP_FLOOD', 'e', { peer: 'x' });
    expect(said).toEqual([
      ['a', { code: 'SIP_FLOOD' }],
      ['c', { code: 'SIP_OVERLOAD' }],
      ['e', { code: 'SIP_FLOOD', unsaid: 2, peer: 'x' }],
    ]);
  });
});

it('a response is never answered, however wrong it is', () => {
  const { out, receive, layer } = bench({});
  receive('SIP/2.0 999 x\r\nVia: x\r\n\r\n');
  expect(out).toEqual([]);
  expect(layer.counters.malformed).toBe(1);
});
