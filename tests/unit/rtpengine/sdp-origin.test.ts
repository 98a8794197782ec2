import { expect, test } from 'vitest';
import { SdpOrigin, type OriginRules } from '../../../rtpengine/embedded/sdp-origin.ts';
import { formatSdp, parseSdp } from '../../../rtpengine/embedded/sdp.ts';

const ALL: OriginRules = { username: true, sessionName: true, version: true };
const sdp = (origin: string, name: string, direction = 'sendrecv') =>
  parseSdp(`v=0\no=${origin} IN IP4 192.0.2.1\ns=${name}\nm=audio 4 RTP/AVP 0\na=${direction}\n`);
const head = (origin: SdpOrigin, what: ReturnType<typeof sdp>, rules = ALL): string[] =>
  formatSdp(origin.apply(what, rules)).split('\r\n').slice(1, 3);

test('the first SDP is the one the next ones take after', () => {
  const origin = new SdpOrigin();
  expect(head(origin, sdp('alice 77 5', 'phone'))).toEqual([
    'o=alice 77 5 IN IP4 192.0.2.1',
    's=phone',
  ]);
  expect(head(origin, sdp('bob 77 900', 'page', 'sendonly'))).toEqual([
    'o=alice 77 6 IN IP4 192.0.2.1',
    's=phone',
  ]);
});

test('the version grows when something has changed, and only then', () => {
  const origin = new SdpOrigin();
  const versions = ['sendrecv', 'sendrecv', 'sendonly', 'sendonly', 'sendrecv'].map(
    (direction, n) => head(origin, sdp(`- 1 ${9 - n}`, '-', direction))[0]?.split(' ')[2],
  );
  expect(versions).toEqual(['9', '9', '10', '10', '11']);
});

test('nothing is changed unless asked for', () => {
  const origin = new SdpOrigin();
  const rules = { username: false, sessionName: false, version: false };
  head(origin, sdp('alice 1 5', 'phone'), rules);
  expect(head(origin, sdp('bob 2 3', 'page'), rules)).toEqual([
    'o=bob 2 3 IN IP4 192.0.2.1',
    's=page',
  ]);
});
