import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../../common/errors.ts';
import { Headers } from '../../../signaling/sip/headers.ts';
import { faultOf, parseMessage, SipRequest, SipResponse } from '../../../signaling/sip/message.ts';

const crlf = (text: string): Buffer => Buffer.from(text.replaceAll('\n', '\r\n'));

function request(text: string): SipRequest {
  const message = parseMessage(crlf(text));
  if (message.kind !== 'request') throw new Error('a response');
  return message;
}

const PLAIN = `OPTIONS sip:a@h SIP/2.0
Via: SIP/2.0/UDP h;branch=z9hG4bK1
From: <sip:b@h>;tag=1
To: <sip:a@h>
Call-ID: c
CSeq: 1 OPTIONS
`;

describe('parseMessage', () => {
  it('keeps every header line as written, in order', () => {
    const text = `INVITE sip:a@h SIP/2.0\nv:SIP/2.0/UDP h;branch=z9hG4bK1\nX-Odd :  two  blanks \nf: <sip:b@h>;tag=1\nt: <sip:a@h>\ni: c\nCSeq: 1 INVITE\nl: 2\n\nhi`;
    const message = request(text);
    expect(message.toString()).toBe(crlf(text).toString());
    expect(message.callId).toBe('c');
    expect(message.headers.get('x-odd')).toBe('two  blanks');
    expect(message.fromTag).toBe('1');
  });

  it('reads the short tortuous INVITE of RFC 4475 §3.1.1.1', () => {
    const message = request(`INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : 150
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.3
s=-
c=IN IP4 192.0.2.4
t=0 0
m=audio 49217 RTP/AVP 0 12
m=video 3227 RTP/AVP 31
a=rtpmap:31 LPC
`);
    expect(faultOf(message)).toBeUndefined();
    expect(message.toTag).toBe('1918181833n');
    expect(message.fromTag).toBe('98asjd8');
    expect(message.cseq).toEqual({ number: 9, method: 'INVITE' });
    expect(message.via).toMatchObject({ transport: 'UDP', host: '192.0.2.2' });
    expect(message.headers.list('via')).toHaveLength(3);
    expect(message.headers.get('newfangledheader')).toBe(
      'newfangled value continued newfangled value',
    );
    expect(message.body).toHaveLength(150);
  });

  it('reads a method and a user of unusual characters (RFC 4475 §3.1.1.2)', () => {
    const message = request(
      `!interesting-Method0123456789_*+\`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0\nVia: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+\`'~\nTo: "BEL:\\\x07 NUL:\\\x00 DEL:\\\x7F" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>\nFrom: token1~\` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%="работающий";tag=_token~1'+\`*%!-.\nCall-ID: intmeth.word%ZK-!.*_+'@word\`~)(><:\\/"][?}{\nCSeq: 139122385 !interesting-Method0123456789_*+\`.%indeed'~\nMax-Forwards: 255\nContent-Length: 0\n\n`,
    );
    expect(faultOf(message)).toBeUndefined();
    expect(message.from?.displayName).toBe("token1~` token2'+_ token3*%!.-");
    expect(message.fromTag).toBe("_token~1'+`*%!-.");
  });

  it('ignores bytes beyond Content-Length: two requests in one datagram (RFC 4475 §3.1.1.6)', () => {
    const message = request(`${PLAIN}Content-Length: 0\n\nINVITE sip:x@h SIP/2.0\n\n`);
    expect(message.method).toBe('OPTIONS');
    expect(message.body).toHaveLength(0);
  });

  it('takes the rest of a datagram as body when there is no Content-Length', () => {
    expect(request(`${PLAIN}\nbody`).body.toString()).toBe('body');
  });

  it('accepts an empty and a non-ASCII reason phrase (RFC 4475 §3.1.1.12, §3.1.1.13)', () => {
    expect(parseMessage(crlf('SIP/2.0 100 \nCall-ID: c\n\n'))).toMatchObject({ reason: '' });
    expect(parseMessage(crlf('SIP/2.0 200 = 2**3 * 5**2 но сто\n\n'))).toMatchObject({
      status: 200,
      reason: '= 2**3 * 5**2 но сто',
    });
  });

  it.each([
    ['Content-Length larger than the message', `${PLAIN}Content-Length: 9999\n\nshort`],
    ['negative Content-Length', `${PLAIN}Content-Length: -999\n\n`],
    ['Request-URI in brackets', 'INVITE <sip:user@example.com> SIP/2.0\nCall-ID: c\n\n'],
    ['blank in the Request-URI', 'INVITE sip:user@example.com; lr SIP/2.0\nCall-ID: c\n\n'],
    ['status code out of range', 'SIP/2.0 4294967301 better not break\nCall-ID: c\n\n'],
    ['no version', 'HELO world\n\n'],
    ['header without a colon', 'OPTIONS sip:a SIP/2.0\nnonsense\n\n'],
    ['no empty line', 'OPTIONS sip:a SIP/2.0\nCall-ID: c\n'],
  ])('refuses: %s', (_what, text) => {
    try {
      parseMessage(crlf(text));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(BridgeError);
      expect((error as BridgeError).code).toBe('SIP_MALFORMED');
    }
  });

  it.each([
    ['Via with empty parameters', 'Via: SIP/2.0/UDP 192.0.2.15;;,;,,', 'Via'],
    ['unbalanced quote in To', 'To: "Mr. J. User <sip:j@example.com>', 'To'],
    ['CSeq out of range', 'CSeq: 36893488147419103232 OPTIONS', 'CSeq'],
    ['CSeq of another method', 'CSeq: 8 INVITE', 'CSeq'],
  ])('finds the fault: %s (RFC 4475 §3.1.2)', (_what, line, name) => {
    const lines = PLAIN.trimEnd()
      .split('\n')
      .map((old) => (old.startsWith(`${name}:`) ? line : old));
    expect(faultOf(request(`${lines.join('\n')}\n\n`))).toContain(name);
  });

  it('never throws anything but SIP_MALFORMED', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      fc
        .array(
          fc.constantFrom('SIP/2.0 ', '200', ' ', '\r\n', 'Via: ', ':', '"', '<', ';', 'a=b', ','),
        )
        .map((parts) => Buffer.from(`${parts.join('')}\r\n\r\n`)),
    );
    fc.assert(
      fc.property(noise, (data) => {
        try {
          const message = parseMessage(data);
          faultOf(message);
          message.headers.list('contact');
        } catch (error) {
          expect((error as BridgeError).code).toBe('SIP_MALFORMED');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('reads back what it writes', () => {
    const value = fc.string({ unit: 'grapheme' }).map((text) => text.replace(/[\r\n]/g, '').trim());
    const name = fc.stringMatching(/^X-[A-Za-z0-9-]{1,12}$/);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value), { maxLength: 12 }),
        fc.uint8Array({ maxLength: 100 }),
        fc.boolean(),
        (fields, body, isRequest) => {
          const headers = new Headers();
          for (const [key, text] of fields) headers.add(key, text);
          const bytes = Buffer.from(body);
          const written = isRequest
            ? new SipRequest('MESSAGE', 'sip:a@b', headers, bytes)
            : new SipResponse(200, 'OK', headers, bytes);
          const read = parseMessage(written.toBuffer());
          expect(read.startLine).toBe(written.startLine);
          expect([...read.headers].slice(0, -1).map(({ line }) => line)).toEqual(
            fields.map(([key, text]) => `${key}: ${text}`),
          );
          expect(read.body.equals(bytes)).toBe(true);
        },
      ),
    );
  });
});

describe('Headers', () => {
  it('sets in place, drops repetitions and keeps later Via lines on replaceFirst', () => {
    const headers = new Headers().add('Via', 'a').add('X', '1').add('Via', 'b').add('X', '2');
    headers.set('x', '3').replaceFirst('Via', 'c');
    expect([...headers].map(({ line }) => line)).toEqual(['Via: c', 'x: 3', 'Via: b']);
  });

  it('splits lists outside quotes and brackets', () => {
    const headers = new Headers()
      .add('Contact', '"a,b" <sip:x,y@h>;q=1, <sip:z@h>')
      .add('m', '<sip:w@h>');
    expect(headers.list('contact')).toEqual(['"a,b" <sip:x,y@h>;q=1', '<sip:z@h>', '<sip:w@h>']);
  });
});
