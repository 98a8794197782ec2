/**
 * Offers in every direction and to several peers at once, the same on both engines: phone to phone,
 * one call that rings at two pages, and what becomes of the one that loses.
 */
import { expect, test } from 'vitest';
import { ANSWER_TO_PHONE, OFFER_TO_PAGE, OFFER_TO_PHONE } from '../../../rtpengine/profiles.ts';
import { fromPage, fromPhone, onEachEngine, portIn, untilOpen } from './scene.ts';

onEachEngine('directions', { portMin: 26000, portMax: 26199 }, (scene) => {
  test('a phone can call a phone: plain RTP on both sides', async () => {
    const ids = scene.ids();
    const caller = await scene.phone();
    const callee = await scene.phone();
    const { engine } = scene;
    const offer = await engine.offer({ ...ids, sdp: caller.sdp(), ...OFFER_TO_PHONE });
    expect(offer.sdp).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m);
    expect(offer.sdp).not.toMatch(/^a=(ice|candidate|fingerprint|setup|rtcp-mux|mid)/m);
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'to',
      sdp: callee.sdp({ formats: '8 101' }),
      ...ANSWER_TO_PHONE,
    });
    expect(answer.sdp).toMatch(/^m=audio \d+ RTP\/AVP 8 101\r$/m);
    callee.connect(offer.sdp);
    caller.connect(answer.sdp);
    expect(callee.target).not.toBe(caller.target);

    caller.send(fromPhone(1));
    expect(await callee.rtp.first(1)).toEqual([fromPhone(1)]);
    callee.send(fromPage(1));
    expect(await caller.rtp.first(1)).toEqual([fromPage(1)]);
  });

  test('a call that rings at two pages is answered by one; the other is let go', async () => {
    const { engine } = scene;
    const ids = scene.ids();
    const phone = await scene.phone();
    const [loser, winner] = [scene.page(), scene.page()];
    const ringing = (branch: string) =>
      engine.offer({ ...ids, 'via-branch': branch, sdp: phone.sdp(), ...OFFER_TO_PAGE });
    const first = await ringing('one');
    const second = await ringing('two');
    expect(portIn(second.sdp)).not.toBe(portIn(first.sdp));
    expect(credentials(second.sdp)).not.toEqual(credentials(first.sdp));
    // Offered again, the same branch is the same offer.
    expect(credentials((await ringing('one')).sdp)).toEqual(credentials(first.sdp));

    const losing = await loser.answer(first.sdp);
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'winner',
      'via-branch': 'two',
      sdp: await winner.answer(second.sdp),
      ...ANSWER_TO_PHONE,
    });
    expect(losing).toContain('m=audio');
    await engine.delete({ ...ids, 'via-branch': 'one' });
    phone.connect(answer.sdp);
    await winner.start();
    await untilOpen(phone, winner);
    phone.send(fromPhone(7));
    await winner.rtp.until((packet) => packet.equals(fromPhone(7)));
    winner.send(fromPage(7));
    expect(await phone.rtp.first(1)).toEqual([fromPage(7)]);

    const { tags } = await engine.query(ids);
    // rtpengine still tells of parties that have gone.
    expect(
      Object.keys(tags)
        .filter((tag) => !tag.startsWith('<untagged'))
        .sort(),
    ).toEqual(['from', 'winner']);
    // A re-offer of the phone goes to the page that has answered, with the ports it has.
    const again = await engine.offer({
      ...ids,
      'to-tag': 'winner',
      sdp: phone.sdp({ direction: 'sendonly' }),
      ...OFFER_TO_PAGE,
    });
    expect(portIn(again.sdp)).toBe(portIn(second.sdp));
    expect(credentials(again.sdp)).toEqual(credentials(second.sdp));
  });

  test('the page that rang first may answer as well as the one that rang last', async () => {
    const { engine } = scene;
    const ids = scene.ids();
    const phone = await scene.phone();
    const [winner, loser] = [scene.page(), scene.page()];
    const ringing = (branch: string) =>
      engine.offer({ ...ids, 'via-branch': branch, sdp: phone.sdp(), ...OFFER_TO_PAGE });
    const first = await ringing('one');
    await loser.answer((await ringing('two')).sdp);
    await engine.delete({ ...ids, 'via-branch': 'two' });
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'winner',
      'via-branch': 'one',
      sdp: await winner.answer(first.sdp),
      ...ANSWER_TO_PHONE,
    });
    phone.connect(answer.sdp);
    await winner.start();
    await untilOpen(phone, winner);
    winner.send(fromPage(1));
    expect(await phone.rtp.first(1)).toEqual([fromPage(1)]);
  });

  test('when every page has been let go, the call is over', async () => {
    const { engine } = scene;
    const ids = scene.ids();
    const phone = await scene.phone();
    for (const branch of ['one', 'two']) {
      await engine.offer({ ...ids, 'via-branch': branch, sdp: phone.sdp(), ...OFFER_TO_PAGE });
    }
    for (const branch of ['one', 'two']) await engine.delete({ ...ids, 'via-branch': branch });
    await expect(engine.query(ids)).rejects.toMatchObject({ code: 'RTPENGINE_REFUSED' });
  });
});

function credentials(sdp: string): unknown {
  return ['ice-ufrag', 'ice-pwd'].map((name) => new RegExp(`^a=${name}:.*$`, 'm').exec(sdp)?.[0]);
}
