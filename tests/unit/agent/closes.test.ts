import { describe, expect, it } from 'vitest';
import { explainClose } from '../../../agent/dialects/closes.ts';
import { CLOSE_AGENT_REFUSED, CLOSE_AGENT_UNREACHABLE } from '../../../common/api.ts';

describe('explainClose', () => {
  it.each([
    [1000, 'ended the session'],
    [1001, 'stopped or restarted'],
    [1006, 'look at the network and at the agent’s log'],
    [1008, 'check the origin it allows and the credentials in its headers'],
    [1011, 'its log says which'],
    [1013, 'is busy: allow it more sessions'],
    [3999, 'with code 3999'],
  ])('%i: %s', (code, words) => {
    expect(explainClose(code, '')).toContain(words);
  });

  it('repeats what the agent said, in the close frame or just before it', () => {
    expect(explainClose(1013, 'try later')).toMatch(/It said: “try later”\.$/);
    expect(explainClose(1011, '', 'no STT')).toMatch(/It said: “no STT”\.$/);
  });

  it.each([
    ['dropped', 'dropped without a goodbye'],
    ['no sign of life', 'no sign of life for three pings'],
    ['Max payload size exceeded', 'no WebSocket’s (Max payload size exceeded)'],
  ])('blames no agent for what it has not said: %s', (fact, words) => {
    const sentence = explainClose(1011, `AGENT_CLOSED: ${fact}`);
    expect(sentence).toContain(words);
    expect(sentence).not.toMatch(/It said|error of its own/);
  });

  it('says which parameters a newer revision misses, and how to give them', () => {
    const sentence = explainClose(
      4000,
      'Missing required query parameters',
      'Missing required query parameters: tenant_id, lead_id',
    );
    expect(sentence).toBe(
      'This agent is of a revision that wants parameters and misses tenant_id and lead_id: ' +
        'give them in its query, for instance “tenant_id=1&lead_id=1”.',
    );
    expect(explainClose(4000, '')).toContain('tenant_id=1&campaign_id=1&lead_id=1');
  });

  it.each([
    ['HTTP 400 Bad Request', 'what its query must hold'],
    ['HTTP 401 Unauthorized', 'set its header Authorization'],
    ['HTTP 403 Forbidden', 'check the prefix (/api/v1) and the query'],
    ['HTTP 404 Not Found', 'no such path'],
    ['HTTP 503 Service Unavailable', 'takes no calls just now'],
    ['HTTP 502 Bad Gateway', 'failed (HTTP 502 Bad Gateway)'],
    ['HTTP 307 Temporary Redirect', 'sends us elsewhere'],
    ['HTTP 200 OK', 'is no WebSocket'],
  ])('refused with %s: %s', (fact, words) => {
    expect(explainClose(CLOSE_AGENT_REFUSED, `AGENT_REFUSED: ${fact}`)).toContain(words);
  });

  it.each([
    ['connect ECONNREFUSED 127.0.0.1:9', 'Nothing listens'],
    ['getaddrinfo ENOTFOUND agent', 'host name is not known'],
    ['Opening handshake has timed out', 'does not answer'],
    ['socket hang up', 'hung up before it answered'],
    ['EPROTO wrong version number', 'write ws:// instead of wss://'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT self-signed certificate', 'give its authority’s PEM file as ca'],
    ['CERT_HAS_EXPIRED certificate has expired', 'renew it'],
    ['something else', 'The agent cannot be reached: something else.'],
  ])('not reached, %s: %s', (fact, words) => {
    expect(explainClose(CLOSE_AGENT_UNREACHABLE, `AGENT_UNREACHABLE: ${fact}`)).toContain(words);
  });
});
