import { beforeEach, describe, expect, it } from 'vitest';
import { ContactCache } from '../../../signaling/drachtio/contact-cache.ts';
import { Headers } from '../../../signaling/sip/headers.ts';
import { SipRequest, SipResponse } from '../../../signaling/sip/message.ts';
import type { Flow, Protocol } from '../../../signaling/sip/transport.ts';
import { parseUri } from '../../../signaling/sip/uri.ts';

let now: number;
let cache: ContactCache;

beforeEach(() => {
  now = 1000;
  cache = new ContactCache(() => now);
});

const flow = (protocol: Protocol): Flow => ({
  protocol,
  remote: { address: 'x', port: 1 },
  local: { address: 'y', port: 2 },
  closed: false,
  send: () => undefined,
  onClose: () => () => undefined,
});

const register = (contact: string): SipRequest =>
  new SipRequest('REGISTER', 'sip:h', new Headers().add('Contact', contact));
const ok = (...lines: readonly [string, string][]): SipResponse => {
  const headers = new Headers();
  for (const [name, value] of lines) headers.add(name, value);
  return new SipResponse(200, 'OK', headers);
};
const find = (text: string): Flow | undefined => {
  const uri = parseUri(text);
  return uri && cache.find(uri);
};

const CONTACT = '<sip:u@abc.invalid;transport=ws>';

describe('ContactCache', () => {
  it('remembers user and host for as long as the answer says', () => {
    const ws = flow('ws');
    cache.learn(register(CONTACT), ok(['Contact', `${CONTACT};expires=60`]), ws);
    expect(find('sip:u@ABC.invalid')).toBe(ws);
    expect(find('sip:v@abc.invalid')).toBeUndefined();
    now += 59_999;
    expect(find('sip:u@abc.invalid;x=y')).toBe(ws);
    now += 1;
    expect(find('sip:u@abc.invalid')).toBeUndefined();
    expect(cache.size).toBe(0);
  });

  it('prefers the contact’s own expires to Expires, and takes Expires alone', () => {
    cache.learn(
      register(CONTACT),
      ok(
        ['Contact', '<sip:other@x>;expires=9'],
        ['Contact', `${CONTACT};expires=60`],
        ['Expires', '5'],
      ),
      flow('ws'),
    );
    now += 30_000;
    expect(find('sip:u@abc.invalid')).toBeDefined();
    cache.learn(register(CONTACT), ok(['Contact', CONTACT], ['Expires', '5']), flow('ws'));
    now += 6000;
    expect(find('sip:u@abc.invalid')).toBeUndefined();
  });

  it.each([
    ['no expiry', ok()],
    ['expires=0', ok(['Contact', `${CONTACT};expires=0`])],
  ])('an answer with %s removes the contact', (_what, response) => {
    cache.learn(register(CONTACT), ok(['Expires', '60']), flow('ws'));
    cache.learn(register(CONTACT), response, flow('ws'));
    expect(find('sip:u@abc.invalid')).toBeUndefined();
  });

  it('a star removes what the connection has registered', () => {
    const mine = flow('tcp');
    cache.learn(register('<sip:a@1.1.1.1>'), ok(['Expires', '60']), mine);
    cache.learn(register('<sip:b@2.2.2.2>'), ok(['Expires', '60']), flow('tcp'));
    cache.learn(register('*'), ok(), mine);
    expect(find('sip:a@1.1.1.1')).toBeUndefined();
    expect(find('sip:b@2.2.2.2')).toBeDefined();
  });

  it('does not care about UDP', () => {
    cache.learn(register(CONTACT), ok(['Expires', '60']), flow('udp'));
    expect(cache.size).toBe(0);
  });

  it('sweeps what has expired', () => {
    now = 100_000;
    cache.learn(register(CONTACT), ok(['Expires', '1']), flow('ws'));
    now += 31_000;
    cache.learn(register('<sip:b@2.2.2.2>'), ok(['Expires', '60']), flow('ws'));
    expect(cache.size).toBe(1);
  });
});
