/**
 * The torture test messages of RFC 4475, byte for byte, as datagrams (or on a stream where their Via
 * says so): valid ones are accepted and read rightly, invalid ones refused or dropped as it says.
 * https://www.rfc-editor.org/rfc/rfc4475#section-3
 */
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { SipRequest, SipResponse } from '../../../signaling/sip/message.ts';
import { parseMessage } from '../../../signaling/sip/message.ts';
import { parseNameAddr } from '../../../signaling/sip/name-addr.ts';
import type { ServerTransaction } from '../../../signaling/sip/server-transaction.ts';
import { StreamFramer } from '../../../signaling/sip/stream-framer.ts';
import { TransactionLayer } from '../../../signaling/sip/transaction-layer.ts';
import type { Flow } from '../../../signaling/sip/transport.ts';
import { parseUri } from '../../../signaling/sip/uri.ts';
import { Clock } from './clock.ts';

let out: string[];
let requests: ServerTransaction[];
let strays: SipResponse[];
let layer: TransactionLayer;

const flow: Flow = {
  protocol: 'udp',
  remote: { address: '192.0.2.7', port: 4000 },
  local: { address: '192.0.2.9', port: 5060 },
  closed: false,
  send: (data) => out.push(data.toString()),
  onClose: () => () => undefined,
};

beforeEach(begin);

/** A server that has not heard anything yet: some of the messages share a branch. */
function begin(): void {
  out = [];
  requests = [];
  strays = [];
  layer = new TransactionLayer({
    after: new Clock().after,
    onRequest: (transaction) => requests.push(transaction),
    onAck: () => undefined,
    onStray: (response) => strays.push(response),
  });
}

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`rfc4475/${name}.dat`, import.meta.url));

/** The one request that is handed on; nothing was answered. */
function accepted(name: string): SipRequest {
  layer.message(fixture(name), flow);
  expect(out).toEqual([]);
  expect(requests).toHaveLength(1);
  expect(layer.counters.malformed).toBe(0);
  const [transaction] = requests;
  if (transaction === undefined) throw new Error('not accepted');
  return transaction.request;
}

