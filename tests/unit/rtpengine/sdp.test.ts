import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rewriteSdp, type Rewrite } from '../../../rtpengine/embedded/sdp-rewrite.ts';
import {
  audioIndex,
  formatSdp,
  parseSdp,
  rtpEndpoints,
  SdpError,
  transportOf,
} from '../../../rtpengine/embedded/sdp.ts';

const PHONE = `v=0
o=- 4004319936 4004319936 IN IP4 192.168.1.20
s=pjmedia
b=AS:84
t=0 0
a=X-nat:0
m=audio 4000 RTP/AVP 8 0 101
c=IN IP4 192.168.1.20
b=TIAS:64000
a=rtcp:4001 IN IP4 192.168.1.20
a=sendonly
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=ssrc:1627449013 cname:7cded22270fec433
`;

const PAGE = `v=0
o=- 4611732 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 1
a=extmap-allow-mixed
a=msid-semantic: WMS stream
m=audio 50123 UDP/TLS/RTP/SAVPF 8 101
c=IN IP4 192.0.2.44
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1 1 udp 2113937151 1f2e.local 50123 typ host generation 0 network-cost 999
a=candidate:2 1 udp 2113937151 192.0.2.44 50123 typ host generation 0
a=candidate:3 1 tcp 1518280447 192.0.2.44 9 typ host tcptype active
a=candidate:4 1 udp 2113939711 2001:db8::7 50124 typ host
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=ice-options:trickle
a=fingerprint:sha-256 AB:CD
a=setup:active
a=mid:1
a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=recvonly
a=msid:stream track
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:8 PCMA/8000
a=rtcp-fb:8 transport-cc
a=rtpmap:101 telephone-event/8000
a=ssrc:123 cname:x
`;

const TO_PAGE: Rewrite = {
  address: '127.0.0.1',
  port: 42002,
  protocol: 'UDP/TLS/RTP/SAVPF',
  audio: 0,
  transport: ['rtcp:42002', 'rtcp-mux', 'setup:actpass', 'ice-ufrag:u'],
  mids: ['1'],
  replaceOrigin: true,
  replaceSessionConnection: true,
};
const TO_PHONE: Rewrite = {
  ...TO_PAGE,
  port: 42000,
  protocol: 'RTP/AVP',
  transport: ['rtcp:42001'],
  mids: undefined,
};

const rewrite = (text: string, how: Rewrite): string =>
  formatSdp(rewriteSdp(parseSdp(text), how)).replaceAll('\r\n', '\n');

describe('rewriting', () => {
  test('from the phone to the page', () => {
    expect(rewrite(PHONE, TO_PAGE)).toBe(`v=0
o=- 4004319936 4004319936 IN IP4 127.0.0.1
s=pjmedia
b=AS:84
t=0 0
a=X-nat:0
m=audio 42002 UDP/TLS/RTP/SAVPF 8 0 101
c=IN IP4 127.0.0.1
b=TIAS:64000
a=mid:1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=sendonly
a=rtcp:42002
a=rtcp-mux
a=setup:actpass
a=ice-ufrag:u
`);
  });

  test('from the page to the phone', () => {
    expect(rewrite(PAGE, TO_PHONE)).toBe(`v=0
o=- 4611732 2 IN IP4 127.0.0.1
s=-
t=0 0
m=audio 42000 RTP/AVP 8 101
c=IN IP4 127.0.0.1
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=recvonly
a=rtcp:42001
`);
  });

  test('sections the relay does not carry are switched off, not left out', () => {
    const video = 'm=video 4002 RTP/AVP 96\na=rtpmap:96 VP8/90000\n';
    expect(rewrite(PHONE + video, { ...TO_PAGE, mids: ['1', '2'] })).toMatch(
      /\nm=video 0 UDP\/TLS\/RTP\/SAVPF 96\na=mid:2\n$/,
    );
  });

  test('a refused stream stays refused', () => {
    expect(rewrite(PAGE.replace('50123 UDP', '0 UDP'), TO_PHONE)).toContain('m=audio 0 RTP/AVP 8');
  });

  test('addresses of the session are only replaced on request', () => {
    const text = PHONE.replace('t=0 0', 'c=IN IP4 192.168.1.20\nt=0 0');
    const kept = rewrite(text, {
      ...TO_PAGE,
      replaceOrigin: false,
      replaceSessionConnection: false,
    });
    expect(kept).toContain('o=- 4004319936 4004319936 IN IP4 192.168.1.20\n');
    expect(kept).toContain('c=IN IP4 192.168.1.20\nt=0 0');
    expect(rewrite(text, TO_PAGE)).not.toContain('192.168');
  });
});

