import { describe, expect, test } from 'vitest';
import type { Status } from '../../../common/api.ts';
import { BridgeError } from '../../../common/errors.ts';
import { chainOf, type CallHealth, type ChainFacts } from '../../../web/bridge/chain.ts';

const STATUS: Status = {
  version: '1',
  registrations: [
    {
      aor: 'sip:alice@192.0.2.1',
      contact: 'sip:alice@192.0.2.7:5062',
      kind: 'phone',
      userAgent: 'MicroSIP/3.21.6',
      source: '192.0.2.7:5062',
      expiresAt: '2026-01-01T00:00:00Z',
    },
  ],
  phones: [],
  calls: [],
  engines: {
    drachtio: { kind: 'embedded', address: '127.0.0.1:9022', ok: true },
    rtpengine: { kind: 'external', address: '127.0.0.1:22222', ok: true },
  },
  agent: { kind: 'external', address: 'ws://agent', ok: true },
};

const FINE: ChainFacts = {
  status: STATUS,
  registration: { state: 'registered', sentence: 'Registered.' },
  unsupported: undefined,
  calls: [],
};

const CALL: CallHealth = {
  socket: { state: 'open', sentence: '' },
  remarks: [],
  bridgeRemarks: new Map(),
  mediaProblem: undefined,
};

function linkOf(name: string, facts: Partial<ChainFacts>): { light: string; sentence: string } {
  const link = chainOf({ ...FINE, ...facts }).find((each) => each.name === name);
  if (link === undefined) throw new Error(`There is no link ${name}.`);
  return link;
}

