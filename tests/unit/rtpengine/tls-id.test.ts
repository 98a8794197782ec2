import { describe, expect, test } from 'vitest';
import { withTlsId } from '../../../rtpengine/tls-id.ts';

const PAGE = [
  'v=0',
  'm=audio 9 UDP/TLS/RTP/SAVPF 0',
  'a=ice-ufrag:abcd',
  'a=fingerprint:sha-256 0A:FF:10',
  'a=setup:active',
  '',
].join('\r\n');

describe('withTlsId (RFC 8842 §5)', () => {
  test('names the association after its fingerprint, the same across an ICE restart', () => {
    const named = withTlsId(PAGE);
    expect(named).toBe(
      PAGE.replace(
        'a=fingerprint:sha-256 0A:FF:10\r\n',
        'a=fingerprint:sha-256 0A:FF:10\r\na=tls-id:0aff10\r\n',
      ),
    );
    const restarted = withTlsId(PAGE.replace('abcd', 'efgh'));
    expect(/a=tls-id:(.*)/.exec(restarted)?.[1]).toBe(/a=tls-id:(.*)/.exec(named)?.[1]);
  });

  test('leaves alone what names it, and what has no DTLS', () => {
    const own = `${PAGE}a=tls-id:its-own-name-of-20-letters\r\n`;
    expect(withTlsId(own)).toBe(own);
    const phone = 'v=0\r\nm=audio 4000 RTP/AVP 0\r\n';
    expect(withTlsId(phone)).toBe(phone);
  });

  test('a fingerprint on the last line, without an end of line', () => {
    expect(withTlsId('a=fingerprint:sha-256 AA:BB')).toBe(
      'a=fingerprint:sha-256 AA:BB\r\na=tls-id:aabb',
    );
  });
});
