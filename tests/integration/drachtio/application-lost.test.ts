/** An application that goes away in a call: nobody is left to end it but the server. */
import { expect, it } from 'vitest';
import { disconnect, embeddedOnly, testDrachtio } from '../../support/drachtio.ts';
import { SDP, SDP2, text, udpPeer, unique } from './peer.ts';

it('row routing: both phones of a call get BYE, and the next caller 503', async (context) => {
  embeddedOnly(context, 'the C++ server leaves the calls of a lost application up');
  const drachtio = await testDrachtio();
  const caller = await udpPeer(drachtio.sip('udp'));
  const callee = await udpPeer(drachtio.sip('udp'));
  let connected: Promise<unknown> | undefined;
  const app = await drachtio.app((srf) =>
    srf.invite((request, response) => {
      const uri = `sip:bob@127.0.0.1:${callee.local.port}`;
      connected = srf.createB2BUA(request, response, uri, {});
    }),
  );
  const callId = unique('lost');
  const contact = `Contact: <sip:alice@127.0.0.1:${caller.local.port}>`;
  const headers = [contact, 'Content-Type: application/sdp'];
  caller.send(text(caller, 'INVITE', { callId, headers }), SDP);
  const invite = await callee.request('INVITE');
  callee.answer(invite, 200, `Contact: <sip:bob@127.0.0.1:${callee.local.port}>`, SDP2);
  const ok = await caller.response(200, 'INVITE');
  caller.send(text(caller, 'ACK', { callId, to: ok.headers.get('to') ?? '' }));
  await callee.request('ACK');
  await connected;

  disconnect(app);
  const byes = await Promise.all([caller.request('BYE'), callee.request('BYE')]);
  expect(byes.map((bye) => bye.callId)).toEqual([callId, invite.callId]);
  caller.answer(byes[0], 200);
  callee.answer(byes[1], 200);

  caller.send(text(caller, 'INVITE', { headers }), SDP);
  await caller.response(503, 'INVITE');
  await Promise.all([caller.close(), callee.close(), drachtio.close()]);
});
