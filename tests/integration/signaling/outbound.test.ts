/** Calls that a page makes: to registered phones, and to hosts the configuration names. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { udpPeer, type Peer } from '../drachtio/peer.ts';
import { PAGE_OFFER, PHONE_ANSWER, PhoneLeg, Scene, type WebPage } from './scene.ts';

const PHONE_SDP = PHONE_ANSWER.replace('6004', '4008');

let scene: Scene;
let page: WebPage;

beforeEach(async () => {
  scene = await Scene.start();
  page = await scene.page();
  await scene.registerPhone();
});
afterEach(() => scene.close());

it('RFC 3261 §13: the phone rings and is answered: two dialogs, one id, media the other way round', async () => {
  const call = page.dial('sip:agent001@127.0.0.1', ['X-Bridge-Extension: 1001']);
  const leg = await scene.phoneRung();
  const id = leg.invite.callId;
  expect(leg.invite.uri).toBe(`sip:agent001@127.0.0.1:${scene.phone.local.port};ob`);
  expect(leg.invite.headers.get('to')).toBe('<sip:agent001@127.0.0.1>');
  expect(leg.invite.headers.get('from')).toMatch(/^<sip:page@127\.0\.0\.1/);
  expect(leg.invite.headers.get('contact')).toContain('sip:page@127.0.0.1');
  expect(leg.invite.headers.get('p-asserted-identity')).toMatch(/^<sip:page@127\.0\.0\.1/);
  expect(leg.invite.body.toString()).toBe(PAGE_OFFER);
  leg.answer(180);
  const ringing = await call.response(180);
  // What the call is called, before there is anything to say in it.
  expect(ringing.headers.get('x-bridge-call-id')).toBe(id);
  expect(scene.signaling.calls).toMatchObject([
    {
      callId: id,
      direction: 'outbound',
      extension: '1001',
      caller: 'page',
      dialled: 'agent001',
      state: 'ringing',
    },
  ]);
  leg.answer(200, PHONE_SDP);
  const ok = await call.response(200);
  expect(ok.headers.get('x-bridge-call-id')).toBe(id);
  expect(ok.body.toString()).toBe(PHONE_ANSWER);
  await leg.request('ACK');
  expect(scene.media.said).toMatchObject([
    { what: 'offer', leg: { callId: id, fromTag: 'webpage' }, to: 'phone' },
    { what: 'answer', leg: { callId: id, toTag: 'peer' }, sdp: PHONE_SDP, to: 'page' },
  ]);
  await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
  call.request('BYE');
  const bye = await leg.request('BYE');
  expect(bye.headers.get('reason')).toBe('SIP;cause=200;text="the page hung up"');
  await scene.gone();
});

it('the page may say what the call is called', async () => {
  const call = page.dial('sip:agent001@127.0.0.1', ['X-Bridge-Call-ID: my-call']);
  const leg = await scene.phoneRung();
  expect(leg.invite.callId).toBe('my-call');
  await page.dial('sip:agent001@127.0.0.1', ['X-Bridge-Call-ID: my-call']).response(482);
  call.cancel();
  await scene.gone();
  page.dial('sip:agent001@127.0.0.1', ['X-Bridge-Call-ID: no (word)']);
  expect((await scene.phoneRung()).invite.callId).toMatch(/^[0-9a-f-]{36}$/);
});

it('the phone hangs up, and the page is told', async () => {
  const call = page.dial('sip:agent001@127.0.0.1');
  const leg = await scene.phoneRung();
  leg.answer(200, PHONE_SDP);
  await call.response(200);
  await leg.request('ACK');
  leg.hangUp();
  await call.asked('BYE');
  await scene.gone();
  expect(scene.signaling.callStatus(leg.invite.callId)).toMatchObject({
    outcome: 'completed',
    reason: 'the phone hung up',
  });
});

it('early media of the phone is ringing to the page', async () => {
  const call = page.dial('sip:agent001@127.0.0.1');
  const leg = await scene.phoneRung();
  leg.answer(183, PHONE_SDP);
  const ringing = await call.response(180);
  expect(ringing.body.toString()).toBe('');
  leg.answer(200, PHONE_SDP);
  await call.response(200);
  await leg.request('ACK');
  expect(scene.media.asked).toEqual(['offer', 'answer']);
});

describe('the phone does not take the call', () => {
  it.each([
    [486, 'busy'],
    [603, 'declined'],
    [480, 'no-answer'],
    [488, 'failed'],
  ])('%i: the page hears the same, the outcome is %s', async (status, outcome) => {
    const call = page.dial('sip:agent001@127.0.0.1');
    const leg = await scene.phoneRung();
    leg.refuse(status);
    await call.response(status);
    await scene.gone();
    const ended = scene.signaling.callStatus(leg.invite.callId);
    expect(ended).toMatchObject({ outcome, status, reason: 'Whatever' });
  });

  it('nobody answers it: 480 with who, and the phone stops ringing', async () => {
    await scene.close();
    scene = await Scene.start({ ringMs: 300 });
    page = await scene.page();
    await scene.registerPhone();
    const call = page.dial('sip:agent001@127.0.0.1');
    const leg = await scene.phoneRung();
    const refusal = await call.response(480);
    expect(refusal.reason).toBe('agent001 does not answer');
    leg.answer(180);
    await leg.request('CANCEL');
    leg.refuse(487);
    await scene.gone();
  });

  it('the page gives up: CANCEL', async () => {
    const call = page.dial('sip:agent001@127.0.0.1');
    const leg = await scene.phoneRung();
    leg.answer(180);
    await call.response(180);
    call.cancel();
    await call.response(487);
    await leg.request('CANCEL');
    leg.refuse(487);
    await scene.gone();
    const ended = scene.signaling.callStatus(leg.invite.callId);
    expect(ended).toMatchObject({ outcome: 'cancelled', reason: 'the page gave up' });
  });

  it('the page is closed while it rings: CANCEL', async () => {
    const flow = scene.signaling.registrations.find(({ kind }) => kind === 'page')?.source ?? '';
    const call = page.dial('sip:agent001@127.0.0.1');
    const leg = await scene.phoneRung();
    leg.answer(180);
    await call.response(180);
    scene.signaling.flowClosed(flow);
    await leg.request('CANCEL');
    leg.refuse(487);
    await scene.gone();
  });
});

describe('RFC 3261 §8.1.3.4: the phone says where else to try', () => {
  let other: Peer;
  beforeEach(async () => {
    other = await udpPeer(scene.drachtio.sip('udp'));
  });
  afterEach(() => other.close());

  it('a registered phone: it is rung instead, once', async () => {
    await scene.registerPhone('agent002');
    const call = page.dial('sip:agent001@127.0.0.1');
    const leg = await scene.phoneRung();
    leg.refuse(302, 'Contact: <sip:agent002@127.0.0.1>');
    const next = await scene.phoneRung();
    expect(next.invite.uri).toContain('sip:agent002@127.0.0.1');
    expect(next.invite.callId).not.toBe(leg.invite.callId);
    expect(scene.signaling.calls).toMatchObject([{ callId: leg.invite.callId }]);
    next.refuse(302, 'Contact: <sip:agent001@127.0.0.1>');
    await call.response(480);
    await scene.gone();
  });

  it('a host nobody has named: not followed', async () => {
    const call = page.dial('sip:agent001@127.0.0.1');
    const { port } = other.local;
    (await scene.phoneRung()).refuse(302, `Contact: <sip:mallory@127.0.0.1:${port}>`);
    await call.response(480);
    await scene.gone();
    expect(other.queue).toEqual([]);
  });
});

describe('addresses', () => {
  it.each([
    ['sip:nobody@127.0.0.1', 404, 'nobody is not registered'],
    ['sip:bob@192.0.2.1', 403, '192.0.2.1 is none of the hosts that pages may call'],
  ])('%s: %i', async (uri, status, phrase) => {
    const refusal = await page.dial(uri).response(status);
    expect(refusal.reason).toBe(phrase);
    expect(scene.media.asked).toEqual([]);
  });

  it('a host that the configuration names is called as it was dialled', async () => {
    await scene.close();
    const far = await udpPeer({ address: '127.0.0.1', port: 9 });
    const place = `127.0.0.1:${far.local.port}`;
    scene = await Scene.start({ reach: [place] });
    page = await scene.page();
    const call = page.dial(`sip:bob@${place}`);
    const invite = await far.request('INVITE');
    expect(invite.uri).toBe(`sip:bob@${place}`);
    call.cancel();
    await far.close();
  });
});

// The engine judges early packets by it: a phone's come from where its signaling does.
it('the engine is told of each description which address it came from', async () => {
  await scene.close();
  scene = await Scene.start({ reach: ['127.0.0.2'] });
  page = await scene.page();
  const far = await udpPeer(scene.drachtio.sip('udp'), '127.0.0.2');
  const call = page.dial(`sip:bob@127.0.0.2:${far.local.port}`);
  const leg = new PhoneLeg(far, await far.request('INVITE'));
  leg.answer(200, PHONE_SDP);
  await call.response(200);
  await leg.request('ACK');
  const told = () =>
    scene.media.said.map(({ what, leg: { receivedFrom } }) => [what, receivedFrom]);
  await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
  leg.offer(PHONE_SDP);
  await far.response(200, 'INVITE');
  leg.ack();
  expect(told()).toEqual([
    ['offer', '127.0.0.1'],
    ['answer', '127.0.0.2'],
    ['offer', '127.0.0.2'],
    ['answer', '127.0.0.1'],
  ]);
  call.request('BYE');
  await leg.request('BYE');
  await scene.gone();
  await far.close();
});
