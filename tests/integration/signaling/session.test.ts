/**
 * Session timers (RFC 4028) and reliable ringing (RFC 3262) of calls: what phones are promised, and
 * that it is kept. Half an hour passes at once: only the timers are not real.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SDP, text } from '../drachtio/peer.ts';
import { embeddedOnly } from '../../support/drachtio.ts';
import { PAGE_ANSWER, Scene, type PhoneCall, type PhoneLeg, type WebPage } from './scene.ts';

const OWN_CLOCK = 'the clock of a server that runs elsewhere cannot be moved';
const TIMER = ['Supported: replaces, 100rel, timer', 'Session-Expires: 1800', 'Min-SE: 90'];

let scene: Scene;
let page: WebPage;

beforeEach(async () => {
  scene = await Scene.start();
  page = await scene.page();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await scene.close();
});

async function answered(headers: readonly string[]) {
  const call = scene.dialTo('app', 'alice', headers);
  const leg = await page.rung();
  leg.answer(200, PAGE_ANSWER);
  const ok = await call.response(200);
  call.request('ACK');
  await leg.request('ACK');
  await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
  // Answered after the ACK, so that this is known to have come.
  call.request('OPTIONS');
  await scene.phone.response(200, 'OPTIONS');
  return { call, leg, ok };
}

function refresh(call: PhoneCall): void {
  const contact = `Contact: <sip:alice@127.0.0.1:${scene.phone.local.port}>`;
  call.say('UPDATE', [contact, 'Supported: timer', 'Session-Expires: 1800;refresher=uac']);
}

const lastEvent = () => scene.events.filter(({ type }) => type === 'call').at(-1);

describe('RFC 4028, RFC 3262: a phone that calls', () => {
  it('refreshes its session itself, and is answered so', async () => {
    const { call, ok } = await answered(TIMER);
    expect(ok.headers.get('session-expires')).toMatch(/^1800; ?refresher=uac$/);
    expect(ok.headers.list('require')).toEqual(['timer']);
    refresh(call);
    const refreshed = await scene.phone.response(200, 'UPDATE');
    expect(refreshed.headers.get('session-expires')).toMatch(/^1800; ?refresher=uac$/);
  });

  it('and no longer refreshes: both sides are hung up on', async (context) => {
    embeddedOnly(context, OWN_CLOCK);
    const { call, leg } = await answered(TIMER);
    vi.advanceTimersByTime(1_700_000);
    refresh(call);
    await scene.phone.response(200, 'UPDATE');
    // The refresh has begun the interval anew.
    vi.advanceTimersByTime(1_700_000);
    expect(scene.signaling.calls).toHaveLength(1);
    vi.advanceTimersByTime(100_000);
    await call.asked('BYE');
    await leg.request('BYE');
    await scene.gone();
    expect(lastEvent()).toMatchObject({
      call: { state: 'ended', outcome: 'completed', reason: 'Session timer expired' },
    });
  });

  it('and asks for a re-INVITE that refreshes: the answer says so again', async () => {
    const { call } = await answered(TIMER);
    const contact = `Contact: <sip:alice@127.0.0.1:${scene.phone.local.port}>`;
    call.say('INVITE', [contact, 'Content-Type: application/sdp', ...TIMER], SDP);
    const ok = await call.response(200);
    expect(ok.headers.get('session-expires')).toMatch(/^1800; ?refresher=uac$/);
  });

  it('and knows nothing of it is promised nothing', async () => {
    const { ok } = await answered([]);
    expect(ok.headers.has('session-expires')).toBe(false);
    expect(ok.headers.has('require')).toBe(false);
  });

  it('with too short an interval: 422 with the shortest', async () => {
    const call = scene.dialTo('app', 'alice', ['Supported: timer', 'Session-Expires: 30']);
    const refusal = await call.response(422);
    expect(refusal.headers.get('min-se')).toBe('90');
    expect(scene.signaling.calls).toEqual([]);
  });

  it('and requires 100rel: it rings reliably, once', async () => {
    const call = scene.dialTo('app', 'alice', ['Require: 100rel']);
    const leg = await page.rung();
    leg.answer(180);
    const ringing = await call.response(180);
    expect(ringing.headers.list('require')).toEqual(['100rel']);
    leg.answer(180);
    const rseq = ringing.headers.get('rseq') ?? '';
    scene.phone.send(
      text(scene.phone, 'PRACK', {
        callId: call.callId,
        to: ringing.headers.get('to') ?? '',
        cseq: 2,
        headers: [`RAck: ${rseq} 1 INVITE`],
      }),
    );
    await scene.phone.response(200, 'PRACK');
    leg.answer(200, PAGE_ANSWER);
    const next = await scene.phone.next((m) => m.kind === 'response' && m.callId === call.callId);
    expect(next).toMatchObject({ status: 200 });
  });
});

describe('RFC 4028, RFC 3262: a phone that is called', () => {
  async function ring(): Promise<PhoneLeg> {
    await scene.registerPhone();
    page.dial('sip:agent001@127.0.0.1');
    return scene.phoneRung();
  }

  it('is offered a session timer, and refreshed at half the time', async (context) => {
    embeddedOnly(context, OWN_CLOCK);
    const leg = await ring();
    expect(leg.invite.headers.get('session-expires')).toBe('1800');
    expect(leg.invite.headers.get('min-se')).toBe('90');
    expect(leg.invite.headers.list('supported')).toEqual(
      expect.arrayContaining(['timer', '100rel']),
    );
    leg.answer(200, SDP, [
      'Allow: INVITE, ACK, BYE, CANCEL, UPDATE',
      'Require: timer',
      'Session-Expires: 1800;refresher=uac',
    ]);
    await leg.request('ACK');
    await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
    vi.advanceTimersByTime(900_000);
    const update = await scene.phone.request('UPDATE');
    expect(update.headers.get('session-expires')).toMatch(/^1800; ?refresher=uac$/);
    // It has forgotten the call: that ends here as well.
    scene.phone.answer(update, 481);
    await expect.poll(() => scene.signaling.calls).toEqual([]);
  });

  it('wants a longer interval: it is called once more, with that', async () => {
    const first = await ring();
    first.refuse(422, 'Min-SE: 3600');
    const second = await scene.phoneRung();
    expect(second.invite.callId).toBe(first.invite.callId);
    expect(second.invite.headers.get('session-expires')).toBe('3600');
    expect(second.invite.headers.get('min-se')).toBe('3600');
    second.refuse(422, 'Min-SE: 7200');
    await expect
      .poll(lastEvent)
      .toMatchObject({ call: { state: 'ended', outcome: 'failed', status: 422 } });
  });

  it('rings reliably: it gets its PRACK', async () => {
    const leg = await ring();
    leg.answer(180, '', ['Require: 100rel', 'RSeq: 7']);
    const prack = await leg.request('PRACK');
    expect(prack.headers.get('rack')).toBe(`7 ${leg.invite.cseq?.number ?? 0} INVITE`);
    leg.answer(200, SDP);
    await leg.request('ACK');
    await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
  });
});
