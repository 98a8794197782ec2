import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { masked } from '../../../signaling/trace/mask.ts';

const REGISTER = [
  'REGISTER sip:127.0.0.1 SIP/2.0',
  'Contact: <sip:agent001:hunter2@127.0.0.1:5070>',
  'Authorization: Digest username="agent001", realm="bridge", nonce="n1",',
  ' uri="sip:127.0.0.1", response="6429f12ffaebb03bb0e0018c6a918058", algorithm=MD5',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

describe('what is masked', () => {
  it('the digest response, folded or not; the nonce and the user stay', () => {
    const text = masked(REGISTER);
    expect(text).toContain(`response="${'*'.repeat(32)}", algorithm=MD5`);
    expect(text).toContain('username="agent001", realm="bridge", nonce="n1"');
    expect(text).not.toContain('6429f12f');
  });

  it('a password in a URI', () => {
    expect(masked(REGISTER)).toContain('<sip:agent001:*******@127.0.0.1:5070>');
  });

  it('other credentials as a whole', () => {
    const text = masked(
      'X\r\nProxy-Authorization: Bearer abc.def\r\nAuthorization: Basic dTpw\r\n\r\n',
    );
    expect(text).toBe(
      'X\r\nProxy-Authorization: Bearer *******\r\nAuthorization: Basic ****\r\n\r\n',
    );
  });

  it('media keys and ICE passwords, not the fingerprint', () => {
    const sdp =
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVC\r\na=ice-pwd:secret\r\na=fingerprint:sha-256 AA\r\n';
    expect(masked(sdp)).toBe(
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:**********\r\na=ice-pwd:******\r\na=fingerprint:sha-256 AA\r\n',
    );
  });
});

it('changes no length, and nothing where nothing is secret', () => {
  const piece = fc.constantFrom(
    'Authorization: ',
    'response="é"',
    'sip:a:b@c',
    ':',
    ' ',
    '\r\n',
    '"',
    'x',
    'a=ice-pwd:ü',
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      expect(Buffer.byteLength(masked(text))).toBe(Buffer.byteLength(text));
    }),
  );
  expect(masked('OPTIONS sip:a@b;x=y SIP/2.0\r\n\r\n')).toBe('OPTIONS sip:a@b;x=y SIP/2.0\r\n\r\n');
});

it('is quick on a message that is made to be slow', () => {
  const evil = `Authorization: ${'sip:a:response= '.repeat(60_000)}`;
  expect(masked(evil)).toHaveLength(evil.length);
});
