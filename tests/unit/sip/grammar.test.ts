import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNameAddr, parseNameAddr, withTag } from '../../../signaling/sip/name-addr.ts';
import { formatUri, parseHostPort, parseUri } from '../../../signaling/sip/uri.ts';
import { formatVia, parseVia, stampVia } from '../../../signaling/sip/via.ts';

describe('URIs', () => {
  it.each([
    'sip:alice@example.com',
    'sips:alice:secret@example.com:5061;transport=tcp',
    'sip:example.com',
    'sip:a@[2001:db8::1]:5060;lr',
    'sip:user;par=u%40example.net@example.com',
    'sip:sips%3Auser%40example.com@example.net',
    'sip:agent001@192.0.2.7:52553;ob',
    'sip:wsuser@abc123.invalid;transport=ws',
    'sip:a@h;method=INVITE?to=x%40y&x=1',
  ])('%s is read and written back', (text) => {
    const uri = parseUri(text);
    expect(uri && formatUri(uri)).toBe(text);
  });

  it('tells the parts', () => {
    expect(parseUri('SIP:Bob@EXAMPLE.com:5080;Transport=TCP;lr?a=b')).toEqual({
      scheme: 'sip',
      user: 'Bob',
      host: 'example.com',
      port: 5080,
      params: new Map([
        ['transport', 'TCP'],
        ['lr', ''],
      ]),
      headers: 'a=b',
    });
  });

  it.each(['tel:+1', 'sip:', 'sip:@h', 'sip:a@h:70000', 'sip:a@h:x', 'sip:a b@h', 'sip:[::1', ''])(
    'refuses %j',
    (text) => expect(parseUri(text)).toBeUndefined(),
  );

  it('keeps any parts through writing and reading', () => {
    const token = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
    fc.assert(
      fc.property(
        fc.option(fc.stringMatching(/^[A-Za-z0-9;?/.=+-]{1,12}$/), { nil: undefined }),
        fc.stringMatching(/^[a-z0-9]{1,8}(\.[a-z0-9]{1,8}){0,3}$/),
        fc.option(fc.nat(65535), { nil: undefined }),
        fc.uniqueArray(fc.tuple(token, fc.oneof(token, fc.constant(''))), {
          selector: ([name]) => name,
          maxLength: 4,
        }),
        (user, host, port, params) => {
          const uri = {
            scheme: 'sip' as const,
            ...(user !== undefined && { user }),
            host,
            ...(port !== undefined && { port }),
            params: new Map(params),
          };
          // A user-less URI must not gain one from a parameter: those hold no @ here.
          expect(parseUri(formatUri(uri))).toEqual(uri);
        },
      ),
    );
  });

  it('reads hosts with and without ports', () => {
    expect(parseHostPort('[::1]:80')).toEqual({ host: '[::1]', port: 80 });
    expect(parseHostPort('h : 5060')).toEqual({ host: 'h', port: 5060 });
    expect(parseHostPort('')).toBeUndefined();
  });
});

describe('name-addr', () => {
  it('gives parameters without brackets to the header', () => {
    expect(parseNameAddr('sip:a@h;tag=1')).toEqual({
      displayName: '',
      uri: 'sip:a@h',
      params: new Map([['tag', '1']]),
    });
    expect(parseNameAddr('"Q \\"x\\" <y>" <sip:a@h;transport=tcp>;tag=2;q="a;b"')).toEqual({
      displayName: '"Q \\"x\\" <y>"',
      uri: 'sip:a@h;transport=tcp',
      params: new Map([
        ['tag', '2'],
        ['q', '"a;b"'],
      ]),
    });
  });

  it('writes brackets always', () => {
    const address = parseNameAddr('sip:a@h;x=1');
    expect(address && formatNameAddr(address)).toBe('<sip:a@h>;x=1');
    expect(withTag('Bob <sip:a@h>', 't')).toBe('Bob <sip:a@h>;tag=t');
  });

  it.each(['"open <sip:a@h>', '<sip:a@h', 'nothing', '"x" sip:a@h'])('refuses %j', (text) =>
    expect(parseNameAddr(text)).toBeUndefined(),
  );
});

describe('Via', () => {
  it('is stamped with the source: rport always, received when it differs', () => {
    const via = parseVia('SIP/2.0/UDP 127.0.0.1:52553;rport;branch=z9hG4bKPj1');
    if (!via) throw new Error('unread');
    stampVia(via, '127.0.0.1', 4000);
    expect(formatVia(via)).toBe('SIP/2.0/UDP 127.0.0.1:52553;rport=4000;branch=z9hG4bKPj1');
    stampVia(via, '10.0.0.1', 4000);
    expect(formatVia(via)).toBe(
      'SIP/2.0/UDP 127.0.0.1:52553;rport=4000;branch=z9hG4bKPj1;received=10.0.0.1',
    );
  });

  it.each(['SIP/1.0/UDP h', 'SIP/2.0/UDP', 'SIP/2.0/UDP h;;branch=x', 'UDP h'])('refuses %j', (t) =>
    expect(parseVia(t)).toBeUndefined(),
  );
});
