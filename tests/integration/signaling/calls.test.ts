/** A call's life between phone and page, in the orders in which it can go wrong. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BridgeError } from '../../../common/errors.ts';
import { embeddedOnly } from '../../support/drachtio.ts';
import { held, PAGE_ANSWER, PAGE_OFFER, PHONE_ANSWER, Scene, type WebPage } from './scene.ts';

let scene: Scene;
let page: WebPage;

beforeEach(async () => {
  scene = await Scene.start();
  page = await scene.page();
});
afterEach(() => scene.close());

/** The caller gives up while the engine works on the page's answer; the page is hung up on. */
async function cancelWhile(answer: Promise<string>): Promise<void> {
  scene.media.onAnswer = () => answer;
  const call = scene.dial();
  const leg = await page.rung();
  leg.answer(200, PAGE_ANSWER);
  await leg.request('ACK');
  await expect.poll(() => scene.media.asked).toEqual(['offer', 'answer']);
  call.cancel();
  await call.response(487);
  await leg.request('BYE');
}

describe('RFC 3261 §9: the phone gives up', () => {
  it.each([
    ['before the page says 180', false],
    ['after the page has said 180', true],
  ])('%s: 487, the page is cancelled, the media released', async (_when, rings) => {
    const call = scene.dial();
    const leg = await page.rung();
    leg.answer(rings ? 180 : 100);
    if (rings) await call.response(180);
    call.cancel();
    await call.response(487);
    await leg.request('CANCEL');
    leg.answer(487);
    await leg.request('ACK');
    await scene.gone();
    expect(scene.media.asked).toEqual(['offer', 'release']);
  });

  it('while the engine works on the offer: the page is never rung', async () => {
    const offer = held<string>();
    scene.media.onOffer = () => offer.promise;
    const call = scene.dial();
    await expect.poll(() => scene.media.asked).toEqual(['offer']);
    call.cancel();
    await call.response(487);
    await scene.gone();
    offer.resolve(PAGE_OFFER);
    await offer.promise;
    // The next call is the first that the page hears of.
    scene.media.onOffer = () => Promise.resolve(PAGE_OFFER);
    const next = scene.dial();
    const leg = await page.rung();
    expect(leg.invite.headers.get('x-bridge-call-id')).toBe(next.callId);
    leg.answer(486);
    await next.response(486);
  });

  it('and the page answers all the same: it is hung up on', async (context) => {
    embeddedOnly(context, 'the C++ server’s BYE finds no way to a WebSocket');
    const call = scene.dial();
    const leg = await page.rung();
    leg.answer(180);
    await call.response(180);
    call.cancel();
    await call.response(487);
    await leg.request('CANCEL');
    leg.answer(200, PAGE_ANSWER);
    await leg.request('ACK');
    await leg.request('BYE');
    await scene.gone();
    expect(scene.media.asked).toEqual(['offer', 'release']);
  });

  it('while the engine works on the page’s answer: the page is hung up on', async () => {
    const answer = held<string>();
    await cancelWhile(answer.promise);
    answer.resolve(PHONE_ANSWER);
    await scene.gone();
  });

  it('as the answer is on its way to the server: it gave up, and nothing failed', async (context) => {
    embeddedOnly(context, 'the order is made in its process');
    const answer = held<string>();
    await scene.close();
    // Answered in the tick in which the server answers the CANCEL, of which the application knows later.
    scene = await Scene.start(
      {},
      {
        onMessage: ({ text }) => {
          if (text.startsWith('SIP/2.0 487 ')) answer.resolve(PHONE_ANSWER);
        },
      },
    );
    page = await scene.page();
    await cancelWhile(answer.promise);
    await scene.gone();
    const ended = scene.signaling.endedCalls[0];
    expect(ended).toMatchObject({ outcome: 'cancelled', reason: 'the phone gave up' });
  });
});

describe('the page', () => {
  it.each([486, 603])('refuses with %i: so hears the phone', async (status) => {
    const call = scene.dial();
    const leg = await page.rung();
    leg.answer(status);
    await leg.request('ACK');
    await call.response(status);
    await scene.gone();
  });

  it.each([302, 401, 407])('refuses with %i, which is no phone’s business: 480', async (status) => {
    const call = scene.dial();
    (await page.rung()).answer(status);
    await call.response(480);
    await scene.gone();
  });

  async function impatient(pageReactionMs: number): Promise<void> {
    await scene.close();
    scene = await Scene.start({ pageReactionMs });
    page = await scene.page();
  }

  it('does not react: 480 with what to do, and it is cancelled', async () => {
    await impatient(300);
    const call = scene.dial();
    const leg = await page.rung();
    const refusal = await call.response(480);
    expect(refusal.reason).toBe('The page does not react. Reload it');
    await scene.gone();
    // A CANCEL has to wait for a first response (RFC 3261 §9.1).
    leg.answer(180);
    await leg.request('CANCEL');
    leg.answer(487);
    await leg.request('ACK');
  });

  it('reacts and then rings for longer than that', async () => {
    await impatient(2000);
    const call = scene.dial();
    const leg = await page.rung();
    leg.answer(180);
    await call.response(180);
    await new Promise((resolve) => setTimeout(resolve, 2200));
    leg.answer(200, PAGE_ANSWER);
    await call.response(200);
    call.request('ACK');
    await leg.request('ACK');
    call.request('BYE');
    await leg.request('BYE');
    await scene.gone();
  });
});

