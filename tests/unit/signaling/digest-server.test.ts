import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  DigestServer,
  type DigestAlgorithm,
  type Verdict,
} from '../../../signaling/digest-server.ts';
import { parseChallenge, writeAuthorization, type Challenge } from '../../../softphone/digest.ts';

const REGISTER = { method: 'REGISTER', uri: 'sip:127.0.0.1' };

let now: number;
let issued: number;
let server: DigestServer;

function serve(algorithm: DigestAlgorithm): void {
  server = new DigestServer({
    realm: 'a "bridge"',
    algorithm,
    users: new Map([['agent001', 'secret']]),
    now: () => now,
    newNonce: () => `n${++issued}`,
  });
}

beforeEach(() => {
  now = 1_000_000;
  issued = 0;
  serve('SHA-256');
});

function challenged(verdict: Verdict): Challenge {
  if (verdict.kind !== 'challenged') throw new Error(verdict.kind);
  const challenge = parseChallenge(verdict.challenge);
  if (!challenge) throw new Error(`not readable: ${verdict.challenge}`);
  return challenge;
}

const challenge = (): Challenge =>
  challenged(server.judge({ ...REGISTER, authorization: undefined }));

function credentials(
  for_: Challenge,
  { password = 'secret', username = 'agent001', nonceCount = 1, method = 'REGISTER' } = {},
): string {
  const request = { method, uri: REGISTER.uri, cnonce: 'c1', nonceCount };
  return writeAuthorization(for_, { username, password }, request);
}

const judge = (authorization: string, request = REGISTER): Verdict =>
  server.judge({ ...request, authorization });

describe('a challenge', () => {
  it('names realm, nonce, algorithm and qop', () => {
    expect(server.judge({ ...REGISTER, authorization: undefined })).toEqual({
      kind: 'challenged',
      challenge: 'Digest realm="a \\"bridge\\"", nonce="n1", algorithm=SHA-256, qop="auth"',
    });
  });

  it.each(['Basic dTpw', 'Digest username="agent001", realm="elsewhere", nonce="x"', ''])(
    'is the answer to %j',
    (authorization) => {
      expect(challenged(judge(authorization)).stale).toBe(false);
    },
  );
});

describe('credentials', () => {
  it.each(['MD5', 'SHA-256'] as const)('with %s are accepted', (algorithm) => {
    serve(algorithm);
    expect(judge(credentials(challenge()))).toEqual({
      kind: 'accepted',
      user: 'agent001',
    });
  });

  it('are known by the example of RFC 7616 §3.9.1', () => {
    const example = new DigestServer({
      realm: 'http-auth@example.org',
      algorithm: 'SHA-256',
      users: new Map([['Mufasa', 'Circle of Life']]),
      now: () => 0,
      newNonce: () => '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    });
    const request = { method: 'GET', uri: '/dir/index.html' };
    example.judge({ ...request, authorization: undefined });
    const authorization = [
      'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html"',
      'algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001',
      'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth',
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
      'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    ].join(', ');
    expect(example.judge({ ...request, authorization })).toMatchObject({ kind: 'accepted' });
  });

  it('with a wrong password or an unknown user are forbidden', () => {
    expect(judge(credentials(challenge(), { password: 'guess' }))).toEqual({ kind: 'forbidden' });
    expect(judge(credentials(challenge(), { username: 'bob' }))).toEqual({ kind: 'forbidden' });
  });

  it('for another method are forbidden, for another URI malformed', () => {
    const given = credentials(challenge());
    expect(judge(given, { ...REGISTER, method: 'INVITE' })).toEqual({ kind: 'forbidden' });
    expect(judge(given, { ...REGISTER, uri: 'sip:other' })).toEqual({ kind: 'malformed' });
  });

  it.each([
    ['without qop', /, qop=auth/],
    ['with a count that is none', /nc=0000/],
    ['with an algorithm that was not offered', /SHA-256/],
  ])('%s are malformed', (_what, part) => {
    expect(judge(credentials(challenge()).replace(part, 'x'))).toEqual({ kind: 'malformed' });
  });

  it('count up; one used twice, or a smaller one, is stale', () => {
    const one = challenge();
    expect(judge(credentials(one, { nonceCount: 1 })).kind).toBe('accepted');
    expect(judge(credentials(one, { nonceCount: 3 })).kind).toBe('accepted');
    expect(challenged(judge(credentials(one, { nonceCount: 3 })))).toMatchObject({
      stale: true,
      nonce: 'n2',
    });
    expect(challenged(judge(credentials(one, { nonceCount: 2 }))).stale).toBe(true);
    expect(judge(credentials(one, { nonceCount: 4 })).kind).toBe('accepted');
  });

  it('are stale five minutes after the challenge, and with a nonce never issued', () => {
    const one = challenge();
    now += 299_999;
    expect(judge(credentials(one)).kind).toBe('accepted');
    now += 1;
    expect(challenged(judge(credentials(one, { nonceCount: 2 }))).stale).toBe(true);
    expect(challenged(judge(credentials({ ...one, nonce: 'mine' }))).stale).toBe(true);
  });

  it('are stale once ten thousand others were challenged', () => {
    const one = challenge();
    for (let i = 0; i < 9_999; i++) challenge();
    expect(judge(credentials(one)).kind).toBe('accepted');
    challenge();
    expect(challenged(judge(credentials(one, { nonceCount: 2 }))).stale).toBe(true);
  });

  it('of any shape are never accepted by chance and never thrown over', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(judge(`Digest ${text}`).kind).not.toBe('accepted');
        expect(judge(`Digest realm="a \\"bridge\\"", ${text}`).kind).not.toBe('accepted');
      }),
    );
  });
});
