import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../../common/errors.ts';
import { Agents, callUuidOf, type AgentsOptions } from '../../../server/agents.ts';

const FACTS = {
  callId: 'a b@10.0.0.1',
  caller: 'agent001',
  dialled: '1001',
  phone: 'agent001',
  extension: '1xxx',
  callUuid: callUuidOf('a b@10.0.0.1'),
};
const URL = 'ws://127.0.0.1:8000/api/v1/ws/voice';

function agents(options: AgentsOptions = {}): Agents {
  return new Agents(options, 'ws://127.0.0.1:1/ws');
}

describe('Agents', () => {
  it('are the demo agent alone when nothing is set', () => {
    const all = agents();
    expect(all.default.profile).toEqual({
      path: '/ws/voice',
      name: 'demo',
      dialect: 'talky',
      input: { sampleRate: 16_000, frameMs: 20 },
      output: { encoding: 'auto', sampleRate: 16_000 },
      direct: false,
      earlyConnect: true,
    });
    expect(all.default.targetFor(FACTS).url).toBe(
      'ws://127.0.0.1:1/ws/a%20b%4010.0.0.1?phone_number=agent001&tenant_id=demo&campaign_id=demo&lead_id=demo',
    );
    expect(all.profiles).toEqual({});
  });

  it('differ by extension in what the extension says, and in nothing else', () => {
    const all = agents({
      agent: { url: URL, query: { tenant_id: 't', campaign_id: 'c' }, headers: { 'X-A': '1' } },
      agents: {
        '1xxx': { query: { campaign_id: '{extension}' }, headers: { 'X-B': '2' } },
        '2000': { url: 'wss://other/ws', dialect: 'twilio-media-streams' },
      },
    });
    expect(all.of('1xxx').targetFor(FACTS)).toEqual({
      url: `${URL}/a%20b%4010.0.0.1?phone_number=agent001&tenant_id=t&campaign_id=1xxx`,
      headers: { 'X-A': '1', 'X-B': '2' },
      pingMs: 20_000,
    });
    expect(all.of('default')).toBe(all.default);
    expect(all.of('2000').targetFor(FACTS).url).toBe('wss://other/ws?tenant_id=t&campaign_id=c');
    expect(all.profiles['2000']).toMatchObject({
      dialect: 'twilio-media-streams',
      output: { encoding: 's16le', sampleRate: 8_000 },
    });
    expect(all.urls).toEqual([URL, 'wss://other/ws']);
  });

  it('put facts of the call into query, headers and address, encoded as each needs', () => {
    const agent = agents({
      agent: {
        url: 'ws://host/{extension}/{caller}/ws',
        query: {
          call_id: '{callUuid}',
          to: '{dialled}',
          phone_number: '+{caller}',
          id: '{callId}',
        },
        headers: { 'X-Caller': 'tel:{caller}' },
      },
    }).default;
    const { url, headers } = agent.targetFor({ ...FACTS, caller: 'é&b' });
    expect(url).toBe(
      'ws://host/1xxx/%C3%A9%26b/ws/a%20b%4010.0.0.1?phone_number=%2B%C3%A9%26b' +
        `&call_id=${FACTS.callUuid}&to=1001&id=a+b%4010.0.0.1`,
    );
    expect(headers).toEqual({ 'X-Caller': 'tel:?&b' });
  });

  it('are told who is at the phone, whoever of the two calls', () => {
    const { url } = agents({ agent: { url: URL } }).default.targetFor({
      ...FACTS,
      caller: 'page-1',
      dialled: '555',
      phone: '555',
    });
    expect(new globalThis.URL(url).searchParams.get('phone_number')).toBe('555');
  });

  it('leave out what is empty', () => {
    const { url } = agents({ agent: { url: URL, query: { phone_number: '' } } }).default.targetFor(
      FACTS,
    );
    expect(url).toBe(`${URL}/a%20b%4010.0.0.1`);
  });

  it.each([
    [{ url: 'http://x' }, 'agent.url: http://x is no ws:// or wss:// address'],
    [{ url: URL, query: { a: '{number}' } }, 'agent.query.a: there is no {number}'],
    [{ url: URL, headers: { A: '1' }, direct: true }, 'agent.headers: a page that connects'],
    [{ url: URL, whenDown: 'reject', direct: true }, 'agent.when_down: with direct'],
    [{ url: URL, frameMs: 5 }, 'agent.frame_ms: 5 is not from 10 to 1000'],
    [{ url: URL, pingSeconds: -1 }, 'agent.ping_seconds'],
    [{ url: 'wss://x', ca: '/nowhere/ca.pem' }, 'agent.ca: /nowhere/ca.pem cannot be read'],
  ] satisfies [AgentsOptions['agent'], string][])('%j is refused', (agent, message) => {
    const make = () => agents({ agent });
    expect(make).toThrow(BridgeError);
    expect(make).toThrow(message);
  });
});

describe('callUuidOf', () => {
  it('is the name-based UUID of the Call-ID, as others compute it', () => {
    // python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_URL, "a84b4c76e66710@pc33"))'
    expect(callUuidOf('a84b4c76e66710@pc33')).toBe('caebb317-f745-5ff6-8e74-67c2d8955923');
  });
});
