import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  asNextVersion,
  carriedCodecs,
  codecOf,
  directionOf,
  isHold,
  lockCodec,
  lockEncoding,
  standInOffer,
  standingAnswer,
} from '../../../signaling/sdp.ts';

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

  it('agrees on no comfort noise, which would let the page leave out packets of the agent', () => {
    const offer = MICROSIP.replace('8 0 101', '8 0 13 101').replace(
      'a=rtpmap:101 ',
      'a=rtpmap:13 CN/8000\r\na=rtpmap:101 ',
    );
    expect(lockCodec(offer)).toBe(lockCodec(MICROSIP));
    expect(carriedCodecs(offer)).toBe(carriedCodecs(MICROSIP));
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

describe('lockCodec with codecs by preference', () => {
  const wide = [
    'v=0',
    'm=audio 4000 RTP/AVP 8 0 9 96 101 102',
    'a=rtpmap:96 opus/48000/2',
    'a=fmtp:96 useinbandfec=1',
    'a=rtpmap:101 telephone-event/8000',
    'a=rtpmap:102 telephone-event/48000',
    '',
  ].join('\r\n');

  it('takes the first of ours that is offered, with the telephone-event of its clock', () => {
    expect(lockCodec(wide, ['G722', 'PCMU'])).toContain('m=audio 4000 RTP/AVP 9 101\r\n');
    expect(lockCodec(wide, ['opus', 'G722'])).toContain('m=audio 4000 RTP/AVP 96 102\r\n');
    expect(lockCodec(wide, ['opus'])).toContain('a=fmtp:96 useinbandfec=1\r\n');
    expect(lockCodec(MICROSIP, ['G722', 'PCMU', 'PCMA'])).toContain('RTP/AVP 0 101\r\n');
    expect(lockCodec(MICROSIP, ['G722'])).toBeUndefined();
  });

  it('takes what engine and page cannot carry out of the offer', () => {
    const odd = 'v=0\r\nm=audio 4000 RTP/AVP 18 3 0\r\na=rtpmap:18 G729/8000\r\n';
    expect(lockCodec(odd)).toBe('v=0\r\nm=audio 4000 RTP/AVP 0\r\n');
    // L16, that MicroSIP and baresip can be told to prefer, and no browser has.
    const l16 = MICROSIP.replace('8 0 101', '97 10 8 0 101').replace(
      'a=rtpmap:8 ',
      'a=rtpmap:97 L16/16000\r\na=rtpmap:10 L16/44100/2\r\na=rtpmap:8 ',
    );
    expect(lockCodec(l16)).toBe(lockCodec(MICROSIP));
    expect(lockCodec(l16, ['opus', 'G722', 'PCMU', 'PCMA'])).toContain('RTP/AVP 0 101\r\n');
  });
});

describe('lockCodec with a codec in use', () => {
  it('keeps that one, wherever it stands, or finds none', () => {
    expect(lockEncoding(MICROSIP, 'PCMU/8000')).toContain('RTP/AVP 0 101\r\n');
    expect(lockEncoding('v=0\r\nm=audio 9 RTP/AVP 0\r\n', 'PCMA/8000')).toBeUndefined();
  });
});

describe('carriedCodecs', () => {
  it('keeps every codec the bridge carries, in order, and telephone-event of 8 kHz', () => {
    const page = [
      'v=0',
      'm=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8 110 126',
      'a=rtpmap:111 opus/48000/2',
      'a=rtpmap:9 G722/8000',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:8 PCMA/8000',
      'a=rtpmap:110 telephone-event/48000',
      'a=rtpmap:126 telephone-event/8000',
      '',
    ].join('\r\n');
    expect(carriedCodecs(page)).toBe(
      [
        'v=0',
        'm=audio 9 UDP/TLS/RTP/SAVPF 0 8 126',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:8 PCMA/8000',
        'a=rtpmap:126 telephone-event/8000',
        '',
      ].join('\r\n'),
    );
    expect(codecOf(carriedCodecs(page) ?? '')).toBe('PCMU/8000');
  });

  it('finds nothing where nothing fits', () => {
    expect(carriedCodecs('v=0\r\nm=audio 9 RTP/AVP 18 101\r\n')).toBeUndefined();
  });
});

describe('standingAnswer', () => {
  const answer = MICROSIP.replace('8 0 101', '8 101');

  it.each([
    ['sendonly', 'recvonly'],
    ['recvonly', 'sendonly'],
    ['inactive', 'inactive'],
    ['sendrecv', 'sendrecv'],
  ])('mirrors %s as %s', (offered, answered) => {
    const result = standingAnswer(answer, MICROSIP.replace('a=sendrecv', `a=${offered}`));
    expect(directionOf(result)).toBe(answered);
    expect(result.match(/a=(send|recv|inactive)/g)).toHaveLength(1);
  });

  it('settles the DTLS role that an offer left open', () => {
    const result = standingAnswer(`${answer}a=setup:actpass\r\n`, MICROSIP);
    expect(result).toContain('\r\na=setup:active\r\n');
    expect(result).not.toContain('actpass');
  });
});

describe('asNextVersion', () => {
  it('counts the version up when anything differs, under the origin sent before', () => {
    const next = MICROSIP.replace('a=sendrecv', 'a=inactive').replace('o=- 4004319936', 'o=- 7');
    expect(asNextVersion(next, MICROSIP)).toBe(
      MICROSIP.replace('a=sendrecv', 'a=inactive').replace(
        'o=- 4004319936 4004319936',
        'o=- 4004319936 4004319937',
      ),
    );
  });

  it('leaves alone what is the same', () => {
    const same = MICROSIP.replace('o=- 4004319936 4004319936', 'o=- 7 9');
    expect(asNextVersion(same, MICROSIP)).toBe(MICROSIP);
  });
});

describe('isHold', () => {
  it.each(['sendonly', 'recvonly', 'inactive'])('%s is hold', (direction) => {
    expect(isHold(MICROSIP.replace('a=sendrecv', `a=${direction}`))).toBe(true);
  });

  it('so is an address of zeros; sendrecv, or no direction at all, is none', () => {
    expect(isHold(MICROSIP.replace(/c=IN IP4 .*/, 'c=IN IP4 0.0.0.0'))).toBe(true);
    expect(isHold(MICROSIP)).toBe(false);
    expect(isHold('v=0\r\nm=audio 9 RTP/AVP 0\r\n')).toBe(false);
  });
});

it('the stand-in for a phone that offers nothing has one codec and telephone-event', () => {
  expect(lockCodec(standInOffer('192.0.2.7'))).toBe(standInOffer('192.0.2.7'));
  expect(isHold(standInOffer('192.0.2.7'))).toBe(false);
});
