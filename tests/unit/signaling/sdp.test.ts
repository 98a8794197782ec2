import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerDirection, directionOf, lockCodec } from '../../../signaling/sdp.ts';

const MICROSIP = [
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
].join('\r\n');

describe('lockCodec', () => {
  it("keeps MicroSIP's first codec and telephone-event, and every other line", () => {
    expect(lockCodec(MICROSIP)).toBe(
      MICROSIP.replace('RTP/AVP 8 0 101', 'RTP/AVP 8 101').replace('a=rtpmap:0 PCMU/8000\r\n', ''),
    );
  });

  it('takes the first codec it carries, not the first one offered', () => {
    const offer = MICROSIP.replace('8 0 101', '96 9 0 8 101').replace(
      'a=rtpmap:8 ',
      'a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 ',
    );
    const locked = lockCodec(offer);
    expect(locked).toContain('m=audio 4000 RTP/AVP 0 101\r\n');
    expect(locked).not.toMatch(/a=(rtpmap|fmtp):(96|9|8) /);
  });

  it('knows static payload types without an rtpmap line', () => {
    const offer = 'v=0\r\nm=audio 9 RTP/AVP 18 0\r\n';
    expect(lockCodec(offer)).toBe('v=0\r\nm=audio 9 RTP/AVP 0\r\n');
  });

  it('accepts encoding names in any case and with a channel count', () => {
    const offer = 'v=0\r\nm=audio 9 RTP/AVP 97\r\na=rtpmap:97 pcma/8000/1\r\n';
    expect(lockCodec(offer)).toBe(offer);
  });

  it('leaves other media sections alone', () => {
    const offer = `${MICROSIP}m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n`;
    expect(lockCodec(offer)).toContain('m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n');
  });

  it('finds nothing in an offer without G.711, without audio, or without sense', () => {
    expect(lockCodec('v=0\r\nm=audio 9 RTP/AVP 9\r\n')).toBeUndefined();
    expect(lockCodec('v=0\r\nm=video 9 RTP/AVP 96\r\n')).toBeUndefined();
    expect(lockCodec('')).toBeUndefined();
  });

  it('never throws, whatever a phone sends', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        lockCodec(text);
        lockCodec(`m=audio ${text}`);
      }),
    );
  });
});

describe('answerDirection', () => {
  const answer = MICROSIP.replace('8 0 101', '8 101');

  it.each([
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
    ['sendrecv', 'sendrecv'],
  ])('mirrors %s as %s and counts the version up', (offered, answered) => {
    const result = answerDirection(answer, MICROSIP.replace('a=sendrecv', `a=${offered}`));
    expect(directionOf(result)).toBe(answered);
    expect(result).toContain('o=- 4004319936 4004319937 IN');
    expect(result.match(/a=(send|recv|inactive)/g)).toHaveLength(1);
  });

  it('takes an offer without a direction as sendrecv', () => {
    expect(directionOf('v=0\r\nm=audio 9 RTP/AVP 0\r\n')).toBe('sendrecv');
  });
});
