import { describe, expect, it } from 'vitest';
import { digestResponse, parseChallenge, writeAuthorization } from '../../../softphone/digest.ts';

const MUFASA = { username: 'Mufasa', password: 'Circle of Life' };
const NONCE = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
const OPAQUE = 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS';
const REQUEST = {
  method: 'GET',
  uri: '/dir/index.html',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  nonceCount: 1,
};

function challenge(algorithm: string) {
  const parsed = parseChallenge(
    `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="${NONCE}", opaque="${OPAQUE}"`,
  );
  if (!parsed) throw new Error('not parsed');
  return parsed;
}

describe('digest', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('computes the %s example of RFC 7616 section 3.9.1', (algorithm, response) => {
    expect(digestResponse(challenge(algorithm), MUFASA, REQUEST)).toBe(response);
  });

  it('writes the parameters in the order of PJSIP', () => {
    expect(writeAuthorization(challenge('MD5'), MUFASA, REQUEST)).toBe(
      'Digest username="Mufasa", realm="http-auth@example.org", ' +
        `nonce="${NONCE}", uri="/dir/index.html", response="8ca523f5e9506fed4657c9700eebdbec", ` +
        `algorithm=MD5, cnonce="${REQUEST.cnonce}", opaque="${OPAQUE}", qop=auth, nc=00000001`,
    );
  });

  it('answers a challenge without qop as RFC 2069 did', () => {
    // The example of RFC 2069 section 2.4, with the response of its erratum 749.
    const parsed = parseChallenge(
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    );
    if (!parsed) throw new Error('not parsed');
    const value = writeAuthorization(
      parsed,
      { username: 'Mufasa', password: 'CircleOfLife' },
      REQUEST,
    );
    expect(value).toContain('response="1949323746fe6a43ef61f9606e7febea"');
    expect(value).not.toMatch(/qop|nc=|cnonce|algorithm/);
  });

  it('reads spelling variants', () => {
    expect(
      parseChallenge('DIGEST realm="a \\"b\\", c",nonce=abc , Algorithm=md5,stale=TRUE,qop="auth"'),
    ).toMatchObject({
      realm: 'a "b", c',
      nonce: 'abc',
      algorithm: 'MD5',
      stale: true,
      qop: 'auth',
    });
  });

  it.each([
    ['another scheme', 'Basic realm="x"'],
    ['an algorithm nobody knows', 'Digest realm="x", nonce="y", algorithm=SHA-512-256'],
    ['integrity protection only', 'Digest realm="x", nonce="y", qop="auth-int"'],
    ['no nonce', 'Digest realm="x"'],
    ['nothing', ''],
  ])('refuses %s', (_what, value) => {
    expect(parseChallenge(value)).toBeUndefined();
  });

  it('escapes quotes and backslashes in names', () => {
    const value = writeAuthorization(
      { ...challenge('MD5'), realm: 'a"b' },
      { username: 'c\\d', password: '' },
      REQUEST,
    );
    expect(value).toContain('username="c\\\\d", realm="a\\"b"');
  });
});
