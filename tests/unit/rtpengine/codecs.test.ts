import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyCodecRules, type CodecRules } from '../../../rtpengine/embedded/codecs.ts';
import { mediaLine } from '../../../rtpengine/embedded/sdp.ts';

const SECTION = [
  'm=audio 4000 RTP/AVP 111 9 8 0 101 110',
  'c=IN IP4 192.0.2.1',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 useinbandfec=1',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=rtpmap:110 telephone-event/48000',
  'a=sendrecv',
];
const NONE: CodecRules = { strip: [], offer: [], except: [] };
const formats = (rules: Partial<CodecRules>): string =>
  mediaLine(applyCodecRules(SECTION, { ...NONE, ...rules })).formats.join(' ');

describe('codec rules', () => {
  test.each([
    ['none', {}, '111 9 8 0 101 110'],
    ['strip by name', { strip: ['PCMA'] }, '111 9 0 101 110'],
    ['strip a codec that has no rtpmap', { strip: ['G722'] }, '111 8 0 101 110'],
    ['strip by payload type', { strip: ['0'] }, '111 9 8 101 110'],
    ['names in any case', { strip: ['pcmu', 'OPUS'] }, '9 8 101 110'],
    ['parameters have to fit', { strip: ['telephone-event/48000', 'opus/16000'] }, '111 9 8 0 101'],
    ['channels too', { strip: ['opus/48000/1'] }, '111 9 8 0 101 110'],
    ['strip all except', { strip: ['all'], except: ['PCMA', 'telephone-event'] }, '8 101 110'],
    ['strip all and offer, in its order', { strip: ['all'], offer: ['PCMU', 'PCMA'] }, '0 8'],
    ['offer orders what is there', { offer: ['PCMU', 'GSM'] }, '0 111 9 8 101 110'],
    [
      'all that is left must be a codec',
      { strip: ['opus', 'G722', '8', '0'] },
      '111 9 8 0 101 110',
    ],
    ['strip all leaves the list alone', { strip: ['all'] }, '111 9 8 0 101 110'],
  ])('%s', (_, rules, expected) => {
    expect(formats(rules)).toBe(expected);
  });

  test('what describes a stripped codec goes with it', () => {
    const lines = applyCodecRules(SECTION, { ...NONE, strip: ['opus'] });
    expect(lines.join('\n')).not.toMatch(/111/);
    expect(lines).toContain('a=rtpmap:8 PCMA/8000');
  });

  test('whatever the rules, what comes out was there before, once, and has a codec', () => {
    const name = fc.constantFrom('PCMA', 'PCMU', 'opus', 'all', '9', 'telephone-event', 'x', '');
    const names = fc.array(name, { maxLength: 6 });
    fc.assert(
      fc.property(names, names, names, (strip, offer, except) => {
        const { formats: left } = mediaLine(applyCodecRules(SECTION, { strip, offer, except }));
        expect(new Set(left).size).toBe(left.length);
        expect(left.some((each) => ['111', '9', '8', '0'].includes(each))).toBe(true);
        for (const each of left) expect(mediaLine(SECTION).formats).toContain(each);
      }),
    );
  });
});
