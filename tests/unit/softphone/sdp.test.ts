import { describe, expect, it } from 'vitest';
import { answerDirection, chooseFormat, parseSdp, writeSdp } from '../../../softphone/sdp.ts';

const LOCAL = {
  address: '127.0.0.1',
  port: 4000,
  sessionId: 4004319936,
  version: 4004319936,
  formats: [
    { codec: 'pcma', payloadType: 8 },
    { codec: 'pcmu', payloadType: 0 },
  ],
  eventPayloadType: 101,
  direction: 'sendrecv',
  ssrc: 1627449013,
  cname: '7cded22270fec433',
} as const;

/** An offer of MicroSIP, line by line. */
const OFFER = [
  'v=0',
  'o=- 4004319936 4004319936 IN IP4 127.0.0.1',
  's=pjmedia',
  'b=AS:84',
  't=0 0',
  'a=X-nat:0',
  'm=audio 4000 RTP/AVP 8 0 101',
  'c=IN IP4 127.0.0.1',
  'b=TIAS:64000',
  'a=rtcp:4001 IN IP4 127.0.0.1',
  'a=sendrecv',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ssrc:1627449013 cname:7cded22270fec433',
  '',
];

describe('SDP', () => {
  it('offers what MicroSIP offers, byte for byte', () => {
    expect(writeSdp(LOCAL)).toBe(OFFER.join('\r\n'));
    expect(writeSdp(LOCAL)).toHaveLength(331);
  });

  it('puts any direction but sendrecv at the end, as PJSIP does on hold', () => {
    const lines = writeSdp({ ...LOCAL, direction: 'sendonly' }).split('\r\n');
    expect(lines).not.toContain('a=sendrecv');
    expect(lines.slice(-3)).toEqual(['a=ssrc:1627449013 cname:7cded22270fec433', 'a=sendonly', '']);
  });

  it('answers one codec, without events when none were offered', () => {
    const answer = writeSdp({
      ...LOCAL,
      formats: [{ codec: 'pcmu', payloadType: 0 }],
      eventPayloadType: undefined,
    });
    expect(answer).toContain('m=audio 4000 RTP/AVP 0\r\n');
    expect(answer).not.toContain('telephone-event');
  });

  it('reads its own offer', () => {
    expect(parseSdp(writeSdp(LOCAL))).toEqual({
      address: '127.0.0.1',
      port: 4000,
      rtcpAddress: '127.0.0.1',
      rtcpPort: 4001,
      formats: LOCAL.formats,
      eventPayloadType: 101,
      direction: 'sendrecv',
    });
  });

  it('reads session-level address and direction, static types and other numbers', () => {
    const sdp =
      'v=0\no=- 1 1 IN IP4 h\ns=-\nc=IN IP4 192.0.2.1/127\nt=0 0\na=inactive\n' +
      'm=video 9 RTP/AVP 96\nm=audio 0 RTP/AVP 0\nm=audio 30000 RTP/AVP 18 0 97 96\n' +
      'a=rtpmap:97 pcma/8000/1\na=rtpmap:96 telephone-event/8000\na=rtcp:40000\n';
    expect(parseSdp(sdp)).toEqual({
      address: '192.0.2.1',
      port: 30000,
      rtcpAddress: '192.0.2.1',
      rtcpPort: 40000,
      formats: [
        { codec: 'pcmu', payloadType: 0 },
        { codec: 'pcma', payloadType: 97 },
      ],
      eventPayloadType: 96,
      direction: 'inactive',
    });
  });

  it.each([
    ['no media', 'v=0\r\nc=IN IP4 1.2.3.4\r\n'],
    ['a refused stream', 'v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 0 RTP/AVP 0\r\n'],
    ['encrypted media', 'v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'],
    ['no address', 'v=0\r\nm=audio 9 RTP/AVP 0\r\n'],
    ['an impossible port', 'v=0\r\nc=IN IP4 1.2.3.4\r\nm=audio 70000 RTP/AVP 0\r\n'],
    ['nothing', ''],
  ])('finds nothing to talk to in an SDP with %s', (_what, sdp) => {
    expect(parseSdp(sdp)).toBeUndefined();
  });

  it("lets the offerer's order rule", () => {
    const offer = parseSdp(writeSdp(LOCAL));
    expect(chooseFormat(offer?.formats ?? [], ['pcmu', 'pcma'])?.codec).toBe('pcma');
    expect(chooseFormat(offer?.formats ?? [], ['pcmu'])?.codec).toBe('pcmu');
    expect(chooseFormat([], ['pcmu'])).toBeUndefined();
  });

  it.each([
    ['sendrecv', false, 'sendrecv'],
    ['sendonly', false, 'recvonly'],
    ['recvonly', false, 'sendonly'],
    ['inactive', false, 'inactive'],
    ['sendrecv', true, 'sendonly'],
    ['sendonly', true, 'inactive'],
  ] as const)('answers %s (held here: %s) with %s', (offered, held, answer) => {
    expect(answerDirection(offered, held)).toBe(answer);
  });
});
