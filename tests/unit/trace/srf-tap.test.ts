/** The frames are those that a real drachtio server sends. */
import { expect, it } from 'vitest';
import { tracedFrame } from '../../../signaling/trace/srf-tap.ts';

const LISTENERS = [
  { protocol: 'ws', host: '127.0.0.1', port: 8088 },
  { protocol: 'udp', host: '127.0.0.1', port: 5060 },
];
const tap = (meta: string, sip: string) => tracedFrame(`${meta}\r\n${sip}`, LISTENERS, 7);
const sip = (startLine: string, transport = 'UDP') =>
  `${startLine}\r\nVia: SIP/2.0/${transport} h;branch=z9hG4bK1\r\nCall-ID: c\r\n\r\n`;

it('a request from the network, with the listener it came in on', () => {
  const text = sip('REGISTER sip:127.0.0.1 SIP/2.0', 'WS');
  expect(
    tap('id|sip|network|287|tcp|127.0.0.1|34270|06:36:18.414189|t||127.0.0.1|8088|', text),
  ).toEqual({
    at: 7,
    direction: 'in',
    protocol: 'ws',
    local: { address: '127.0.0.1', port: 8088 },
    remote: { address: '127.0.0.1', port: 34270 },
    text,
  });
});

it('a response from the network', () => {
  expect(
    tap('id|sip|network|324|udp|127.0.0.1|5070|06:34:36.803080|t|d|', sip('SIP/2.0 180 Ringing')),
  ).toMatchObject({
    direction: 'in',
    protocol: 'udp',
    local: { address: '127.0.0.1', port: 5060 },
    remote: { address: '127.0.0.1', port: 5070 },
  });
});

it('what the application sent: a response with its peer, a request with where it is addressed', () => {
  expect(
    tap(
      'id|response|r|OK|application|243|udp|127.0.0.1|5081|t|t|d||Msg sent:|',
      sip('SIP/2.0 200 OK'),
    ),
  ).toMatchObject({ direction: 'out', remote: { address: '127.0.0.1', port: 5081 } });
  expect(
    tap(
      'id|response|r|OK|application|477|udp|127.0.0.1|5060|t|t|Msg sent:|',
      sip('INVITE sip:c@192.0.2.1:5070 SIP/2.0'),
    ),
  ).toMatchObject({
    direction: 'out',
    local: { address: '127.0.0.1', port: 5060 },
    remote: { address: '192.0.2.1', port: 5070 },
  });
});

it('a BYE of the server’s own', () => {
  expect(
    tap(
      'id|sip|application|302|udp|127.0.0.1|5060|t|unsolicited|d|',
      sip('BYE sip:a@192.0.2.2 SIP/2.0'),
    ),
  ).toMatchObject({
    direction: 'out',
    local: { port: 5060 },
    remote: { address: '192.0.2.2', port: 5060 },
  });
});

it('frames without SIP are no messages', () => {
  expect(tracedFrame('id|response|r|OK', LISTENERS, 0)).toBeUndefined();
  expect(tap('id|response|r|NOK|why', 'no SIP at all')).toBeUndefined();
  expect(tap('id|cdr:start|network|t|uac', sip('SIP/2.0 200 OK'))).toBeUndefined();
});
