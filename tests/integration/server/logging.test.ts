/**
 * The log of real calls, held to the rules of docs/reference/logging.md: one info line for each
 * transition, the Call-ID on every line of a call, a line for each message at debug, no secrets.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LogFields, LogLevel } from '../../../common/log.ts';
import { startBridge, type Bridge } from '../../../server/bridge.ts';
import { configSchema } from '../../../server/config/schema.ts';
import { optionsOf } from '../../../server/options.ts';
import { Softphone } from '../../../softphone/softphone.ts';

interface Line {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: LogFields;
}

const PASSWORDS = { anna: 'annas-secret-1', bob: 'bobs-secret-2' };
let bridge: Bridge;
let lines: Line[];
const phones: Softphone[] = [];

beforeEach(async () => {
  lines = [];
  const config = configSchema.parse({
    http: { port: 0 },
    sip: {
      server: { port: 0 },
      auth: { enabled: true, users: PASSWORDS },
      registrar: { file: 'none', options_interval: 0 },
      rtp: { port_range_start: 31_600, port_range_end: 31_639 },
    },
    agent: { url: 'ws://127.0.0.1:9/ws', headers: { Authorization: 'Bearer agents-secret-3' } },
    extensions: { '2001': { phone: 'bob' } },
    log: { level: 'debug' },
  });
  bridge = await startBridge(optionsOf(config), (level, message, fields = {}) =>
    lines.push({ level, message, fields }),
  );
});
afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
  await bridge.close();
});

async function register(user: keyof typeof PASSWORDS, answers = false): Promise<Softphone> {
  const { hostname, port } = new URL(`sip://${bridge.phone.server}`);
  const phone = await Softphone.create({
    server: { host: hostname, port: Number(port) },
    user,
    password: PASSWORDS[user],
    ...(answers && { onCall: (call) => void call.answer({}) }),
  });
  phones.push(phone);
  await phone.register();
  return phone;
}

const said = (callId: string, level: LogLevel) =>
  lines
    .filter((line) => line.fields.callId === callId && line.level === level)
    .map(({ message }) => message);

it('says each transition of a call once, with its Call-ID, and each message at debug', async () => {
  await register('bob', true);
  const anna = await register('anna');
  const call = await anna.call({ to: '2001' });
  await call.answered;
  await expect.poll(() => call.statistics.received.packets).toBeGreaterThan(5);
  await call.hangup();
  await expect.poll(() => bridge.status().calls).toEqual([]);

  expect(said(call.callId, 'info')).toEqual([
    'call from anna to 2001',
    'answered',
    'ended: the phone hung up',
  ]);
  expect(said(call.callId, 'warn')).toEqual([]);
  const messages = said(call.callId, 'debug').filter((message) => message.startsWith('SIP '));
  // Both legs, under the one id.
  for (const wanted of [
    /^SIP from phone udp 127\.0\.0\.1:\d+: INVITE sip:2001@/,
    /^SIP to phone udp 127\.0\.0\.1:\d+: INVITE sip:bob@/,
    /^SIP to phone udp 127\.0\.0\.1:\d+: 200 OK \(INVITE\)$/,
    /^SIP from phone udp 127\.0\.0\.1:\d+: BYE sip:/,
  ]) {
    expect(messages).toContainEqual(expect.stringMatching(wanted));
  }
  // Far more packets than lines: audio is not logged, nor is anything for each of its packets.
  const others = lines.filter(({ message }) => !message.startsWith('SIP '));
  expect(others.length).toBeLessThan(15);
  expect(others.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});

it('warns once of a call that a person has to look after, by its code', async () => {
  const anna = await register('anna');
  const call = await anna.call({ to: '1000' });
  await expect(call.answered).rejects.toThrow('No page is open');
  const mine = lines.filter(
    ({ fields, level }) => fields.callId === call.callId && level !== 'debug',
  );
  expect(mine.map(({ level, fields }) => [level, fields.code])).toEqual([['warn', 'NO_PAGE']]);
});

it('holds no password, no credentials and no header of the agent', async () => {
  await register('bob', true);
  const anna = await register('anna');
  const call = await anna.call({ to: '2001' });
  await call.answered;
  await call.hangup();
  await expect.poll(() => bridge.status().calls).toEqual([]);
  const all = JSON.stringify(lines);
  expect(all).toContain('REGISTER sip:');
  for (const secret of [...Object.values(PASSWORDS), 'agents-secret-3', 'Digest', 'response=']) {
    expect(all).not.toContain(secret);
  }
});
