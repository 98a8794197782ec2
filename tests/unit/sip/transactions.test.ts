import { beforeEach, describe, expect, it } from 'vitest';
import { responseTo } from '../../../signaling/sip/build.ts';
import {
  InviteClientTransaction,
  NonInviteClientTransaction,
  type ClientTransaction,
  type TransactionHost,
} from '../../../signaling/sip/client-transaction.ts';
import { Headers } from '../../../signaling/sip/headers.ts';
import { SipRequest } from '../../../signaling/sip/message.ts';
import {
  InviteServerTransaction,
  NonInviteServerTransaction,
} from '../../../signaling/sip/server-transaction.ts';
import { DEFAULT_TIMERS } from '../../../signaling/sip/timers.ts';
import type { Flow, Protocol } from '../../../signaling/sip/transport.ts';
import { Clock } from './clock.ts';

let clock: Clock;
let sent: { readonly at: number; readonly line: string; readonly text: string }[];
let failSend: ((error: Error) => void) | undefined;
let closeFlow: () => void;
let host: TransactionHost;
let log: string[];

beforeEach(() => {
  clock = new Clock();
  sent = [];
  log = [];
  host = {
    after: clock.after,
    timers: DEFAULT_TIMERS,
    transmit: (data, _flow, failed) => {
      const text = data.toString();
      sent.push({ at: clock.now, line: text.slice(0, text.indexOf('\r\n')), text });
      failSend = failed;
    },
  };
});

function flow(protocol: Protocol): Flow {
  return {
    protocol,
    remote: { address: '192.0.2.1', port: 5060 },
    local: { address: '192.0.2.9', port: 5060 },
    closed: false,
    send: () => undefined,
    onClose: (listener) => {
      closeFlow = listener;
      return () => undefined;
    },
  };
}

function request(method: string): SipRequest {
  return new SipRequest(
    method,
    'sip:bob@192.0.2.1',
    new Headers()
      .add('Via', 'SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx')
      .add('From', '<sip:a@h>;tag=1')
      .add('To', '<sip:bob@h>')
      .add('Call-ID', 'c')
      .add('CSeq', `7 ${method}`),
  );
}

function client(method: string, protocol: Protocol = 'udp'): ClientTransaction {
  const kind = method === 'INVITE' ? InviteClientTransaction : NonInviteClientTransaction;
  const transaction = new kind(
    host,
    request(method),
    flow(protocol),
    {
      response: ({ status }) => log.push(String(status)),
      timeout: () => log.push('timeout'),
      failed: ({ message }) => log.push(`failed: ${message}`),
    },
    () => log.push('ended'),
  );
  transaction.start();
  return transaction;
}

function server(method: 'INVITE', protocol?: Protocol): InviteServerTransaction;
function server(method: 'INFO', protocol?: Protocol): NonInviteServerTransaction;
function server(
  method: 'INVITE' | 'INFO',
  protocol: Protocol = 'udp',
): InviteServerTransaction | NonInviteServerTransaction {
  const kind = method === 'INVITE' ? InviteServerTransaction : NonInviteServerTransaction;
  const transaction = new kind(host, request(method), flow(protocol), () => log.push('ended'));
  transaction.onTimeout = () => log.push('timeout');
  return transaction;
}

const answer = (transaction: { readonly request: SipRequest }, status: number) =>
  responseTo(transaction.request, status, { toTag: 'b' });
const times = (): number[] => sent.map(({ at }) => at);