describe('chainOf', () => {
  test('is in the order of a call, and all green when all is well', () => {
    expect(chainOf(FINE).map(({ name, light }) => [name, light])).toEqual([
      ['Phone', 'green'],
      ['SIP', 'green'],
      ['Media', 'green'],
      ['Page', 'green'],
      ['Agent', 'green'],
    ]);
  });

  test('says who is registered from where, and what to do when nobody is', () => {
    expect(linkOf('Phone', {}).sentence).toBe('alice from 192.0.2.7:5062');
    expect(linkOf('Phone', { status: { ...STATUS, registrations: [] } })).toMatchObject({
      light: 'amber',
      sentence: 'No phone is registered.',
      todo: 'Set one up as shown below.',
    });
  });

  test('says whether the phones that are registered still answer', () => {
    const [alice] = STATUS.registrations;
    if (alice === undefined) throw new Error('There is no phone.');
    const phones = (...registrations: Status['registrations']) =>
      linkOf('Phone', { status: { ...STATUS, registrations } });
    const bob = { ...alice, aor: 'bob@192.0.2.1' };
    expect(phones({ ...alice, reachable: true, roundTripMs: 2.4 })).toEqual(
      expect.objectContaining({
        light: 'green',
        sentence: 'alice from 192.0.2.7:5062, answers in 2.4 ms',
      }),
    );
    expect(phones({ ...alice, reachable: false })).toMatchObject({
      light: 'amber',
      sentence: 'alice does not answer at 192.0.2.7:5062.',
      todo: 'Is it still on, and in this network?',
    });
    expect(phones(alice, { ...bob, reachable: true }).sentence).toBe('2 phones registered.');
    expect(phones(alice, { ...bob, reachable: false })).toMatchObject({
      light: 'amber',
      sentence: '2 phones registered; no answer from bob.',
    });
  });

  test('knows phones whose SIP comes and whose RTP never did, and those that were refused', () => {
    const seen = { user: 'alice', address: '192.0.2.7', calls: 2, callsWithRtp: 0 };
    expect(linkOf('Phone', { status: { ...STATUS, phones: [seen] } })).toMatchObject({
      light: 'red',
      sentence: 'SIP of alice arrives, and no RTP ever came from 192.0.2.7.',
      code: 'MEDIA_NO_PHONE_RTP',
    });
    expect(linkOf('Phone', { status: { ...STATUS, phones: [{ ...seen, callsWithRtp: 1 }] } })) //
      .toMatchObject({ light: 'green' });
    const phones = [{ ...seen, calls: 0, registerStatus: 403 }];
    expect(linkOf('Phone', { status: { ...STATUS, registrations: [], phones } })).toMatchObject({
      light: 'red',
      sentence: 'alice at 192.0.2.7 was refused (403).',
      code: 'REGISTER_REFUSED',
    });
  });

  test('says of everything that is not green what to do, or by its code where to read it', () => {
    const down = { ...STATUS.agent, ok: false };
    const states: Partial<ChainFacts>[] = [
      { status: undefined, registration: { state: 'idle', sentence: 's' } },
      { registration: { state: 'failed', sentence: 's' } },
      { registration: { state: 'connecting', sentence: 's' } },
      {
        status: {
          ...STATUS,
          registrations: [],
          agent: down,
          engines: { drachtio: down, rtpengine: down },
        },
      },
      { calls: [{ ...CALL, socket: { state: 'reconnecting', sentence: 'Gone.' } }] },
    ];
    for (const facts of states) {
      const links = chainOf({ ...FINE, ...facts }).filter(
        ({ light, sentence }) =>
          light !== 'green' && sentence !== 'Unknown until the bridge answers.',
      );
      expect(links).not.toEqual([]);
      for (const { todo, code } of links) expect(todo ?? code).toBeDefined();
    }
    // Once, where the bridge is lost.
    const lost = chainOf({
      ...FINE,
      status: undefined,
      registration: { state: 'failed', sentence: 's' },
    });
    expect(lost.map(({ todo }) => todo).filter(Boolean)).toEqual([
      'Start it again: npm start. This page finds it by itself.',
    ]);
  });

  test('without a status everything behind the bridge is waited for', () => {
    const lights = chainOf({ ...FINE, status: undefined }).map(({ light }) => light);
    expect(lights).toEqual(['amber', 'amber', 'amber', 'green', 'amber']);
  });

  test('a part that is down is red, with its own sentence', () => {
    const rtpengine = {
      kind: 'external',
      address: 'x',
      ok: false,
      problem: { code: 'RTPENGINE_UNREACHABLE', message: 'Start rtpengine.' },
    } as const;
    const status = { ...STATUS, engines: { ...STATUS.engines, rtpengine } };
    expect(linkOf('Media', { status })).toMatchObject({
      light: 'red',
      sentence: 'Start rtpengine.',
    });
  });

  test('a browser that lacks an API is red whatever the registration says', () => {
    const unsupported = new BridgeError('BROWSER_UNSUPPORTED', 'No X.');
    expect(linkOf('Page', { unsupported })).toEqual({
      name: 'Page',
      light: 'red',
      sentence: 'This browser cannot take calls.',
      todo: 'Open this page in Chrome or Edge.',
      code: 'BROWSER_UNSUPPORTED',
    });
  });

  test.each([
    ['failed', 'red'],
    ['connecting', 'amber'],
    ['idle', 'amber'],
  ] as const)('a page that is %s is %s', (state, light) => {
    expect(linkOf('Page', { registration: { state, sentence: 's' } }).light).toBe(light);
  });

  test('a live call knows better than the last probe of the agent', () => {
    const down = { ...STATUS, agent: { ...STATUS.agent, ok: false } };
    const lost: CallHealth = { ...CALL, socket: { state: 'reconnecting', sentence: 'Gone.' } };
    expect(linkOf('Agent', { status: down }).light).toBe('red');
    expect(linkOf('Agent', { status: down, calls: [CALL] }).light).toBe('green');
    expect(linkOf('Agent', { calls: [CALL, lost] })).toMatchObject({
      light: 'red',
      sentence: 'Gone.',
    });
  });

  test('a live call says what is wrong with its agent and with its media, at the link to blame', () => {
    const lights = (call: Partial<CallHealth>) =>
      chainOf({ ...FINE, calls: [CALL, { ...CALL, ...call }] })
        .filter(({ light }) => light !== 'green')
        .map(({ name, light, code, sentence }) => [name, light, code, sentence]);
    expect(lights({})).toEqual([]);
    expect(lights({ remarks: [{ code: 'AGENT_SLOW', sentence: 'Slow.' }] })).toEqual([
      ['Agent', 'amber', 'AGENT_SLOW', 'Slow.'],
    ]);
    expect(lights({ bridgeRemarks: new Map([['AGENT_SILENCE', 'Silent.']]) })).toEqual([
      ['Agent', 'amber', 'AGENT_SILENCE', 'Silent.'],
    ]);
    expect(lights({ mediaProblem: { code: 'MEDIA_NO_ICE', sentence: 'No ICE.' } })).toEqual([
      ['Media', 'red', 'MEDIA_NO_ICE', 'No ICE.'],
    ]);
    expect(lights({ mediaProblem: { code: 'MEDIA_SILENT', sentence: 'It stopped.' } })).toEqual([
      ['Phone', 'amber', 'MEDIA_SILENT', 'It stopped.'],
    ]);
  });
});
