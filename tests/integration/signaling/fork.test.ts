/** Several pages open: all ring, one of them gets the call, and the others hear that it did. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { embeddedOnly } from '../../support/drachtio.ts';
import { PAGE_ANSWER, Scene, type PageLeg, type PhoneCall, type WebPage } from './scene.ts';

let scene: Scene;
let pages: readonly [WebPage, WebPage];

beforeEach(async () => {
  scene = await Scene.start({ maxCallsPerPage: 1 });
  pages = [await scene.page(), await scene.page()];
});
afterEach(() => scene.close());

async function ringing(): Promise<{ call: PhoneCall; first: PageLeg; second: PageLeg }> {
  const call = scene.dial();
  const [first, second] = await Promise.all(pages.map((page) => page.rung()));
  if (!first || !second) throw new Error('two pages ring');
  first.answer(180);
  second.answer(180);
  await call.response(180);
  return { call, first, second };
}

const released = () =>
  scene.media.said
    .filter(({ what, leg }) => what === 'release' && leg.branch !== undefined)
    .map(({ leg }) => leg.branch);

it('RFC 3261 §16.7: each is told of the call and that others ring, with an offer of its own', async () => {
  const { call, first, second } = await ringing();
  for (const { invite } of [first, second]) {
    expect(invite.headers.get('x-bridge-call-id')).toBe(call.callId);
    expect(invite.headers.get('x-bridge-extension')).toBe('default');
    expect(invite.headers.get('x-bridge-fork')).toBe('2');
    expect(invite.headers.get('p-asserted-identity')).toMatch(/^<sip:alice@127\.0\.0\.1/);
  }
  const offers = scene.media.said.filter(({ what }) => what === 'offer');
  expect(offers.map(({ leg }) => leg)).toMatchObject([
    { callId: call.callId, fromTag: 'alice', branch: 'b1' },
    { callId: call.callId, fromTag: 'alice', branch: 'b2' },
  ]);
  call.cancel();
  await call.response(487);
  for (const leg of [first, second]) {
    await leg.request('CANCEL');
    leg.answer(487);
    await leg.request('ACK');
  }
  await scene.gone();
});

it('the first answer wins; the others get CANCEL with why, and their media is released', async () => {
  const { call, first, second } = await ringing();
  first.answer(200, PAGE_ANSWER);
  const cancel = await second.request('CANCEL');
  expect(cancel.headers.get('reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
  second.answer(487);
  await call.response(200);
  call.request('ACK');
  await first.request('ACK');
  // The latest page is rung first, so that the first one has the second branch.
  const answered = scene.media.said.find(({ what }) => what === 'answer');
  expect(answered).toMatchObject({ leg: { branch: 'b2', toTag: 'peer' }, to: 'phone' });
  expect(released()).toEqual(['b1']);
  call.request('BYE');
  await first.request('BYE');
  await scene.gone();
});

it('an answer that crosses the CANCEL is hung up on, and nobody else notices', async (context) => {
  embeddedOnly(context, 'the C++ server’s BYE finds no way to a WebSocket');
  const { call, first, second } = await ringing();
  first.answer(200, PAGE_ANSWER);
  second.answer(200, PAGE_ANSWER);
  await call.response(200);
  call.request('ACK');
  const bye = await second.request('BYE');
  expect(bye.headers.get('reason')).toBe('SIP;cause=200;text="Call completed elsewhere"');
  expect(scene.signaling.calls).toMatchObject([{ state: 'answered' }]);
  call.request('BYE');
  await first.request('BYE');
  await scene.gone();
});

it('one refuses: the others go on; all refuse: the phone hears what says most', async () => {
  const { call, first, second } = await ringing();
  second.answer(480);
  await second.request('ACK');
  await expect.poll(released).toEqual(['b1']);
  expect(scene.signaling.calls).toMatchObject([{ state: 'ringing' }]);
  first.answer(486);
  await call.response(486);
  await scene.gone();
  expect(scene.signaling.callStatus(call.callId)).toMatchObject({ outcome: 'busy', status: 486 });
});

it('one declines for all: 603, and the others stop ringing', async () => {
  const { call, first, second } = await ringing();
  second.answer(603);
  await first.request('CANCEL');
  first.answer(487);
  await call.response(603);
  await scene.gone();
  expect(scene.signaling.callStatus(call.callId)).toMatchObject({ outcome: 'declined' });
});

it.each(['is closed', 'refuses'])('one page %s: the other one still can answer', async (what) => {
  const { call, first, second } = await ringing();
  if (what === 'refuses') {
    second.answer(486);
    await second.request('ACK');
  } else {
    const flow = scene.signaling.registrations.at(-1)?.source ?? '';
    await pages[1].peer.close();
    scene.signaling.flowClosed(flow);
  }
  await expect.poll(released).toEqual(['b1']);
  first.answer(200, PAGE_ANSWER);
  await call.response(200);
  // Not once more: of a branch that is gone, the engine thinks that the whole call is meant.
  expect(released()).toEqual(['b1']);
  call.request('ACK');
  call.request('BYE');
  await first.request('BYE');
  await scene.gone();
});

describe('busy', () => {
  it('a page with its maximum of calls is not rung; when no page is left the phone gets 486', async () => {
    const { call, first, second } = await ringing();
    first.answer(200, PAGE_ANSWER);
    await second.request('CANCEL');
    second.answer(487);
    await call.response(200);
    call.request('ACK');

    const next = scene.dial();
    const leg = await pages[1].rung();
    expect(leg.invite.headers.get('x-bridge-call-id')).toBe(next.callId);
    expect(leg.invite.headers.get('x-bridge-fork')).toBeUndefined();
    leg.answer(200, PAGE_ANSWER);
    await next.response(200);
    next.request('ACK');

    const refusal = await scene.dial().response(486);
    expect(refusal.reason).toBe('The page is busy: it has its maximum of 1 calls');
    call.request('BYE');
    await first.request('BYE');
    next.request('BYE');
    await leg.request('BYE');
    await expect.poll(() => scene.signaling.calls).toEqual([]);
  });
});

it('nobody answers in time: 480 with who, and every page stops ringing', async () => {
  await scene.close();
  scene = await Scene.start({ ringMs: 300 });
  pages = [await scene.page(), await scene.page()];
  const call = scene.dial();
  const legs = await Promise.all(pages.map((page) => page.rung()));
  const refusal = await call.response(480);
  expect(refusal.reason).toBe('app does not answer');
  for (const leg of legs) {
    // A CANCEL has to wait for a first response (RFC 3261 §9.1).
    leg.answer(180);
    const cancel = await leg.request('CANCEL');
    expect(cancel.headers.get('reason')).toBe('SIP;cause=480;text="No answer"');
    leg.answer(487);
  }
  await scene.gone();
});

it('each turn of a call is told as an event', async () => {
  const { call, first, second } = await ringing();
  first.answer(200, PAGE_ANSWER);
  await second.request('CANCEL');
  second.answer(487);
  await call.response(200);
  call.request('ACK');
  call.request('BYE');
  await first.request('BYE');
  await scene.gone();
  const turns = scene.events.filter((event) => event.type === 'call');
  expect(turns.map((event) => [event.callId, event.call.state, event.call.outcome])).toEqual([
    [call.callId, 'ringing', undefined],
    [call.callId, 'answered', undefined],
    [call.callId, 'ended', 'completed'],
  ]);
  expect(turns.at(-1)?.call).toMatchObject({
    caller: 'alice',
    dialled: 'app',
    direction: 'inbound',
    reason: 'the phone hung up',
  });
});
