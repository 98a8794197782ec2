import { beforeEach, describe, expect, it } from 'vitest';
import { cancelOf, responseTo } from '../../../signaling/sip/build.ts';
import { Headers } from '../../../signaling/sip/headers.ts';
import { SipRequest } from '../../../signaling/sip/message.ts';
import type { ServerTransaction } from '../../../signaling/sip/server-transaction.ts';
import { addVia, TransactionLayer } from '../../../signaling/sip/transaction-layer.ts';
import type { TracedMessage } from '../../../signaling/sip/trace.ts';
import type { Flow } from '../../../signaling/sip/transport.ts';
import { Clock } from './clock.ts';

const flow: Flow = {
  protocol: 'udp',
  remote: { address: '192.0.2.7', port: 4000 },
  local: { address: '192.0.2.9', port: 5080 },
  closed: false,
  send: (data) => out.push(data.toString()),
  onClose: () => () => undefined,
};

let out: string[] = [];
let requests: ServerTransaction[];
let acks: SipRequest[];
let stray: number;
let trace: TracedMessage[];
let layer: TransactionLayer;
let clock: Clock;

beforeEach(() => {
  out = [];
  requests = [];
  acks = [];
  stray = 0;
  trace = [];
  clock = new Clock();
  layer = new TransactionLayer({
    after: clock.after,
    onRequest: (transaction) => requests.push(transaction),
    onAck: (ack) => acks.push(ack),
    onStray: () => stray++,
    trace: (message) => trace.push(message),
  });
});

function text(method: string, branch = 'z9hG4bK1', headers = ''): string {
  return (
    `${method} sip:a@192.0.2.9 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.7:5060;branch=${branch}\r\n` +
    `From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>\r\nCall-ID: c\r\nCSeq: 1 ${method}\r\n${headers}` +
    'Content-Length: 0\r\n\r\n'
  );
}

const receive = (message: string): void => layer.message(Buffer.from(message), flow);

describe('TransactionLayer', () => {
  it('opens one transaction per request and answers repetitions from it', () => {
    receive(text('OPTIONS'));
    receive(text('OPTIONS'));
    expect(requests).toHaveLength(1);
    requests[0]?.respond(responseTo(requests[0].request, 200, { toTag: 't' }));
    receive(text('OPTIONS'));
    expect(out).toHaveLength(2);
    expect(out[0]).toBe(
      'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK1;received=192.0.2.7;rport=4000\r\n' +
        'From: <sip:b@h>;tag=1\r\nTo: <sip:a@h>;tag=t\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n',
    );
    expect(layer.counters).toMatchObject({ received: 3, sent: 2, repeated: 2 });
  });

  it('stamps only the first of several Vias on a line', () => {
    receive(
      text('OPTIONS').replace(';branch=z9hG4bK1', ';branch=z9hG4bK1, SIP/2.0/TCP p;branch=q'),
    );
    expect(requests[0]?.request.headers.get('via')).toBe(
      'SIP/2.0/UDP 10.0.0.7:5060;branch=z9hG4bK1;received=192.0.2.7;rport=4000, SIP/2.0/TCP p;branch=q',
    );
  });

  it.each(['z9hG4bK1', 'old'])('finds INVITE, ACK and CANCEL of branch %s together', (branch) => {
    receive(text('INVITE', branch));
    receive(text('CANCEL', branch));
    const [invite, cancel] = requests;
    if (!invite || !cancel) throw new Error('missing');
    expect(layer.inviteOf(cancel.request)).toBe(invite);
    invite.respond(responseTo(invite.request, 487, { toTag: 't' }));
    receive(text('ACK', branch));
    expect(acks).toHaveLength(0);
    expect(invite.state).toBe('confirmed');
  });

  it('passes the ACK of a 2xx up', () => {
    receive(text('INVITE'));
    requests[0]?.respond(responseTo(requests[0].request, 200, { toTag: 't' }));
    receive(text('ACK', 'z9hG4bK2'));
    receive(text('ACK', 'z9hG4bK1'));
    expect(acks).toHaveLength(2);
  });

  it('matches responses by branch and method: the 200 of a CANCEL is not the INVITE’s', () => {
    const got: string[] = [];
    const events = (name: string) => ({
      response: ({ status }: { status: number }) => got.push(`${name} ${status}`),
      timeout: () => undefined,
      failed: () => undefined,
    });
    const invite = new SipRequest('INVITE', 'sip:x@h', new Headers());
    invite.headers.add('From', '<sip:a@h>;tag=1').add('To', '<sip:x@h>').add('Call-ID', 'i');
    invite.headers.add('CSeq', '5 INVITE');
    addVia(invite, flow, 'z9hG4bKown');
    expect(invite.headers.get('via')).toBe('SIP/2.0/UDP 192.0.2.9:5080;rport;branch=z9hG4bKown');
    layer.request(invite, flow, events('invite'));
    const cancel = cancelOf(invite);
    layer.request(cancel, flow, events('cancel'));
    receive(responseTo(cancel, 200, { toTag: 't' }).toString());
    receive(responseTo(invite, 487, { toTag: 't' }).toString());
    expect(got).toEqual(['cancel 200', 'invite 487']);
    receive(responseTo(invite, 200).toString().replace('z9hG4bKown', 'z9hG4bKother'));
    expect(stray).toBe(1);
  });

  it.each([
    ['no CSeq', text('OPTIONS').replace(/CSeq.*\r\n/, ''), 'SIP/2.0 400'],
    ['body too short', text('OPTIONS').replace('Length: 0', 'Length: 9'), 'SIP/2.0 400'],
    ['another version', text('OPTIONS').replace('SIP/2.0\r\n', 'SIP/7.0\r\n'), 'SIP/2.0 505'],
  ])('answers %s', (_what, message, start) => {
    receive(message);
    expect(requests).toHaveLength(0);
    expect(out).toHaveLength(1);
    expect(out[0]).toMatch(new RegExp(`^${start}`));
  });

  it.each([
    ['garbage', 'hello\r\n\r\n'],
    ['a request without Via', text('OPTIONS').replace(/Via.*\r\n/, '')],
    ['a malformed ACK', text('ACK').replace(/CSeq.*\r\n/, '')],
    ['a malformed response', 'SIP/2.0 200 OK\r\nCall-ID: c\r\n\r\n'],
  ])('drops and counts %s', (_what, message) => {
    receive(message);
    expect(out).toEqual([]);
    expect(layer.counters.malformed).toBe(1);
  });

  it('traces every message in and out and releases all on close', () => {
    receive(text('INVITE'));
    requests[0]?.respond(responseTo(requests[0].request, 486));
    expect(trace.map(({ direction, text: t }) => `${direction} ${t.slice(0, 11)}`)).toEqual([
      'in INVITE sip:',
      'out SIP/2.0 486',
    ]);
    expect(layer.size).toBe(1);
    layer.close();
    expect(layer.size).toBe(0);
    expect(clock.pending).toBe(0);
  });
});
