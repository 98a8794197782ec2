/**
 * What the SDPs that come out look like, by what went in and by the flags: hold in all its forms,
 * codecs, packet time, RTCP, addresses; re-offers and late offers. The same on both engines.
 */
import { expect, test } from 'vitest';
import type { MediaFlags } from '../../../rtpengine/engine.ts';
import {
  ANSWER_TO_PAGE,
  ANSWER_TO_PHONE,
  OFFER_TO_PAGE,
  OFFER_TO_PHONE,
} from '../../../rtpengine/profiles.ts';
import { senderReport } from '../../support/rtp.ts';
import {
  PAGE_SSRC,
  fromPage,
  fromPhone,
  linesOf,
  onEachEngine,
  portIn,
  untilOpen,
} from './scene.ts';

const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)$/;
const directionIn = (sdp: string): string[] =>
  sdp.split('\r\n').filter((line) => DIRECTION.test(line));

onEachEngine('negotiation', { portMin: 26200, portMax: 26599 }, (scene) => {
  const offered = async (sdp: string, flags: MediaFlags): Promise<string> =>
    (await scene.engine.offer({ ...scene.ids(), sdp, ...flags })).sdp;

  test.each([
    ['sendonly', {}, 'a=sendonly'],
    ['recvonly', {}, 'a=recvonly'],
    ['inactive', {}, 'a=inactive'],
    ['sendrecv', { address: '0.0.0.0' }, 'a=sendonly'],
    ['recvonly', { address: '0.0.0.0' }, 'a=inactive'],
  ])('%s with %j reaches the page as %s, and is taken back', async (direction, at, expected) => {
    const { ids, phone, page, toPage } = await scene.call();
    const tags = { ...ids, 'to-tag': 'to' };
    const held = await scene.engine.offer({
      ...tags,
      sdp: phone.sdp({ direction, ...at }),
      ...OFFER_TO_PAGE,
    });
    expect(directionIn(held.sdp)).toEqual([expected]);
    expect(linesOf(held.sdp, 'c=')).toEqual(['c=IN IP4 127.0.0.1']);
    const answered = { 'a=sendonly': 'recvonly', 'a=recvonly': 'sendonly' }[expected] ?? 'inactive';
    const answer = await scene.engine.answer({
      ...tags,
      sdp: page.lastAnswer.replace('a=sendrecv', `a=${answered}`),
      ...ANSWER_TO_PHONE,
    });
    expect(directionIn(answer.sdp)).toEqual([`a=${answered}`]);

    const resumed = await scene.engine.offer({ ...tags, sdp: phone.sdp(), ...OFFER_TO_PAGE });
    expect(directionIn(resumed.sdp)).toEqual(['a=sendrecv']);
    for (const start of ['m=', 'a=ice-ufrag', 'a=fingerprint', 'a=mid', 'a=candidate']) {
      expect(linesOf(resumed.sdp, start)).toEqual(linesOf(toPage, start));
    }
    await scene.engine.answer({ ...tags, sdp: page.lastAnswer, ...ANSWER_TO_PHONE });
    phone.send(fromPhone(1000));
    await page.rtp.until((packet) => packet.equals(fromPhone(1000)));
    page.send(fromPage(1000));
    await phone.rtp.until((packet) => packet.equals(fromPage(1000)));
  });

  test('the page is not told the SSRC of the phone: another one may take its place', async () => {
    const phone = await scene.phone();
    const sdp = phone.sdp().replace('a=sendrecv', 'a=ssrc:1627449013 cname:7cded\r\na=sendrecv');
    expect(linesOf(await offered(sdp, OFFER_TO_PAGE), 'a=ssrc')).toEqual([]);
  });

  test('a direction said for the whole session counts', async () => {
    const phone = await scene.phone();
    const sdp = phone.sdp().replace('a=sendrecv\r\n', '').replace('a=X-nat:0', 'a=sendonly');
    expect(directionIn(await offered(sdp, OFFER_TO_PAGE))).toEqual(['a=sendonly']);
  });

  test('original-sendrecv leaves the old hold as it was written', async () => {
    const phone = await scene.phone();
    const flags = { ...OFFER_TO_PAGE, flags: ['original-sendrecv'] } as const;
    expect(directionIn(await offered(phone.sdp({ address: '0.0.0.0' }), flags))).toEqual([
      'a=sendrecv',
    ]);
  });

  test.each<[string, MediaFlags['codec'], string]>([
    ['strip', { strip: ['PCMA'] }, '0 101'],
    ['strip of all but what is offered', { strip: ['all'], offer: ['PCMU', 'PCMA'] }, '0 8'],
    ['strip of all but exceptions', { strip: ['all'], except: ['PCMA'] }, '8'],
    ['strip of everything is none', { strip: ['all'] }, '8 0 101'],
    ['mask', { mask: ['PCMA'] }, '0 101'],
  ])('codec %s', async (_, codec, formats) => {
    const phone = await scene.phone();
    const sdp = await offered(phone.sdp(), { ...OFFER_TO_PHONE, ...(codec && { codec }) });
    expect(sdp).toMatch(new RegExp(`^m=audio \\d+ RTP/AVP ${formats}\r$`, 'm'));
  });

  test('an answer with fewer codecs reaches the caller as it is', async () => {
    const { engine } = scene;
    const ids = scene.ids();
    const phone = await scene.phone();
    const page = scene.page();
    const offer = await engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
    const full = await page.answer(offer.sdp);
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'to',
      sdp: full
        .replace(/^(m=audio \d+ \S+) .*$/m, '$1 0')
        .replace(/^a=(rtpmap|fmtp|rtcp-fb):(8|101).*\r\n/gm, ''),
      ...ANSWER_TO_PHONE,
    });
    expect(answer.sdp).toMatch(/^m=audio \d+ RTP\/AVP 0\r$/m);
    expect(answer.sdp).not.toMatch(/^a=(rtpmap|fmtp):(8|101)/m);
  });

  test('packet time, profile and the form of a=rtcp are as asked for', async () => {
    const phone = await scene.phone();
    const sdp = phone.sdp();
    expect(linesOf(await offered(sdp, { ...OFFER_TO_PHONE, ptime: 30 }), 'a=ptime')).toEqual([
      'a=ptime:30',
    ]);
    const feedback = await offered(sdp, { ...OFFER_TO_PHONE, 'transport-protocol': 'RTP/AVPF' });
    expect(feedback).toMatch(/^m=audio \d+ RTP\/AVPF 8 0 101\r$/m);
    const none = await offered(sdp, { ...OFFER_TO_PHONE, flags: ['no-rtcp-attribute'] });
    expect(linesOf(none, 'a=rtcp')).toEqual([]);
    const full = await offered(sdp, { ...OFFER_TO_PHONE, flags: ['full-rtcp-attribute'] });
    expect(linesOf(full, 'a=rtcp')).toEqual([`a=rtcp:${portIn(full) + 1} IN IP4 127.0.0.1`]);
  });

  test('RTCP on the RTP port is offered to a phone on request, and sent there', async () => {
    const { engine } = scene;
    const ids = scene.ids();
    const [caller, callee] = [await scene.phone(), await scene.phone()];
    const offer = await engine.offer({
      ...ids,
      sdp: caller.sdp(),
      ...OFFER_TO_PHONE,
      'rtcp-mux': ['offer'],
    });
    expect(linesOf(offer.sdp, 'a=rtcp-mux')).toHaveLength(1);
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'to',
      sdp: callee.sdp({ formats: '8 101' }).replace('a=ptime', 'a=rtcp-mux\r\na=ptime'),
      ...ANSWER_TO_PHONE,
    });
    expect(linesOf(answer.sdp, 'a=rtcp-mux')).toEqual([]);
    caller.connect(answer.sdp);
    callee.connect(offer.sdp);
    caller.send(fromPhone(1));
    callee.send(fromPage(1));
    await Promise.all([caller.rtp.first(1), callee.rtp.first(1)]);
    caller.sendRtcp(senderReport(7));
    await callee.rtp.until((packet) => packet[1] === 200);
    expect(callee.rtcp.received).toEqual([]);
  });

  test('a caller that has RTCP on the RTP port keeps it, also when the callee has not', async () => {
    const { engine } = scene;
    const ids = scene.ids();
    const [caller, callee] = [await scene.phone(), await scene.phone()];
    const offer = await engine.offer({
      ...ids,
      sdp: caller.sdp().replace('a=ptime', 'a=rtcp-mux\r\na=ptime'),
      ...OFFER_TO_PHONE,
    });
    expect(linesOf(offer.sdp, 'a=rtcp-mux')).toEqual([]);
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'to',
      sdp: callee.sdp({ formats: '8 101' }),
      ...ANSWER_TO_PHONE,
    });
    expect(linesOf(answer.sdp, 'a=rtcp-mux')).toHaveLength(1);
  });

  test('the first packets go where the SIP message came from, when told to', async () => {
    const { engine } = scene;
    const ids = scene.ids();
    const [caller, callee] = [await scene.phone(), await scene.phone()];
    const offer = await engine.offer({
      ...ids,
      // An address nobody here has (RFC 5737).
      sdp: caller.sdp({ address: '192.0.2.99' }).replace(/^a=rtcp:.*\r\n/m, ''),
      ...OFFER_TO_PHONE,
      flags: ['SIP-source-address'],
      'received-from': ['IP4', '127.0.0.1'],
    });
    await engine.answer({ ...ids, 'to-tag': 'to', sdp: callee.sdp(), ...ANSWER_TO_PHONE });
    callee.connect(offer.sdp);
    callee.send(fromPage(1));
    expect(await caller.rtp.first(1)).toEqual([fromPage(1)]);
  });

  test.each([
    ['active', 'actpass', 'a=setup:active'],
    ['passive', 'actpass', 'a=setup:passive'],
    ['passive', 'passive', 'a=setup:active'],
  ] as const)('DTLS=%s and an offer of %s make %s', async (DTLS, setup, expected) => {
    const { engine } = scene;
    const ids = scene.ids();
    const page = scene.page();
    const phone = await scene.phone();
    const sdp = (await page.offer()).replace(/^a=setup:.*$/m, `a=setup:${setup}`);
    await engine.offer({ ...ids, sdp, ...OFFER_TO_PHONE });
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'to',
      sdp: phone.sdp({ formats: '0 101' }),
      ...ANSWER_TO_PAGE,
      DTLS,
    });
    expect(linesOf(answer.sdp, 'a=setup')).toEqual([expected]);
  });

  test('a late offer: the phone says where it is after the page has answered', async () => {
    const { engine } = scene;
    const ids = scene.ids();
    const phone = await scene.phone();
    const page = scene.page();
    // What a caller that has not offered yet could offer, at no address.
    const stand_in = phone.sdp({ address: '0.0.0.0', port: 9 });
    const offer = await engine.offer({
      ...ids,
      sdp: stand_in,
      ...OFFER_TO_PAGE,
      flags: [...OFFER_TO_PAGE.flags, 'original-sendrecv'],
    });
    expect(directionIn(offer.sdp)).toEqual(['a=sendrecv']);
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'to',
      sdp: await page.answer(offer.sdp),
      ...ANSWER_TO_PHONE,
    });
    // The phone gets that as its offer, and answers with where it is.
    phone.connect(answer.sdp);
    const again = await engine.offer({
      ...ids,
      'to-tag': 'to',
      sdp: phone.sdp({ formats: '8 101' }),
      ...OFFER_TO_PAGE,
    });
    expect(linesOf(again.sdp, 'a=ice-ufrag')).toEqual(linesOf(offer.sdp, 'a=ice-ufrag'));
    await engine.answer({ ...ids, 'to-tag': 'to', sdp: page.lastAnswer, ...ANSWER_TO_PHONE });
    await page.start();
    page.send(fromPage(1));
    const pump = setInterval(() => page.send(fromPage(1)), 20);
    await phone.rtp.until((packet) => packet.readUInt32BE(8) === PAGE_SSRC);
    clearInterval(pump);
    await untilOpen(phone, page);
  });
});
