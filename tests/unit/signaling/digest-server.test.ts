import { readFileSync } from 'node:fs';
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
let algorithms: DigestAlgorithm[];

function serve(algorithm: DigestAlgorithm): void {
  algorithms = [algorithm];
  server = new DigestServer({
    realm: 'a "bridge"',
    nonceLifeMs: 300_000,
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
  const challenge = parseChallenge(verdict.challenges[0] ?? '');
  if (!challenge) throw new Error(`not readable: ${verdict.challenges.join()}`);
  return challenge;
}

const challenge = (): Challenge =>
  challenged(server.judge({ ...REGISTER, authorization: undefined, algorithms }));

function credentials(
  for_: Challenge,
  { password = 'secret', username = 'agent001', nonceCount = 1, method = 'REGISTER' } = {},
): string {
  const request = { method, uri: REGISTER.uri, cnonce: 'c1', nonceCount };
  return writeAuthorization(for_, { username, password }, request);
}

const judge = (authorization: string, request = REGISTER): Verdict =>
  server.judge({ ...request, authorization, algorithms });

describe('a challenge', () => {
  it('names realm, nonce, algorithm and qop', () => {
    expect(server.judge({ ...REGISTER, authorization: undefined, algorithms })).toEqual({
      kind: 'challenged',
      challenges: ['Digest realm="a \\"bridge\\"", nonce="n1", algorithm=SHA-256, qop="auth"'],
    });
  });

  it('comes in each algorithm, with one nonce, and either is taken', () => {
    algorithms = ['SHA-256', 'MD5'];
    const verdict = server.judge({ ...REGISTER, authorization: undefined, algorithms });
    const challenges = (verdict.kind === 'challenged' ? verdict.challenges : []).flatMap(
      (text) => parseChallenge(text) ?? [],
    );
    expect(challenges.map(({ algorithm, nonce }) => [algorithm, nonce])).toEqual([
      ['SHA-256', 'n1'],
      ['MD5', 'n1'],
    ]);
    const [best, known] = challenges;
    if (!best || !known) throw new Error('two challenges were expected');
    expect(judge(credentials(known, { nonceCount: 1 })).kind).toBe('accepted');
    expect(judge(credentials(best, { nonceCount: 2 })).kind).toBe('accepted');
    // A client that answers both, for us and for somebody else on the way.
    const both = [
      'Digest username="u", realm="elsewhere", nonce="x", response="y"',
      credentials(best, { nonceCount: 3 }),
      credentials(known, { nonceCount: 3 }),
    ];
    expect(judge(both.join(',')).kind).toBe('accepted');
  });

  it.each(['SHA-256', 'MD5'] as const)(
    'keeps an INVITE of MicroSIP below 1300 bytes: %s',
    (name) => {
      const invite = readFileSync(
        'tests/integration/drachtio/fixtures/microsip-invite.txt',
        'utf8',
      );
      const asked = parseChallenge(
        `Digest realm="bridge", nonce="0123456789abcdef", algorithm=${name}, qop="auth"`,
      );
      if (!asked) throw new Error('not readable');
      const uri = /^INVITE (\S+)/.exec(invite)?.[1] ?? '';
      const authorization = writeAuthorization(
        asked,
        { username: 'agent001', password: 'secret' },
        { method: 'INVITE', uri, cnonce: '5cc18a6dcc73472e93366a2bbee9c9f0', nonceCount: 1 },
      );
      const lines = invite.trimEnd().split(/\r?\n/);
      const size = [...lines, `Authorization: ${authorization}`, ''].join('\r\n').length;
      expect(size).toBeGreaterThan(1100);
      expect(size).toBeLessThan(1300);
    },
  );

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
      nonceLifeMs: 300_000,
      users: new Map([['Mufasa', 'Circle of Life']]),
      now: () => 0,
      newNonce: () => '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    });
    const request = { method: 'GET', uri: '/dir/index.html' };
    example.judge({ ...request, authorization: undefined, algorithms });
    const authorization = [
      'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html"',
      'algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001',
      'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth',
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
      'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    ].join(', ');
    expect(example.judge({ ...request, authorization, algorithms })).toMatchObject({
      kind: 'accepted',
    });
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