describe('§3.1.1 valid messages are accepted', () => {
  it('§3.1.1.1 a short tortuous INVITE', () => {
    const request = accepted('wsinv');
    expect(parseUri(request.uri)).toMatchObject({ user: 'vivekg', host: 'chair-dnrc.example.com' });
    expect(request.to).toMatchObject({ uri: 'sip:vivekg@chair-dnrc.example.com' });
    expect(request.toTag).toBe('1918181833n');
    expect(request.from?.displayName).toBe('"J Rosenberg \\\\\\""');
    expect(request.fromTag).toBe('98asjd8');
    expect(request.cseq).toEqual({ number: 9, method: 'INVITE' });
    expect(Number(request.headers.get('max-forwards'))).toBe(68);
    expect(request.headers.get('subject')).toBe('');
    expect(request.headers.get('unknownheaderwithunusualvalue')).toBe(';;,,;;,;');
    expect(request.headers.list('via').map((via) => via.replace(/\s+/g, ''))).toEqual([
      'SIP/2.0/UDP192.0.2.2;branch=390skdjuw;received=192.0.2.7;rport=4000',
      'SIP/2.0/TCPspindle.example.com;branch=z9hG4bK9ikj8',
      'SIP/2.0/UDP192.168.255.111;branch=z9hG4bK30239',
    ]);
    const contact = parseNameAddr(request.headers.list('contact')[0] ?? '');
    expect(contact?.uri).toBe('sip:jdrosen@example.com');
    expect([...(contact?.params ?? [])]).toEqual([
      ['newparam', 'newvalue'],
      ['secondparam', ''],
      ['q', '0.33'],
    ]);
    const route = parseUri(parseNameAddr(request.headers.get('route') ?? '')?.uri ?? '');
    expect([...(route?.params ?? [])]).toEqual([
      ['lr', ''],
      ['unknownwith', 'value'],
      ['unknown-no-value', ''],
    ]);
    expect(request.body).toHaveLength(150);
  });

  it('§3.1.1.2 wide range of valid characters', () => {
    const request = accepted('intmeth');
    expect(request.method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(parseUri(request.uri)).toMatchObject({
      user: "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)",
      host: 'example.com',
    });
    expect(request.to?.displayName).toBe('"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7F"');
    expect(request.from?.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(request.from?.params.get("fromparam''~+*_!.-%")).toBe('"работающий"');
    expect(request.fromTag).toBe("_token~1'+`*%!-.");
    expect(request.callId).toBe('intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{');
    expect(request.via?.params.get('branch')).toBe("z9hG4bK-.!%66*_+`'~");
    expect([...request.headers].at(-2)?.line).toBe("extensionHeader-!.%*+_`'~:\uFEFF大停電");
  });

  it('§3.1.1.3 valid use of the % escaping mechanism', () => {
    const request = accepted('esc01');
    expect(parseUri(request.uri)).toMatchObject({
      user: 'sips%3Auser%40example.com',
      host: 'example.net',
    });
    expect(request.from?.uri).toBe('sip:I%20have%20spaces@example.net');
    const contact = parseUri(parseNameAddr(request.headers.get('contact') ?? '')?.uri ?? '');
    expect(contact?.user).toBe('cal%6Cer');
    expect([...(contact?.params ?? [])]).toEqual([
      ['%6c%72', ''],
      ['n%61me', 'v%61lue%25%34%31'],
    ]);
    expect(request.headers.get('content-type')).toBe('application/sdp');
  });

  it('§3.1.1.4 escaped nulls in URIs: two contacts', () => {
    const request = accepted('escnull');
    expect(request.to?.uri).toBe('sip:null-%00-null@example.com');
    expect(request.headers.list('contact')).toEqual([
      '<sip:%00@host5.example.com>',
      '<sip:%00%00@host5.example.com>',
    ]);
  });

  it('§3.1.1.5 % when it is not an escape', () => {
    const request = accepted('esc02');
    expect(request.method).toBe('RE%47IST%45R');
    expect(request.headers.list('contact')).toHaveLength(2);
    expect(request.headers.get('c%6fntact')).toBe('<sip:alias2@host2.example.com>');
  });

  it('§3.1.1.6 no LWS between display name and <', () => {
    expect(accepted('lwsdisp').from).toMatchObject({
      displayName: 'caller',
      uri: 'sip:caller@example.com',
    });
  });

  it('§3.1.1.7 long values', () => {
    const request = accepted('longreq');
    expect(request.headers.list('via')).toHaveLength(34);
    expect(request.via?.host).toBe('sip33.example.com');
    expect(request.to?.displayName).toMatch(/^"I have a user name of (extreme){10} proportion"$/);
    expect(request.callId).toMatch(/^longreq\.one(really)+longcallid$/);
    expect(request.body).toHaveLength(150);
  });

  it('§3.1.1.8 extra trailing octets in a datagram are ignored', () => {
    const request = accepted('dblreq');
    expect(request.method).toBe('REGISTER');
    expect(request.callId).toBe('dblreq.0ha0isndaksdj99sdfafnl3lk233412');
    expect(request.body).toHaveLength(0);
  });

  it('§3.1.1.9 semicolon-separated parameters in the user part', () => {
    const uri = parseUri(accepted('semiuri').uri);
    expect(uri).toMatchObject({ user: 'user;par=u%40example.net', host: 'example.com' });
    expect(uri?.params.size).toBe(0);
  });

  it('§3.1.1.10 varied and unknown transport types', () => {
    const request = accepted('transports');
    expect(request.via?.transport).toBe('UDP');
    expect(request.headers.list('via')).toHaveLength(5);
  });

  it('§3.1.1.11 multipart MIME message, binary', () => {
    const request = accepted('mpart01');
    const data = fixture('mpart01');
    expect(request.body).toEqual(data.subarray(data.indexOf('\r\n\r\n') + 4).subarray(0, 553));
  });

  it('§3.1.1.12 unusual reason phrase', () => {
    layer.message(fixture('unreason'), flow);
    expect(strays[0]).toMatchObject({
      status: 200,
      reason: '= 2**3 * 5**2 но сто девяносто девять - простое',
    });
  });

  it('§3.1.1.13 empty reason phrase', () => {
    layer.message(fixture('noreason'), flow);
    expect(strays[0]).toMatchObject({ status: 100, reason: '' });
  });
});

describe('§3.1.2 invalid requests are refused', () => {
  it.each([
    ['§3.1.2.1 extraneous header field separators', 'badinv01', 400],
    ['§3.1.2.2 Content-Length larger than the message', 'clerr', 400],
    ['§3.1.2.3 negative Content-Length', 'ncl', 400],
    ['§3.1.2.4 scalar fields with overlarge values', 'scalar02', 400],
    ['§3.1.2.6 unterminated quoted string in a display name', 'quotbal', 400],
    ['§3.1.2.7 <> around the Request-URI', 'ltgtruri', 400],
    ['§3.1.2.8 LWS in the Request-URI', 'lwsruri', 400],
    ['§3.1.2.9 multiple SP in the request line', 'lwsstart', 400],
    ['§3.1.2.10 SP at the end of the request line', 'trws', 400],
    ['§3.1.2.11 escaped headers in the Request-URI', 'escruri', 400],
    ['§3.1.2.13 name-addr URI not in <>', 'regbadct', 400],
    ['§3.1.2.14 spaces within the addr-spec', 'badaspec', 400],
    ['§3.1.2.15 non-token characters in a display name', 'baddn', 400],
    ['§3.1.2.16 unknown protocol version', 'badvers', 505],
    ['§3.1.2.17 start line and CSeq name different methods', 'mismatch01', 400],
    ['§3.1.2.18 the same with an unknown method', 'mismatch02', 400],
    ['§3.3.1 missing required headers', 'insuf', 400],
    ['§3.3.8 multiple values in single-value headers', 'multi01', 400],
    ['§3.3.9 multiple Content-Lengths', 'mcl01', 400],
  ])('%s', (_title, name, status) => {
    layer.message(fixture(name), flow);
    expect(requests).toEqual([]);
    expect(out).toHaveLength(1);
    const answer = parseMessage(Buffer.from(out[0] ?? '')) as SipResponse;
    expect(answer.status).toBe(status);
    const sent = fixture(name).toString();
    for (const key of ['Call-ID', 'CSeq'])
      if (new RegExp(`^${key}:`, 'im').test(sent))
        expect(answer.headers.get(key.toLowerCase())).toBe(
          new RegExp(`^${key}:\\s*(.*?)\\s*$`, 'im').exec(sent)?.[1],
        );
  });

  it('§3.1.2.12 an invalid time zone in Date: the header is of no use here, the call is', () => {
    expect(accepted('baddate').headers.get('date')).toBe('Fri, 01 Jan 2010 16:00:00 EST');
  });

  it.each([
    ['§3.1.2.5 a response with overlarge values', 'scalarlg'],
    ['§3.1.2.19 an overlarge response code', 'bigcode'],
  ])('%s is dropped', (_title, name) => {
    layer.message(fixture(name), flow);
    expect([...out, ...requests, ...strays]).toEqual([]);
    expect(layer.counters.malformed).toBe(1);
  });

  it('on a stream a negative Content-Length cannot be followed: it is closed', () => {
    expect(() => new StreamFramer(1e6).push(fixture('ncl'))).toThrow(/invalid Content-Length/);
  });

  it('the valid ones survive a stream that comes byte by byte', () => {
    for (const name of ['wsinv', 'intmeth', 'esc01', 'mpart01', 'longreq', 'semiuri']) {
      const framer = new StreamFramer(1e6);
      const items = [...fixture(name)].flatMap((byte) => framer.push(Buffer.from([byte])));
      expect(items).toHaveLength(1);
      expect(parseMessage(items[0] as Buffer).kind).toBe('request');
    }
  });
});

describe('§3.2 transaction layer', () => {
  it('§3.2.1 a branch of nothing but the cookie: told apart as in RFC 2543', () => {
    accepted('badbranch');
    layer.message(fixture('badbranch'), flow);
    expect(requests).toHaveLength(1);
    expect(layer.counters.repeated).toBe(1);
    const other = fixture('badbranch')
      .toString()
      .replace(/Call-ID: \S+/, 'Call-ID: other');
    layer.message(Buffer.from(other), flow);
    expect(requests).toHaveLength(2);
  });
});

describe('§3.3 and §3.4: well-formed; what to make of them is the server’s and the application’s', () => {
  it('§3.3.2, §3.3.3, §3.3.4 unknown URI schemes', () => {
    expect(accepted('unkscm').uri).toBe('nobodyKnowsThisScheme:totallyopaquecontent');
    begin();
    expect(accepted('novelsc').uri).toBe('soap.beep://192.0.2.103:3002');
    begin();
    const request = accepted('unksm2');
    expect(request.to?.uri).toBe('isbn:2983792873');
    expect(request.from?.uri).toBe('http://www.example.com');
    expect(request.headers.get('contact')).toBe('<name:John_Smith>');
  });

  it('§3.3.5 Require and Proxy-Require with unknown options', () => {
    expect(accepted('bext01').headers.list('require')).toEqual([
      'nothingSupportsThis',
      'nothingSupportsThisEither',
    ]);
  });

  it('§3.3.6 unknown Content-Type', () => {
    expect(accepted('invut').body.toString()).toBe(
      '<audio>\r\n <pcmu port="443"/>\r\n</audio>\r\n',
    );
  });

  it('§3.3.7 unknown authorization scheme', () => {
    expect(accepted('regaut01').headers.get('authorization')).toBe(
      'NoOneKnowsThisScheme opaque-data=here',
    );
  });

  it('§3.3.10 a 200 whose second Via is a broadcast address goes nowhere', () => {
    layer.message(fixture('bcast'), flow);
    expect(out).toEqual([]);
    expect(strays).toHaveLength(1);
  });

  it('§3.3.11 Max-Forwards of zero', () => {
    expect(accepted('zeromf').headers.get('max-forwards')).toBe('0');
  });

  it('§3.3.12, §3.3.13 a contact parameter is the header’s without brackets, the URI’s within', () => {
    const [bare] = accepted('cparam01').headers.list('contact');
    expect(parseNameAddr(bare ?? '')).toMatchObject({ uri: 'sip:+19725552222@gw1.example.net' });
    expect(parseNameAddr(bare ?? '')?.params.has('unknownparam')).toBe(true);
    begin();
    const [bracketed] = accepted('cparam02').headers.list('contact');
    expect(parseNameAddr(bracketed ?? '')?.uri).toBe(
      'sip:+19725552222@gw1.example.net;unknownparam',
    );
  });

  it('§3.3.14 escaped headers in a Contact', () => {
    const [contact] = accepted('regescrt').headers.list('contact');
    expect(parseUri(parseNameAddr(contact ?? '')?.uri ?? '')?.headers).toBe(
      'Route=%3Csip:sip.example.com%3E',
    );
  });

  it('§3.3.15 an Accept that no application knows', () => {
    expect(accepted('sdp01').headers.get('accept')).toBe('text/nobodyKnowsThis');
  });

  it('§3.4.1 an INVITE of RFC 2543: no branch, no tag, no Contact, no Content-Length', () => {
    const request = accepted('inv2543');
    expect(request.fromTag).toBe('');
    expect(request.body.toString()).toMatch(/^v=0\r\n/);
    layer.message(fixture('inv2543'), flow);
    expect(requests).toHaveLength(1);
  });
});
