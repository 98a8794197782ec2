import { beforeEach, describe, expect, it } from 'vitest';
import { silent } from '../../../common/log.ts';
import { Bindings, nextHopOf } from '../../../signaling/bindings.ts';
import { aorOf, EXPIRY, Registrar } from '../../../signaling/registrar.ts';
import { parseHostports, type SipReply, type SipRequest } from '../../../signaling/srf.ts';

/** What was answered: status, reason or headers. */
interface Answer {
  status: number;
  contact?: string;
  expires?: string;
  minExpires?: string;
  path?: string;
  require?: string;
}

let now: number;
let changes: number;
let bindings: Bindings;
let registrar: Registrar;

beforeEach(() => {
  now = 1_000_000;
  changes = 0;
  bindings = new Bindings(() => now);
  registrar = new Registrar({
    bindings,
    expiry: EXPIRY,
    now: () => now,
    changed: () => changes++,
    log: silent,
  });
});

function register(headers: Record<string, string>, source = '127.0.0.1:52553'): Answer {
  const all: Record<string, string> = {
    To: '<sip:agent001@127.0.0.1>',
    'Call-ID': 'ebd30ee2',
    CSeq: '1 REGISTER',
    Via: 'SIP/2.0/UDP 127.0.0.1:52553;rport;branch=z9hG4bKx',
    ...headers,
  };
  const [host = '', port = ''] = source.split(':');
  const request = {
    source_address: host,
    source_port: Number(port),
    protocol: (all['Via'] ?? '').includes('UDP') ? 'udp' : 'tcp',
    get: (name: string) => all[name],
  } as unknown as SipRequest;
  let answer: Answer | undefined;
  const reply = {
    send: (status: number, options?: string | { headers?: Record<string, string> }) => {
      const sent = typeof options === 'object' ? options.headers : undefined;
      answer = {
        status,
        ...(sent?.['Contact'] && { contact: sent['Contact'] }),
        ...(sent?.['Expires'] && { expires: sent['Expires'] }),
        ...(sent?.['Path'] && { path: sent['Path'] }),
        ...(sent?.['Require'] && { require: sent['Require'] }),
        ...(sent?.['Min-Expires'] && { minExpires: sent['Min-Expires'] }),
      };
    },
  } as unknown as SipReply;
  registrar.handle(request, reply, (all['Via'] ?? '').includes('WS') ? 'page' : 'phone');
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
    expect(register({ Contact: '*', Expires: '0', CSeq: '4 REGISTER' }).status).toBe(200);
    expect(bindings.current()).toEqual([]);
    expect(register({ Contact: '*', Expires: '60' }).status).toBe(400);
  });

  it('refuses a REGISTER that arrives out of order and leaves everything as it was', () => {
    register({ Contact: CONTACT, CSeq: '7 REGISTER', Expires: '300' });
    expect(register({ Contact: CONTACT, CSeq: '6 REGISTER', Expires: '0' }).status).toBe(500);
    expect(bindings.current()).toHaveLength(1);
  });

  it('takes no * that was overtaken', () => {
    register({ Contact: CONTACT, CSeq: '7 REGISTER' });
    expect(register({ Contact: '*', Expires: '0', CSeq: '7 REGISTER' }).status).toBe(500);
    expect(bindings.current()).toHaveLength(1);
    expect(register({ Contact: '*', Expires: '0', CSeq: '8 REGISTER' }).status).toBe(200);
    expect(bindings.current()).toEqual([]);
  });

  it('keeps several contacts, the preferred one first, and says their q', () => {
    register({ Contact: '<sip:a@10.0.0.1>;q=0.2, <sip:b@10.0.0.2>;q=0.75,<sip:c@10.0.0.3>' });
    expect(bindings.phonesOf('agent001').map(({ contact }) => contact)).toEqual([
      'sip:c@10.0.0.3',
      'sip:b@10.0.0.2',
      'sip:a@10.0.0.1',
    ]);
    expect(register({ CSeq: '2 REGISTER' }).contact).toBe(
      '<sip:c@10.0.0.3>;expires=300, <sip:b@10.0.0.2>;expires=300;q=0.75, ' +
        '<sip:a@10.0.0.1>;expires=300;q=0.2',
    );
  });

  it('knows a contact again however it is written', () => {
    register({ Contact: '<sip:agent%30%301@Host.example;ob>', CSeq: '1 REGISTER' });
    register({ Contact: '<sip:agent001@host.EXAMPLE>', CSeq: '2 REGISTER' });
    expect(bindings.current()).toMatchObject([{ contact: 'sip:agent001@host.EXAMPLE' }]);
    register({ Contact: '<sip:agent001@host.example;transport=tcp>', CSeq: '3 REGISTER' });
    expect(bindings.current()).toHaveLength(2);
  });

  it('binds none of several contacts when one is no SIP address', () => {
    expect(register({ Contact: `${CONTACT}, <tel:1>` }).status).toBe(400);
    expect(register({ Contact: `${CONTACT}, *` }).status).toBe(400);
    expect(bindings.current()).toEqual([]);
  });

  it('keeps the path back, and repeats it to those who know what it is', () => {
    const path = { Path: '<sip:p1.example;lr>, <sip:p2.example;lr>' };
    expect(register({ Contact: CONTACT, ...path })).not.toHaveProperty('path');
    expect(
      register({ Contact: CONTACT, ...path, CSeq: '2 REGISTER', Supported: 'path' }).path,
    ).toBe('<sip:p1.example;lr>, <sip:p2.example;lr>');
    expect(bindings.current().map(nextHopOf)).toEqual(['sip:p1.example;lr']);
  });

  describe('outbound (RFC 5626)', () => {
    const flow = (contact: string, instance = '1', id = '1') => ({
      Contact: `<${contact}>;+sip.instance="<urn:uuid:${instance}>";reg-id=${id}`,
      Supported: 'path, outbound',
      Via: 'SIP/2.0/WS x.invalid;branch=z9hG4bKy',
    });
    const contacts = () => bindings.current().map(({ contact }) => contact);

    it('an instance that comes back takes the place it had', () => {
      expect(register(flow('sip:a@x.invalid'), '127.0.0.1:40001').require).toBe('outbound');
      register({ ...flow('sip:b@y.invalid'), 'Call-ID': 'reloaded' }, '127.0.0.1:40002');
      expect(contacts()).toEqual(['sip:b@y.invalid']);
      // The connection of the page before it was reloaded closes late.
      registrar.flowClosed('127.0.0.1:40001');
      expect(contacts()).toEqual(['sip:b@y.invalid']);
    });

    it('other instances and other flows of one have places of their own', () => {
      register(flow('sip:a@x.invalid'));
      register(flow('sip:b@x.invalid', '2'));
      register(flow('sip:c@x.invalid', '1', '2'));
      expect(contacts()).toHaveLength(3);
    });

    it('through a proxy that does not know it: 439, with one that does: 200', () => {
      const Via = 'SIP/2.0/UDP p.example;branch=z9hG4bK1, SIP/2.0/UDP x;branch=z9hG4bK2';
      const far = { ...flow('sip:a@x'), Via };
      expect(register(far).status).toBe(439);
      expect(register({ ...far, Path: '<sip:p.example;lr;ob>' })).toMatchObject({
        status: 200,
        require: 'outbound',
        path: '<sip:p.example;lr;ob>',
      });
    });
  });

  it.each([
    ['where it says it is', '<sip:a@10.0.0.1:5080;ob>', '10.0.0.1:5080', undefined],
    ['at the default port', '<sip:a@10.0.0.1>', '10.0.0.1:5060', undefined],
    ['behind a NAT', '<sip:a@192.168.1.2:5080>', '10.0.0.1:61000', 'sip:10.0.0.1:61000'],
  ])('knows the way to a phone %s', (_where, Contact, source, hop) => {
    register({ Contact }, source);
    expect(bindings.current().map(nextHopOf)).toEqual([hop]);
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
