/** Several engines as one: whom a call goes to, and what happens when one of them dies. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogLevel } from '../../../common/log.ts';
import { startRtpengine, type RtpengineServer } from '../../../rtpengine/embedded/server.ts';
import { EnginePool } from '../../../rtpengine/engine-pool.ts';
import { OFFER_TO_PAGE } from '../../../rtpengine/profiles.ts';
import { freePort } from '../../support/free-port.ts';
import { openSocket, RtpPhone } from '../../support/rtp.ts';

const start = async (
  portMin: number,
  port?: number,
  portMax = portMin + 11,
): Promise<RtpengineServer> =>
  startRtpengine({
    ng: { host: '127.0.0.1', port: port ?? (await freePort()) },
    rtp: { host: '127.0.0.1', portMin, portMax },
  });

describe('engine pool', () => {
  let engines: RtpengineServer[];
  let pool: EnginePool;
  let phone: RtpPhone;
  let lines: string[];

  beforeEach(async () => {
    lines = [];
    engines = [await start(20_000), await start(20_100)];
    phone = await RtpPhone.open();
    pool = new EnginePool({
      addresses: engines.map(({ ngPort }) => ({ host: '127.0.0.1', port: ngPort })),
      log: (level: LogLevel, message) => lines.push(`${level} ${message}`),
      changed: () => undefined,
      timing: { resends: [30, 60], deadline: 150 },
      pingMs: 50,
    });
    await pool.connect();
  });
  afterEach(async () => {
    await pool.close();
    await phone.close();
    for (const engine of engines) await engine.close();
  });

  const offer = (callId: string) =>
    pool.offer({ ...OFFER_TO_PAGE, 'call-id': callId, 'from-tag': 'a', sdp: phone.sdp() });
  const made = () => engines.map(({ counters }) => counters.callsCreated);

  test('deals calls out, and asks about each where it lives', async () => {
    for (const id of ['1', '2', '3', '4']) await offer(id);
    expect(made()).toEqual([2, 2]);
    expect(pool.homeOf('1')).not.toBe(pool.homeOf('2'));
    expect(Object.keys((await pool.query({ 'call-id': '2' })).tags)).toContain('a');
    await offer('1');
    expect(made()).toEqual([2, 2]);
    await pool.delete({ 'call-id': '1', 'from-tag': 'a' }, true);
    expect(engines.map(({ counters }) => counters.callsDeleted).sort()).toEqual([0, 1]);
    expect(pool.homeOf('1')).toBeUndefined();
  });

  test('a dead engine takes no new call, and comes back by itself', async () => {
    const [dead] = engines;
    const port = dead?.ngPort ?? 0;
    await dead?.close();
    // The first of these finds out; the others need not wait.
    for (const id of ['1', '2']) await offer(id);
    expect(engines[1]?.counters.callsCreated).toBe(2);
    expect(pool.health.map(({ problem }) => problem?.code)).toEqual([
      'RTPENGINE_UNREACHABLE',
      undefined,
    ]);
    expect(lines.find((line) => line.startsWith('warn'))).toContain(`127.0.0.1:${port}`);

    engines[0] = await start(20_000, port);
    await expect.poll(() => pool.health.every(({ problem }) => problem === undefined)).toBe(true);
    for (const id of ['3', '4']) await offer(id);
    expect(engines.map(({ counters }) => counters.callsCreated)).toEqual([1, 3]);
  });

  test('a call of an engine that died is told so, and no other engine is asked', async () => {
    await offer('1');
    const home = engines.findIndex(({ ngPort }) => pool.homeOf('1')?.endsWith(`:${ngPort}`));
    await engines[home]?.close();
    await expect(offer('1')).rejects.toMatchObject({ code: 'RTPENGINE_UNREACHABLE' });
    expect(engines[1 - home]?.counters.callsCreated).toBe(0);
  });

  test('with all of them dead a new call is refused with the reason', async () => {
    for (const engine of engines) await engine.close();
    await expect(offer('1')).rejects.toMatchObject({ code: 'RTPENGINE_UNREACHABLE' });
  });

  test('a call that finds no port goes to an engine that has one', async () => {
    // Three calls fill an engine of six pairs.
    for (const id of ['1', '2', '3', '4', '5', '6']) await offer(id);
    await expect(offer('7')).rejects.toMatchObject({ code: 'RTP_PORTS_EXHAUSTED' });
    const [first] = engines;
    const inFirst = ['1', '2'].find((id) => pool.homeOf(id)?.endsWith(`:${first?.ngPort ?? 0}`));
    await pool.delete({ 'call-id': inFirst ?? '', 'from-tag': 'a' }, true);
    await offer('8');
    await expect(offer('9')).rejects.toMatchObject({ code: 'RTP_PORTS_EXHAUSTED' });
  });
});

test('what ended while an engine was mute is deleted there when it answers again', async () => {
  const engine = await start(20_200);
  const phone = await RtpPhone.open();
  // Between the two: everything passes, until nothing the engine says does.
  const [front, back] = [await openSocket(), await openSocket()];
  let mute = false;
  let client = 0;
  front.on('message', (datagram, from) => {
    client = from.port;
    back.send(datagram, engine.ngPort, '127.0.0.1');
  });
  back.on('message', (datagram) => {
    if (!mute) front.send(datagram, client, '127.0.0.1');
  });
  const pool = new EnginePool({
    addresses: [{ host: '127.0.0.1', port: front.address().port }],
    log: () => undefined,
    changed: () => undefined,
    timing: { resends: [30, 60], deadline: 150 },
    pingMs: 50,
  });
  const offer = (callId: string) =>
    pool.offer({ ...OFFER_TO_PAGE, 'call-id': callId, 'from-tag': 'a', sdp: phone.sdp() });
  await pool.connect();
  await offer('up');
  mute = true;
  await expect(offer('lost')).rejects.toMatchObject({ code: 'RTPENGINE_UNREACHABLE' });
  await expect(pool.delete({ 'call-id': 'up', 'from-tag': 'a' }, true)).rejects.toThrow();
  expect(engine.counters.callsCreated).toBe(2);
  mute = false;
  await expect.poll(() => engine.counters.callsDeleted).toBe(2);
  await pool.close();
  for (const socket of [front, back]) socket.close();
  await phone.close();
  await engine.close();
});
