/** Offers inside a call, and calls that begin without one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SDP, type Peer } from '../drachtio/peer.ts';
import {
  held,
  PAGE_ANSWER,
  PHONE_ANSWER,
  Scene,
  type PageLeg,
  type PhoneCall,
  type WebPage,
} from './scene.ts';

let scene: Scene;
let page: WebPage;
let phone: Peer;
let call: PhoneCall;
let leg: PageLeg;

beforeEach(async () => {
  scene = await Scene.start();
  page = await scene.page();
  ({ phone } = scene);
});
afterEach(() => scene.close());

const heldBy = () => scene.signaling.calls[0]?.heldBy;
const offers = (media = scene.media.said) =>
  media.filter(({ what }) => what !== 'release').slice(2);
const versionOf = (sdp: string) => /^o=\S+ \S+ (\d+)/m.exec(sdp)?.[1];

async function hangUp(): Promise<void> {
  call.request('BYE');
  await leg.request('BYE');
  await scene.gone();
}

describe('RFC 3264 §8.4: hold and resume', () => {
  beforeEach(async () => {
    ({ call, leg } = await scene.answered(page));
    // The engine says of the page what it is told of it.
    scene.media.onAnswer = () => {
      const sdp = scene.media.said.at(-1)?.sdp ?? '';
      return Promise.resolve(PHONE_ANSWER.replace('a=sendrecv', /a=\w+/.exec(sdp)?.[0] ?? ''));
    };
  });

  const forms: readonly [string, string, string][] = [
    ['sendonly', SDP.replace('sendrecv', 'sendonly'), 'a=recvonly'],
    ['inactive', SDP.replace('sendrecv', 'inactive'), 'a=inactive'],
    ['recvonly', SDP.replace('sendrecv', 'recvonly'), 'a=sendonly'],
    ['c=0.0.0.0', SDP.replace('c=IN IP4 127.0.0.1', 'c=IN IP4 0.0.0.0'), 'a=sendrecv'],
  ];

  it.each(forms)('%s', async (_form, hold, answered) => {
    call.offer('INVITE', hold, 2);
    const ok = await call.response(200);
    expect(ok.body.toString()).toContain(answered);
    expect(ok.body.toString()).toContain('m=audio 6004 RTP/AVP 0');
    call.offer('ACK', '', 2);
    expect(heldBy()).toEqual(['phone']);
    // The engine was told, and the page left alone.
    expect(offers()).toMatchObject([
      { what: 'offer', leg: { fromTag: 'alice', toTag: 'peer' }, sdp: hold, to: 'page' },
      { what: 'answer', leg: { fromTag: 'alice', toTag: 'peer' }, to: 'phone' },
    ]);
    call.offer('INVITE', SDP, 3);
    const resumed = await call.response(200);
    call.offer('ACK', '', 3);
    expect(resumed.body.toString()).toContain('a=sendrecv');
    expect(Number(versionOf(resumed.body.toString()))).toBeGreaterThanOrEqual(
      Number(versionOf(ok.body.toString())),
    );
    expect(heldBy()).toEqual([]);
    const turns = scene.events.filter((event) => event.type === 'call').map((e) => e.call.heldBy);
    expect(turns).toEqual([[], [], ['phone'], []]);
    await hangUp();
    expect(page.peer.queue).toEqual([]);
  });
});

describe('RFC 3261 §14, RFC 3311: inside a call', () => {
  beforeEach(async () => {
    ({ call, leg } = await scene.answered(page));
  });

  it('an UPDATE that picks one codec is answered with that one', async () => {
    call.offer('UPDATE', SDP, 2);
    const ok = await phone.response(200, 'UPDATE');
    expect(ok.body.toString()).toBe(PHONE_ANSWER);
    await hangUp();
  });

  it('an UPDATE without an offer only refreshes', async () => {
    call.offer('UPDATE', '', 2);
    const ok = await phone.response(200, 'UPDATE');
    expect(ok.body.toString()).toBe('');
    expect(offers()).toEqual([]);
    await hangUp();
  });

  it('a re-INVITE without an offer gets ours, and its ACK is taken', async () => {
    call.offer('INVITE', '', 2);
    const ok = await call.response(200);
    expect(ok.body.toString()).toBe(PHONE_ANSWER);
    const moved = SDP.replace('4000', '4002');
    call.offer('ACK', moved, 2);
    await expect.poll(() => offers()).toMatchObject([{ sdp: moved }, { what: 'answer' }]);
    await hangUp();
  });

  it('another codec is refused, and the call goes on as it was', async () => {
    call.offer('INVITE', SDP.replace('RTP/AVP 0', 'RTP/AVP 8'), 2);
    const refusal = await call.response(488);
    expect(refusal.reason).toBe('The codec of a call cannot change');
    await hangUp();
  });

  it('of many codecs the answer keeps the one in use', async () => {
    call.offer('INVITE', SDP.replace('RTP/AVP 0', 'RTP/AVP 8 0 18'), 2);
    await call.response(200);
    call.offer('ACK', '', 2);
    expect(offers()[0]?.sdp).toContain('RTP/AVP 0\r\n');
    await hangUp();
  });

  it('an offer while one is being answered has to wait', async () => {
    const answer = held<string>();
    scene.media.onAnswer = () => answer.promise;
    call.offer('UPDATE', SDP, 2);
    await expect.poll(() => offers()).toHaveLength(2);
    call.offer('UPDATE', SDP, 3);
    const later = await phone.next((m) => m.kind === 'response' && m.cseq?.number === 3);
    expect(later).toMatchObject({ status: 500 });
    answer.resolve(PHONE_ANSWER);
    await phone.response(200, 'UPDATE');
    await hangUp();
  });

  it('an engine that fails refuses the offer, not the call', async () => {
    scene.media.onOffer = () => Promise.reject(new Error('No rtpengine'));
    call.offer('INVITE', SDP, 2);
    const refusal = await call.response(503);
    expect(refusal.reason).toBe('No rtpengine');
    await hangUp();
  });
});

describe('RFC 3264 §4: an INVITE without SDP', () => {
  it('gets our offer in the 200, with one codec; what its ACK holds is the answer', async () => {
    call = scene.dial({ sdp: '' });
    leg = await page.rung();
    expect(scene.media.said[0]?.sdp).toMatch(/m=audio 9 RTP\/AVP 8 101\r\n/);
    leg.answer(200, PAGE_ANSWER);
    const ok = await call.response(200);
    expect(ok.body.toString()).toBe(PHONE_ANSWER);
    call.offer('ACK', SDP, 1);
    await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
    await expect
      .poll(() => offers())
      .toMatchObject([
        { what: 'offer', sdp: SDP, leg: { fromTag: 'alice', toTag: 'peer' } },
        { what: 'answer', sdp: PAGE_ANSWER },
      ]);
    await hangUp();
  });
});