describe('direction', () => {
  const toPage = (text: string, how: Partial<Rewrite> = {}): string[] =>
    rewrite(text, { ...TO_PAGE, ...how })
      .split('\n')
      .filter((line) => /^a=(sendrecv|sendonly|recvonly|inactive)$/.test(line));
  const bare = PHONE.replace('a=sendonly\n', '');

  test.each([
    ['nothing said', bare, 'sendrecv'],
    ['said for the session', bare.replace('a=X-nat:0', 'a=recvonly'), 'recvonly'],
    ['said for both', PHONE.replace('a=X-nat:0', 'a=recvonly'), 'sendonly'],
    ['the old hold', bare.replace('IN IP4 192.168.1.20\nb=T', 'IN IP4 0.0.0.0\nb=T'), 'sendonly'],
    [
      'the old hold of one who only receives',
      PHONE.replace('sendonly', 'recvonly').replace('c=IN IP4 192.168.1.20', 'c=IN IP4 0.0.0.0'),
      'inactive',
    ],
    [
      'a page without an address yet',
      PAGE.replace('192.0.2.44\na=rtcp', '0.0.0.0\na=rtcp'),
      'recvonly',
    ],
  ])('%s', (_, text, direction) => {
    expect(toPage(text)).toEqual([`a=${direction}`]);
  });

  test('the old hold is left as it was written on request', () => {
    const held = bare.replace('c=IN IP4 192.168.1.20', 'c=IN IP4 0.0.0.0');
    expect(toPage(held, { originalSendrecv: true })).toEqual(['a=sendrecv']);
  });

  test('another packet time takes the place of the one that is written', () => {
    const lines = rewrite(PHONE, { ...TO_PAGE, ptime: 30 }).split('\n');
    expect(lines.filter((line) => line.startsWith('a=ptime'))).toEqual(['a=ptime:30']);
  });
});