describe('RFC 3261 §15: hanging up', () => {
  it('by the phone: the page gets BYE', async () => {
    const { call, leg } = await scene.answered(page);
    call.request('BYE');
    await scene.phone.response(200, 'BYE');
    await leg.request('BYE');
    await scene.gone();
    expect(scene.media.asked).toEqual(['offer', 'answer', 'release']);
  });

  it('by the page: the phone gets BYE', async () => {
    const { call, leg } = await scene.answered(page);
    leg.hangUp();
    await page.peer.response(200, 'BYE');
    await call.asked('BYE');
    await scene.gone();
  });

  it('by both at once: the media is released once', async () => {
    const { call, leg } = await scene.answered(page);
    call.request('BYE');
    leg.hangUp();
    await scene.phone.response(200, 'BYE');
    await page.peer.next((m) => m.kind === 'response' && m.cseq?.method === 'BYE');
    await scene.gone();
  });
});

describe('the engine fails', () => {
  const broken = () =>
    Promise.reject(new BridgeError('RTPENGINE_UNREACHABLE', 'No rtpengine\r\nat 127.0.0.1:1'));

  it('on the offer: 503 with the cause in one line, the page is not rung', async () => {
    scene.media.onOffer = broken;
    const refusal = await scene.dial().response(503);
    expect(refusal.reason).toBe('No rtpengine at 127.0.0.1:1');
    await scene.gone();
    expect(page.peer.queue).toEqual([]);
  });

  it('on the answer: 503, and the page is hung up on', async () => {
    scene.media.onAnswer = broken;
    const call = scene.dial();
    const leg = await page.rung();
    leg.answer(200, PAGE_ANSWER);
    await leg.request('ACK');
    await leg.request('BYE');
    const refusal = await call.response(503);
    expect(refusal.reason).toBe('No rtpengine at 127.0.0.1:1');
    await scene.gone();
  });
});

describe('the page’s connection closes', () => {
  const source = (): string => scene.signaling.registrations[0]?.source ?? '';

  it('while it rings: 480', async () => {
    const call = scene.dial();
    (await page.rung()).answer(180);
    await call.response(180);
    const flow = source();
    await page.peer.close();
    scene.signaling.flowClosed(flow);
    expect(scene.signaling.registrations).toEqual([]);
    await call.response(480);
    await scene.gone();
  });

  it('in the call: the phone gets BYE', async () => {
    const { call } = await scene.answered(page);
    const flow = source();
    await page.peer.close();
    scene.signaling.flowClosed(flow);
    await call.asked('BYE');
    await scene.gone();
  });

  it('of another page: nothing happens', async () => {
    const { call, leg } = await scene.answered(page);
    scene.signaling.flowClosed('127.0.0.1:1');
    expect(scene.signaling.calls).toHaveLength(1);
    call.request('BYE');
    await leg.request('BYE');
  });
});

it('RFC 3261 §8.2.2.2: a second call of the same Call-ID is refused and leaves the first alone', async () => {
  const call = scene.dial();
  const leg = await page.rung();
  leg.answer(180);
  await call.response(180);
  await scene.dial({ callId: call.callId, fromTag: 'bob' }).response(482);
  leg.answer(200, PAGE_ANSWER);
  await call.response(200);
  call.request('ACK');
  call.request('BYE');
  await leg.request('BYE');
  await scene.gone();
});

it('DTMF by INFO is taken note of', async () => {
  const { call, leg } = await scene.answered(page);
  call.request('INFO');
  await scene.phone.response(200, 'INFO');
  call.request('BYE');
  await leg.request('BYE');
});

describe('the bridge', () => {
  it('stops: calls that ring get 480, calls in progress BYE, both ends are told', async () => {
    const { call, leg } = await scene.answered(page);
    const second = scene.dial();
    const ringing = await page.rung();
    ringing.answer(180);
    await second.response(180);
    const closed = scene.signaling.close();
    const refusal = await second.response(480);
    expect(refusal.reason).toBe('The bridge stops');
    await call.asked('BYE');
    await closed;
    expect(scene.signaling.calls).toEqual([]);
    expect(scene.media.asked.filter((what) => what === 'release')).toHaveLength(2);
    await leg.request('BYE');
    await scene.signaling.close();
  });

  it('takes no call while it stops: 503', async () => {
    await scene.answered(page);
    const release = held<undefined>();
    scene.media.onRelease = () => release.promise;
    const closed = scene.signaling.close();
    await scene.dial().response(503);
    release.resolve(undefined);
    await closed;
  });

  it('loses drachtio: calls end, the media is released', async (context) => {
    embeddedOnly(context, 'an external server is not ours to stop');
    await scene.answered(page);
    await scene.drachtio.server?.close();
    await scene.gone();
    expect(scene.signaling.drachtio).toMatchObject({ state: 'connecting' });
  });

  it('loses drachtio while it rings', async (context) => {
    embeddedOnly(context, 'an external server is not ours to stop');
    const call = scene.dial();
    (await page.rung()).answer(180);
    await call.response(180);
    await scene.drachtio.server?.close();
    await scene.gone();
  });
});
