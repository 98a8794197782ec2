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
      expect(request.replaceOrigin).toBe(true);
      expect(request.replaceSessionConnection).toBe(true);
      expect(request.protocol).toBe(profile['transport-protocol']);
    },
  );

  test('what is not done is said', () => {
    const request = readRequest({
      command: 'offer',
      flags: ['trust-address', 'record-call'],
      codec: { transcode: ['opus'] },
      SDES: 'psk',
      ICE: 'optional',
    });
    expect(request.warnings).toEqual([
      'flags=record-call is not supported',
      'codec is not supported',
      'SDES=psk is not supported',
      'ICE=optional is not supported',
    ]);
  });

  test('blanks and dashes are the same', () => {
    const request = readRequest({
      command: 'offer',
      flags: ['generate mid'],
      'rtcp mux': ['offer'],
    });
    expect(request.generateMid).toBe(true);
    expect(request.warnings).toEqual([]);
  });

  test('the address of the SIP message takes the place of the one in the SDP on request', () => {
    const from = { 'received-from': ['IP4', '192.0.2.7'] };
    expect(readRequest({ ...from, flags: ['SIP-source-address'] }).sourceAddress).toBe('192.0.2.7');
    expect(readRequest({ ...from, flags: ['trust-address'] }).sourceAddress).toBeUndefined();
  });

  test('a transport that cannot be done is refused', () => {
    expect(() => readRequest({ 'transport-protocol': 'RTP/SAVP' })).toThrow(RequestError);
  });

  test('missing members are named', () => {
    const request = readRequest({ command: 'answer', 'call-id': 'c', 'from-tag': 'f' });
    expect(() => required(request, 'callId', 'fromTag', 'toTag')).toThrow('No to-tag in message');
  });
});
