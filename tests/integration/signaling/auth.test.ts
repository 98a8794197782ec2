/** Phones that have to give a password, and pages that bring theirs along. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseChallenge } from '../../../softphone/digest.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { text } from '../drachtio/peer.ts';
import { Scene, WebPage } from './scene.ts';

let scene: Scene;
let phones: Softphone[];

beforeEach(async () => {
  phones = [];
  scene = await Scene.start({
    auth: {
      realm: 'bridge',
      users: new Map([['agent001', 'secret']]),
      algorithms: ['SHA-256', 'MD5'],
    },
  });
});
afterEach(async () => {
  await Promise.all(phones.map((phone) => phone.close()));
  await scene.close();
});

async function softphone(password: string): Promise<Softphone> {
  const { address, port } = scene.drachtio.sip('udp');
  const phone = await Softphone.create({
    server: { host: address, port },
    user: 'agent001',
    password,
  });
  phones.push(phone);
  return phone;
}

it('RFC 3261 §22: a phone with the password registers; one without is told 403', async () => {
  await (await softphone('secret')).register();
  expect(scene.signaling.registrations).toMatchObject([{ kind: 'phone' }]);
  await expect((await softphone('guess')).register()).rejects.toThrow('403');
  expect(scene.log.at(-1)).toBe('warn wrong user or password from 127.0.0.1');
});

it('RFC 3261 §22.2: a call is challenged too', async () => {
  const page = await scene.page();
  const phone = await softphone('secret');
  const calling = phone.call({ to: '1000' });
  const leg = await page.rung();
  leg.answer(486);
  const call = await calling;
  await expect(call.answered).rejects.toThrow('486');
  const anonymous = scene.dial();
  await anonymous.response(401);
  await scene.gone();
});

it('who only says to be a page is none', async () => {
  scene.phone.send(
    text(scene.phone, 'REGISTER', {
      headers: ['Via: SIP/2.0/WS far.invalid;branch=z9hG4bKw', 'Contact: <sip:a@127.0.0.1>'],
    }),
  );
  await scene.phone.response(401);
});

it('RFC 8760 §2.4: each algorithm is offered on a line of its own, the best first', async () => {
  scene.phone.send(text(scene.phone, 'REGISTER', { headers: ['Contact: <sip:a@127.0.0.1>'] }));
  const refusal = await scene.phone.response(401);
  const challenges = refusal.headers.all('www-authenticate').map((value) => parseChallenge(value));
  expect(challenges.map((challenge) => challenge?.algorithm)).toEqual(['SHA-256', 'MD5']);
});

it('a page without the credentials of this run is no page', async () => {
  const page = new WebPage(await scene.webSocket());
  await expect(page.register([], 'last run’s')).rejects.toThrow('403');
  expect(scene.signaling.registrations).toEqual([]);
});

describe('with any password', () => {
  beforeEach(async () => {
    await scene.close();
    scene = await Scene.start();
  });

  it('phones are welcome without one, and pages still have to bring theirs', async () => {
    scene.phone.send(text(scene.phone, 'REGISTER', { headers: ['Contact: <sip:a@127.0.0.1>'] }));
    await scene.phone.response(200, 'REGISTER');
    await scene.page();
    expect(scene.signaling.registrations.map(({ kind }) => kind)).toEqual(['phone', 'page']);
  });
});
