/** Instant messages both ways, and OPTIONS both ways. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Binding } from '../../../signaling/bindings.ts';
import type { SipRequest } from '../../../signaling/sip/message.ts';
import { text, udpPeer } from '../drachtio/peer.ts';
import { Scene } from './scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.start({ optionsIntervalMs: 60_000 });
});
afterEach(() => scene.close());

/** Registers the scene's phone as agent001 and lets the OPTIONS that follows be answered by `status`. */
async function registered(status: number): Promise<SipRequest> {
  const { address, port } = scene.phone.local;
  scene.phone.send(
    text(scene.phone, 'REGISTER', {
      to: '<sip:agent001@127.0.0.1>',
      headers: [`Contact: <sip:agent001@${address}:${port};ob>`, 'Expires: 300'],
    }),
  );
  await scene.phone.response(200, 'REGISTER');
  const options = await scene.phone.request('OPTIONS');
  scene.phone.answer(options, status);
  return options;
}

const write = (body: string, type = 'text/plain') =>
  scene.phone.send(text(scene.phone, 'MESSAGE', { headers: [`Content-Type: ${type}`] }), body);

describe('RFC 3428: MESSAGE from a phone', () => {
  it('is told to the page and answered with 200', async () => {
    await scene.page();
    write('Grüße', 'text/plain; charset=utf-8');
    await scene.phone.response(200, 'MESSAGE');
    expect(scene.events.filter(({ type }) => type === 'message')).toMatchObject([
      { from: 'alice@127.0.0.1', to: 'app@127.0.0.1', text: 'Grüße' },
    ]);
  });

  it('while no page is open: 480', async () => {
    write('hello');
    const refusal = await scene.phone.response(480, 'MESSAGE');
    expect(refusal.reason).toBe('No page is open to show it');
  });

  it('of another type: 415, and that somebody types is nothing to show', async () => {
    await scene.page();
    write('<html/>', 'text/html');
    const refusal = await scene.phone.response(415, 'MESSAGE');
    expect(refusal.headers.get('accept')).toBe('text/plain');
    write('<isComposing/>', 'application/im-iscomposing+xml');
    await scene.phone.response(200, 'MESSAGE');
    expect(scene.events.filter(({ type }) => type === 'message')).toEqual([]);
  });
});

describe('RFC 3428: MESSAGE to a phone', () => {
  it.each(['agent001', 'sip:agent001@anywhere'])('to %s reaches it', async (to) => {
    await registered(200);
    const sending = scene.signaling.sendMessage(to, 'Rückruf um 5');
    const message = await scene.phone.request('MESSAGE');
    expect(message.body.toString()).toBe('Rückruf um 5');
    expect(message.headers.get('content-type')).toBe('text/plain;charset=UTF-8');
    expect(message.headers.get('to')).toContain('sip:agent001@127.0.0.1');
    scene.phone.answer(message, 200);
    await sending;
    expect(scene.events.at(-1)).toMatchObject({ type: 'message', text: 'Rückruf um 5' });
  });

  it('that takes none is an error with its answer', async () => {
    await registered(200);
    const sending = scene.signaling.sendMessage('agent001', 'x');
    const refused = expect(sending).rejects.toMatchObject({
      code: 'MESSAGE_REFUSED',
      message: expect.stringContaining('agent001 did not take the message: 415') as string,
    });
    scene.phone.answer(await scene.phone.request('MESSAGE'), 415);
    await refused;
  });

  it('that is not there is an error', async () => {
    await expect(scene.signaling.sendMessage('agent009', 'x')).rejects.toMatchObject({
      code: 'NO_PHONE',
    });
  });
});

it('a phone that an earlier run knew is reached before it registers again', async () => {
  const server = { address: '127.0.0.1', port: 0 };
  const phone = await udpPeer(server);
  const run = async (options: Parameters<typeof Scene.start>[0]) => {
    const started = await Scene.start(options);
    server.port = started.drachtio.sip('udp').port;
    return started;
  };
  let kept: readonly Binding[] = [];
  const before = await run({ remember: (bindings) => (kept = bindings) });
  const { address, port } = phone.local;
  phone.send(
    text(phone, 'REGISTER', {
      to: '<sip:agent001@127.0.0.1>',
      headers: [`Contact: <sip:agent001@${address}:${port}>`],
    }),
  );
  await phone.response(200, 'REGISTER');
  await before.close();
  const after = await run({ remembered: kept });
  const sending = after.signaling.sendMessage('agent001', 'still there?');
  phone.answer(await phone.request('MESSAGE'), 200);
  await sending;
  await after.close();
  await phone.close();
});

describe('RFC 3261 §11: OPTIONS', () => {
  it('from a phone is told what the bridge can do', async () => {
    scene.phone.send(text(scene.phone, 'OPTIONS'));
    const { headers } = await scene.phone.response(200, 'OPTIONS');
    expect(headers.get('allow')).toContain('REFER');
    expect(headers.get('accept')).toContain('application/sdp');
    expect(headers.get('supported')).toContain('replaces');
  });

  it.each([200, 486])('to a phone that registered, answered %i: it is there', async (status) => {
    await registered(status);
    await expect.poll(reachability).toMatchObject({ reachable: true });
    expect(reachability()?.roundTripMs).toBeLessThan(4000);
  });
});

it.each(['SUBSCRIBE', 'PUBLISH'])(
  '%s is answered 489 with the events there are',
  async (method) => {
    scene.phone.send(
      text(scene.phone, method, {
        headers: ['Event: presence', 'Expires: 600', 'Contact: <sip:agent001@127.0.0.1>'],
      }),
    );
    const refusal = await scene.phone.response(489, method);
    expect(refusal.headers.get('allow-events')).toBe('refer');
  },
);

function reachability() {
  const [phone] = scene.signaling.registrations;
  return phone && scene.signaling.reachability(phone);
}
