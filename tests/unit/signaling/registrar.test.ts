import { beforeEach, describe, expect, it } from 'vitest';
import { silent } from '../../../common/log.ts';
import { Bindings } from '../../../signaling/bindings.ts';
import { aorOf, Registrar } from '../../../signaling/registrar.ts';
import { parseHostports, type SipReply, type SipRequest } from '../../../signaling/srf.ts';

/** What was answered: status, reason or headers. */
interface Answer {
  status: number;
  contact?: string;
  expires?: string;
  minExpires?: string;
}

let now: number;
let changes: number;
let bindings: Bindings;
let registrar: Registrar;

beforeEach(() => {
  now = 1_000_000;
  changes = 0;
  bindings = new Bindings(() => now);
  registrar = new Registrar({ bindings, now: () => now, changed: () => changes++, log: silent });
});

function register(headers: Record<string, string>, source = '127.0.0.1:52553'): Answer {
  const all: Record<string, string> = {
    To: '<sip:agent001@127.0.0.1>',
    'Call-ID': 'ebd30ee2',
    CSeq: '1 REGISTER',
    Via: 'SIP/2.0/UDP 127.0.0.1:52553;rport;branch=z9hG4bKx',
    ...headers,
  };
  const address = (text: string) => {
    const match = /<([^>]+)>(.*)/.exec(text);
    const params = Object.fromEntries(
      (match?.[2] ?? '')
        .split(';')
        .filter(Boolean)
        .map((pair) => pair.split('=')),
    ) as Record<string, string>;
    return { uri: match?.[1] ?? text, params };
  };
  const [host = '', port = ''] = source.split(':');
  const request = {
    source_address: host,
    source_port: Number(port),
    get: (name: string) => all[name],
    getParsedHeader: (name: string) =>
      name === 'to' ? address(all['To'] ?? '') : (all['Contact'] ?? '').split(',').map(address),
  } as unknown as SipRequest;
  let answer: Answer | undefined;
  const reply = {
    send: (status: number, options?: string | { headers?: Record<string, string> }) => {
      const sent = typeof options === 'object' ? options.headers : undefined;
      answer = {
        status,
        ...(sent?.['Contact'] && { contact: sent['Contact'] }),
        ...(sent?.['Expires'] && { expires: sent['Expires'] }),
        ...(sent?.['Min-Expires'] && { minExpires: sent['Min-Expires'] }),
      };
    },
  } as unknown as SipReply;
  registrar.handle(request, reply);
  if (!answer) throw new Error('the registrar did not answer');
  return answer;
}

const CONTACT = '<sip:agent001@127.0.0.1:52553;ob>';

describe('Registrar', () => {
  it('binds a contact for the time asked and says so', () => {
    expect(register({ Contact: CONTACT, Expires: '300' })).toEqual({
      status: 200,
      contact: `${CONTACT};expires=300`,
      expires: '300',
    });
    expect(bindings.of('agent001@127.0.0.1')).toMatchObject([
      { kind: 'phone', source: '127.0.0.1:52553', expiresAt: now + 300_000 },
    ]);
    expect(changes).toBe(1);
  });

  it("prefers the contact's own expires and grants an hour at most", () => {
    expect(register({ Contact: `${CONTACT};expires=60`, Expires: '300' }).expires).toBe('60');
    expect(register({ Contact: CONTACT, Expires: '99999', CSeq: '2 REGISTER' }).expires).toBe(
      '3600',
    );
  });

  it('refuses less than ten seconds and binds none of the contacts', () => {
    expect(register({ Contact: `${CONTACT},<sip:b@h>;expires=9` })).toEqual({
      status: 423,
      minExpires: '10',
    });
    expect(bindings.current()).toEqual([]);
    expect(register({ Contact: CONTACT, Expires: '10' }).expires).toBe('10');
  });

  it('forgets a binding when its time is over, without being asked', () => {
    register({ Contact: CONTACT, Expires: '300' });
    now += 300_000;
    expect(bindings.of('agent001@127.0.0.1')).toEqual([]);
    expect(bindings.sweep()).toBe(1);
  });

  it('lists bindings when asked without a contact, with the time that is left', () => {
    register({ Contact: CONTACT, Expires: '300' });
    now += 100_000;
    expect(register({ CSeq: '2 REGISTER' })).toEqual({
      status: 200,
      contact: `${CONTACT};expires=200`,
      expires: '200',
    });
  });

  it('unbinds one contact by Expires: 0 and all by *', () => {
    register({ Contact: CONTACT });
    expect(register({ Contact: CONTACT, Expires: '0', CSeq: '2 REGISTER' })).toEqual({
      status: 200,
    });
    register({ Contact: CONTACT, CSeq: '3 REGISTER' });
    register({ Contact: '<sip:agent001@127.0.0.1:6000>', 'Call-ID': 'other' });
    expect(register({ Contact: '*', Expires: '0' }).status).toBe(200);
    expect(bindings.current()).toEqual([]);
    expect(register({ Contact: '*', Expires: '60' }).status).toBe(400);
  });

  it('refuses a REGISTER that arrives out of order and leaves everything as it was', () => {
    register({ Contact: CONTACT, CSeq: '7 REGISTER', Expires: '300' });
    expect(register({ Contact: CONTACT, CSeq: '6 REGISTER', Expires: '0' }).status).toBe(500);
    expect(bindings.current()).toHaveLength(1);
  });

  it('tells a page by its WebSocket and drops it when that connection closes', () => {
    const page = { To: '<sip:page@127.0.0.1>', Via: 'SIP/2.0/WS x.invalid;branch=z9hG4bKy' };
    register({ ...page, Contact: '<sip:a@x.invalid;transport=ws>' }, '127.0.0.1:40001');
    register({ ...page, Contact: '<sip:b@y.invalid;transport=ws>' }, '127.0.0.1:40002');
    register({ Contact: CONTACT });
    expect(bindings.pages().map(({ contact }) => contact)).toEqual([
      'sip:a@x.invalid;transport=ws',
      'sip:b@y.invalid;transport=ws',
    ]);
    registrar.flowClosed('127.0.0.1:40002');
    expect(bindings.pages().map(({ contact }) => contact)).toEqual([
      'sip:a@x.invalid;transport=ws',
    ]);
    expect(bindings.current()).toHaveLength(2);
  });

  it('answers 400 when To holds no SIP address', () => {
    expect(register({ To: '<tel:+4912345>', Contact: CONTACT }).status).toBe(400);
  });
});

describe('aorOf', () => {
  it.each([
    ['sip:agent001@127.0.0.1', 'agent001@127.0.0.1'],
    ['sip:Agent@Example.COM:5070;transport=tcp', 'Agent@example.com'],
    ['sips:a@[::1]:5061', 'a@[::1]'],
    ['sip:example.com', undefined],
    ['tel:123', undefined],
  ])('%s → %s', (uri, aor) => {
    expect(aorOf(uri)).toBe(aor);
  });
});

describe('parseHostports', () => {
  it('reads what a drachtio server says of its transports', () => {
    expect(parseHostports('ws/127.0.0.1:8088,tcp/[::1]:5060,nonsense')).toEqual([
      { protocol: 'ws', host: '127.0.0.1', port: 8088 },
      { protocol: 'tcp', host: '::1', port: 5060 },
    ]);
  });
});