describe('reading', () => {
  const endpoints = (text: string): unknown => {
    const sdp = parseSdp(text);
    return rtpEndpoints(sdp, audioIndex(sdp));
  };

  test("the phone's addresses", () => {
    expect(endpoints(PHONE)).toEqual({
      rtp: { address: '192.168.1.20', port: 4000 },
      rtcp: { address: '192.168.1.20', port: 4001 },
    });
  });

  test('RTCP is a port up unless the SDP says otherwise', () => {
    expect(endpoints(PHONE.replace(/a=rtcp.*\n/, ''))).toMatchObject({ rtcp: { port: 4001 } });
    expect(endpoints(PHONE.replace(/a=rtcp.*\n/, 'a=rtcp:53020\n'))).toMatchObject({
      rtcp: { address: '192.168.1.20', port: 53020 },
    });
  });

  test.each([
    ['port 0', PHONE.replace('audio 4000', 'audio 0')],
    ['0.0.0.0, the old hold', PHONE.replace('c=IN IP4 192.168.1.20', 'c=IN IP4 0.0.0.0')],
    ['a name', PHONE.replace('c=IN IP4 192.168.1.20', 'c=IN IP4 phone.example')],
    ['no address', PHONE.replace('c=IN IP4 192.168.1.20\n', '')],
  ])('%s is no place to send to', (_, text) => {
    expect(endpoints(text)).toEqual({ rtp: undefined, rtcp: undefined });
  });

  test.each([
    ['RTP has the last one', PHONE.replace('4000', '65535').replace(/a=rtcp.*\n/, ''), 65_535],
    ['the SDP says so', PHONE.replace(/a=rtcp.*\n/, 'a=rtcp:65536\n'), 4000],
  ])('a port that there is not is no place for RTCP: %s', (_, text, port) => {
    expect(endpoints(text)).toEqual({ rtp: { address: '192.168.1.20', port }, rtcp: undefined });
  });

  test("the page's transport, with only the candidates that can be used", () => {
    expect(transportOf(parseSdp(PAGE), 0)).toEqual({
      ufrag: 'abcd',
      pwd: 'abcdefghijklmnopqrstuvwx',
      fingerprint: 'sha-256 AB:CD',
      setup: 'active',
      candidates: [
        '2 1 udp 2113937151 192.0.2.44 50123 typ host generation 0',
        '4 1 udp 2113939711 2001:db8::7 50124 typ host',
      ],
    });
  });

  test('the transport may stand in the session part', () => {
    const lines = [
      'a=ice-ufrag:abcd',
      'a=ice-pwd:abcdefghijklmnopqrstuvwx',
      'a=fingerprint:sha-256 AB:CD',
    ];
    let text = PAGE;
    for (const line of lines) text = text.replace(`${line}\n`, '');
    text = text.replace('t=0 0\n', `t=0 0\n${lines.join('\n')}\n`);
    expect(transportOf(parseSdp(text), 0)).toMatchObject({
      ufrag: 'abcd',
      fingerprint: 'sha-256 AB:CD',
    });
  });

  test('the audio is found among other media', () => {
    const video = 'm=video 4002 RTP/AVP 96\n';
    expect(audioIndex(parseSdp(PHONE.replace('m=audio', `${video}m=audio`)))).toBe(1);
  });

  test.each([
    ['', 'begin with v=0'],
    ['hello', 'Not an SDP line: hello'],
    ['v=0\ns=-', 'no media'],
    ['v=0\nm=video 1 RTP/AVP 96', 'no audio'],
    ['v=0\nm=audio x RTP/AVP 0', 'Not a media line'],
    ['v=0\nm=audio 65536 RTP/AVP 0', 'Not a media line'],
    ['v=0\nm=audio 1 RTP/AVP 0', 'no ICE credentials'],
    ['v=0\nm=audio 1 RTP/AVP 0\na=ice-ufrag:a\na=ice-pwd:b', 'no DTLS fingerprint'],
  ])('%j is refused: %s', (text, why) => {
    const read = (): unknown => {
      const sdp = parseSdp(text);
      return transportOf(sdp, audioIndex(sdp));
    };
    expect(read).toThrow(SdpError);
    expect(read).toThrow(why);
  });

  test('formatting gives back what was parsed', () => {
    expect(formatSdp(parseSdp(PHONE)).replaceAll('\r\n', '\n')).toBe(PHONE);
  });

  test('any mixture of lines is rewritten or refused with an SdpError', () => {
    const line = fc.constantFrom(
      ...PHONE.split('\n'),
      ...PAGE.split('\n'),
      'm=audio',
      'c=IN',
      'a=rtcp:',
      'o=',
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        try {
          const sdp = parseSdp(['v=0', ...lines].join('\n'));
          const audio = audioIndex(sdp);
          rtpEndpoints(sdp, audio);
          const out = formatSdp(rewriteSdp(sdp, { ...TO_PHONE, audio }));
          expect(out).not.toMatch(/^a=(ice-|candidate|fingerprint|setup|group|ssrc)/m);
          expect(out).not.toMatch(/^c=.*192/m);
          // One section for each that came, and one direction for the one that is carried.
          expect(out.match(/^m=/gm)?.length).toBe(sdp.media.length);
          expect(out.match(/^a=(sendrecv|sendonly|recvonly|inactive)\r$/gm)?.length).toBe(1);
          // What has been rewritten once reads as what it is, and says the same again.
          const again = parseSdp(out);
          expect(audioIndex(again)).toBe(audio);
          expect(formatSdp(rewriteSdp(again, { ...TO_PHONE, audio }))).toBe(out);
          transportOf(sdp, audio);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(SdpError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
