import { describe, expect, test } from 'vitest';
import { readRequest, required, RequestError } from '../../../rtpengine/embedded/request.ts';
import {
  ANSWER_TO_PAGE,
  ANSWER_TO_PHONE,
  OFFER_TO_PAGE,
  OFFER_TO_PHONE,
} from '../../../rtpengine/profiles.ts';

describe('ng requests', () => {
  test.each(Object.entries({ OFFER_TO_PAGE, ANSWER_TO_PHONE, OFFER_TO_PHONE, ANSWER_TO_PAGE }))(
    'everything the profile %s asks for is honoured',
    (_, profile) => {
      const request = readRequest({
        command: 'offer',
        'call-id': 'c',
        ...profile,
        'delete-delay': 0,
      });
      expect(request.warnings).toEqual([]);
      expect([...request.replace]).toEqual(['origin', 'session-connection']);
      expect(request.protocol).toBe(profile['transport-protocol']);
    },
  );

  test('what is not done is said', () => {
    const request = readRequest({
      command: 'offer',
      flags: ['trust-address', 'loop-protect', 'T38-decode'],
      codec: { transcode: ['opus'] },
      SDES: 'psk',
      ICE: 'optional',
      'media echo': 'blackhole',
    });
    expect(request.warnings).toEqual([
      'flags=loop-protect is not supported',
      'flags=T38-decode is not supported',
      'codec-transcode is not supported',
      'SDES=psk is not supported',
      'ICE=optional is not supported',
      'media-echo is not supported',
    ]);
  });

  test('blanks and dashes are the same', () => {
    const request = readRequest({
      command: 'offer',
      flags: ['generate mid'],
      'rtcp mux': ['offer'],
    });
    expect([...request.flags]).toEqual(['generate-mid']);
    expect(request.warnings).toEqual([]);
  });

  test('values may stand among the flags', () => {
    const request = readRequest({
      command: 'offer',
      flags: ['SDES-off', 'rtcp-mux-demux', 'replace-origin', 'codec-strip-PCMA', 'ICE-force'],
    });
    expect(request.warnings).toEqual([]);
    expect(request.codec.strip).toEqual(['PCMA']);
    expect([...request.rtcpMux]).toEqual(['demux']);
    expect([...request.replace]).toEqual(['origin']);
    expect(request.ice).toBe('force');
  });

  test('WebRTC is short for what a page needs', () => {
    const request = readRequest({ command: 'offer', flags: ['WebRTC'] });
    expect(request).toMatchObject({ protocol: 'UDP/TLS/RTP/SAVPF', ice: 'force', warnings: [] });
    expect([...request.flags]).toEqual(['WebRTC', 'no-rtcp-attribute', 'generate-mid']);
  });

  test('masked and consumed codecs are stripped, since nothing is transcoded', () => {
    const { codec } = readRequest({
      command: 'offer',
      codec: { mask: ['PCMA'], strip: ['G722'], offer: ['PCMU'], except: ['opus'] },
      flags: ['codec-consume-GSM'],
    });
    expect(codec).toEqual({
      strip: ['G722', 'PCMA', 'GSM'],
      offer: ['PCMU'],
      except: ['opus'],
    });
  });

  test('numbers may be written as text', () => {
    const request = readRequest({ command: 'offer', ptime: '30', 'delete delay': 5 });
    expect(request.ptime).toBe(30);
    expect(request.integer('delete-delay')).toBe(5);
    expect(request.integer('limit')).toBeUndefined();
  });

  test('the address of the SIP message takes the place of the one in the SDP on request', () => {
    const from = { 'received-from': ['IP4', '192.0.2.7'] };
    expect(readRequest({ ...from, flags: ['SIP-source-address'] }).sourceAddress).toBe('192.0.2.7');
    expect(readRequest({ ...from, flags: ['trust-address'] }).sourceAddress).toBeUndefined();
    expect(readRequest({ ...from, 'media-address': '192.0.2.9' }).sourceAddress).toBe('192.0.2.9');
  });

  test('a transport that cannot be done is refused', () => {
    expect(() => readRequest({ 'transport-protocol': 'UDPTL' })).toThrow(RequestError);
  });

  test('missing members are named', () => {
    const request = readRequest({ command: 'answer', 'call-id': 'c', 'from-tag': 'f' });
    expect(() => required(request, 'callId', 'fromTag', 'toTag')).toThrow('No to-tag in message');
  });
});