describe('INVITE client transaction', () => {
  it('Timer A doubles without a cap until Timer B ends it at 64·T1', () => {
    client('INVITE');
    clock.advance(31_999);
    expect(times()).toEqual([0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    expect(log).toEqual([]);
    clock.advance(1);
    expect(log).toEqual(['ended', 'timeout']);
    expect(clock.pending).toBe(0);
  });

  it('a provisional stops A and B for good', () => {
    const transaction = client('INVITE');
    transaction.receive(answer(transaction, 180));
    clock.advance(600_000);
    expect(times()).toEqual([0]);
    expect(log).toEqual(['180']);
  });

  it('acknowledges a failure, again for each repetition, until Timer D (32 s)', () => {
    const transaction = client('INVITE');
    transaction.receive(answer(transaction, 486));
    transaction.receive(answer(transaction, 486));
    expect(sent.slice(1).map(({ line }) => line)).toEqual([
      'ACK sip:bob@192.0.2.1 SIP/2.0',
      'ACK sip:bob@192.0.2.1 SIP/2.0',
    ]);
    expect(sent[1]?.text).toContain('Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKx\r\n');
    expect(sent[1]?.text).toContain('To: <sip:bob@h>;tag=b\r\n');
    expect(sent[1]?.text).toContain('CSeq: 7 ACK\r\n');
    expect(log).toEqual(['486']);
    clock.advance(31_999);
    expect(transaction.state).toBe('completed');
    clock.advance(1);
    expect(transaction.state).toBe('terminated');
  });

  it('Timer D is zero on a reliable transport, and nothing is repeated', () => {
    const transaction = client('INVITE', 'tcp');
    clock.advance(10_000);
    expect(times()).toEqual([0]);
    transaction.receive(answer(transaction, 600));
    expect(log).toEqual(['ended', '600']);
  });

  it('passes every 2xx up until Timer M (RFC 6026)', () => {
    const transaction = client('INVITE');
    transaction.receive(answer(transaction, 200));
    transaction.receive(answer(transaction, 200));
    transaction.receive(answer(transaction, 180));
    expect(log).toEqual(['200', '200']);
    expect(transaction.state).toBe('accepted');
    clock.advance(32_000);
    expect(log).toEqual(['200', '200', 'ended']);
    expect(clock.pending).toBe(0);
  });

  it('tells of a send that failed and of a connection that closed, once', () => {
    client('INVITE', 'tcp');
    failSend?.(new Error('refused'));
    closeFlow();
    clock.advance(64_000);
    expect(log).toEqual(['ended', 'failed: refused']);
  });
});

describe('non-INVITE client transaction', () => {
  it('Timer E doubles up to T2 until Timer F ends it at 64·T1', () => {
    client('OPTIONS');
    clock.advance(32_000);
    expect(times()).toEqual([
      0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(log).toEqual(['ended', 'timeout']);
    expect(clock.pending).toBe(0);
  });

  it('Timer E runs at T2 after a provisional; F still ends it', () => {
    const transaction = client('OPTIONS');
    transaction.receive(answer(transaction, 100));
    clock.advance(32_000);
    expect(times()).toEqual([0, 4000, 8000, 12_000, 16_000, 20_000, 24_000, 28_000]);
    expect(log).toEqual(['100', 'ended', 'timeout']);
  });

  it('absorbs repeated finals until Timer K (T4)', () => {
    const transaction = client('OPTIONS');
    transaction.receive(answer(transaction, 200));
    transaction.receive(answer(transaction, 200));
    clock.advance(4999);
    expect(transaction.state).toBe('completed');
    clock.advance(1);
    expect(log).toEqual(['200', 'ended']);
  });

  it('Timer K is zero on a reliable transport', () => {
    const transaction = client('BYE', 'ws');
    transaction.receive(answer(transaction, 200));
    expect(log).toEqual(['ended', '200']);
  });
});

describe('INVITE server transaction', () => {
  it('repeats the last provisional when the INVITE is repeated', () => {
    const transaction = server('INVITE');
    transaction.repeated();
    transaction.respond(answer(transaction, 100));
    transaction.respond(answer(transaction, 180));
    transaction.repeated();
    expect(sent.map(({ line }) => line)).toEqual([
      'SIP/2.0 100 Trying',
      'SIP/2.0 180 Ringing',
      'SIP/2.0 180 Ringing',
    ]);
  });

  it('Timer G doubles up to T2 until Timer H gives up', () => {
    const transaction = server('INVITE');
    transaction.respond(answer(transaction, 486));
    clock.advance(32_000);
    expect(times()).toEqual([
      0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500,
    ]);
    expect(log).toEqual(['ended', 'timeout']);
    expect(clock.pending).toBe(0);
  });

  it('the ACK stops G; further ACKs are absorbed until Timer I (T4)', () => {
    const transaction = server('INVITE');
    transaction.respond(answer(transaction, 486));
    expect(transaction.acknowledged()).toBe(true);
    expect(transaction.acknowledged()).toBe(true);
    clock.advance(4999);
    expect(transaction.state).toBe('confirmed');
    clock.advance(1);
    expect(times()).toEqual([0]);
    expect(log).toEqual(['ended']);
  });

  it('Timers G and I are zero on a reliable transport; H still runs', () => {
    const transaction = server('INVITE', 'tcp');
    transaction.respond(answer(transaction, 404));
    clock.advance(10_000);
    expect(times()).toEqual([0]);
    expect(transaction.acknowledged()).toBe(true);
    expect(log).toEqual(['ended']);
    expect(clock.pending).toBe(0);
  });

  it('after a 2xx: swallows the INVITE, leaves the ACK to its user, ends by Timer L', () => {
    const transaction = server('INVITE');
    transaction.respond(answer(transaction, 200));
    transaction.repeated();
    expect(transaction.acknowledged()).toBe(false);
    transaction.respond(answer(transaction, 200));
    transaction.respond(answer(transaction, 486));
    expect(sent.map(({ line }) => line)).toEqual(['SIP/2.0 200 OK', 'SIP/2.0 200 OK']);
    clock.advance(31_999);
    expect(transaction.state).toBe('accepted');
    clock.advance(1);
    expect(log).toEqual(['ended']);
  });
});

describe('non-INVITE server transaction', () => {
  it('answers repetitions with the final until Timer J (64·T1)', () => {
    const transaction = server('INFO');
    transaction.repeated();
    expect(sent).toEqual([]);
    transaction.respond(answer(transaction, 200));
    transaction.repeated();
    transaction.respond(answer(transaction, 500));
    expect(sent.map(({ line }) => line)).toEqual(['SIP/2.0 200 OK', 'SIP/2.0 200 OK']);
    clock.advance(31_999);
    expect(transaction.state).toBe('completed');
    clock.advance(1);
    expect(log).toEqual(['ended']);
  });

  it('Timer J is zero on a reliable transport', () => {
    const transaction = server('INFO', 'tcp');
    transaction.respond(answer(transaction, 200));
    expect(log).toEqual(['ended']);
  });
});
