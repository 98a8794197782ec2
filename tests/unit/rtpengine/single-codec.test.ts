import { expect, test } from 'vitest';
import { singleCodec } from '../../../rtpengine/single-codec.ts';

const sdp = (...media: string[]): string =>
  ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', ...media, ''].join('\r\n');

test('keeps the first codec and the telephone-event on its clock', () => {
  const before = sdp(
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 8 0 110 101',
    'a=rtpmap:111 opus/48000/2',
    'a=rtcp-fb:111 transport-cc',
    'a=fmtp:111 minptime=10',
    'a=rtpmap:8 PCMA/8000',
    'a=rtpmap:110 telephone-event/48000',
    'a=rtpmap:101 telephone-event/8000',
    'a=fmtp:101 0-16',
    'a=sendrecv',
  );
  expect(singleCodec(before)).toBe(
    sdp(
      'm=audio 9 UDP/TLS/RTP/SAVPF 111 110',
      'a=rtpmap:111 opus/48000/2',
      'a=rtcp-fb:111 transport-cc',
      'a=fmtp:111 minptime=10',
      'a=rtpmap:110 telephone-event/48000',
      'a=sendrecv',
    ),
  );
  expect(singleCodec(before.replace('111 8 0 110 101', '0 8 101'))).toContain(
    'm=audio 9 UDP/TLS/RTP/SAVPF 0 101\r\n',
  );
});

test('a companion in front is not taken for the codec', () => {
  expect(
    singleCodec(sdp('m=audio 4000 RTP/AVP 101 8', 'a=rtpmap:101 telephone-event/8000')),
  ).toContain('m=audio 4000 RTP/AVP 101 8\r\n');
});

test('other media stay as they are', () => {
  const video = ['m=video 0 RTP/AVP 96 97', 'a=rtpmap:96 VP8/90000'];
  expect(singleCodec(sdp('m=audio 4000 RTP/AVP 8 0', ...video))).toBe(
    sdp('m=audio 4000 RTP/AVP 8', ...video),
  );
});

test('what is no SDP is left for the engine to refuse', () => {
  expect(singleCodec('nonsense')).toBe('nonsense');
});
