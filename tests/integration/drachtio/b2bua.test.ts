/** createB2BUA between two peers made of bytes. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  disconnect,
  testDrachtio,
  type Srf,
  type SrfDialog,
  type TestDrachtio,
} from '../../support/drachtio.ts';
import { SDP, SDP2, text, udpPeer, unique, type Peer } from './peer.ts';

let drachtio: TestDrachtio;
let alice: Peer;
let carol: Peer;
let srf: Srf;
let calls: Promise<{ uas: SrfDialog; uac: SrfDialog } | Error>[];

beforeAll(async () => {
  drachtio = await testDrachtio();
});
beforeEach(async () => {
  alice = await udpPeer(drachtio.sip('udp'));
  carol = await udpPeer(drachtio.sip('udp'));
  calls = [];
  srf = await drachtio.app((app) =>
    app.invite((req, res) => {
      const call = app
        .createB2BUA(req, res, `sip:carol@127.0.0.1:${carol.local.port}`, {
          localSdpB: req.body,
          proxyRequestHeaders: ['X-Pass'],
          proxyResponseHeaders: ['X-Back'],
        })
        .catch((error: unknown) => error as Error);
      calls.push(call);
      void call.then((both) => {
        if (both instanceof Error) return;
        both.uas.on('destroy', () => void both.uac.destroy());
        both.uac.on('destroy', () => void both.uas.destroy());
      });
    }),
  );
});
afterEach(async () => {
  disconnect(srf);
  await Promise.all([alice.close(), carol.close()]);
});
afterAll(() => drachtio.close());

const contact = (peer: Peer, user: string): string =>
  `Contact: <sip:${user}@127.0.0.1:${peer.local.port}>`;

function dial(callId: string, branch = unique('z9hG4bK')): string {
  alice.send(
    text(alice, 'INVITE', {
      callId,
      branch,
      headers: [contact(alice, 'alice'), 'Content-Type: application/sdp', 'X-Pass: yes'],
    }),
    SDP,
  );
  return branch;
}

describe('RFC 3261 §13, §15 and §9, row createB2BUA', () => {
  it('joins two calls; a BYE on one side ends the other', async () => {
    const callId = unique('b2b');
    dial(callId);
    const invite = await carol.request('INVITE');
    expect(invite.headers.get('x-pass')).toBe('yes');
    expect(invite.from?.uri).toMatch(/^sip:alice@127\.0\.0\.1:/);
    expect(invite.body.toString()).toBe(SDP);
    carol.answer(invite, 180, `${contact(carol, 'carol')}\nX-Back: one`);
    expect((await alice.response(180)).headers.get('x-back')).toBe('one');
    carol.answer(invite, 200, `${contact(carol, 'carol')}\nX-Back: two`, SDP2);
    await carol.request('ACK');
    const ok = await alice.response(200);
    expect(ok.headers.get('x-back')).toBe('two');
    expect(ok.body.toString()).toBe(SDP2);
    const to = ok.headers.get('to') ?? '';
    alice.send(text(alice, 'ACK', { callId, to }));
    expect(await calls[0]).not.toBeInstanceOf(Error);
    alice.send(text(alice, 'BYE', { callId, to, cseq: 2 }));
    await alice.response(200, 'BYE');
    const bye = await carol.request('BYE');
    carol.answer(bye, 200);
  });

  it('a BYE of the callee waits for the caller’s ACK', async () => {
    const callId = unique('b2b');
    dial(callId);
    const invite = await carol.request('INVITE');
    carol.answer(invite, 200, contact(carol, 'carol'), SDP2);
    await carol.request('ACK');
    const ok = await alice.response(200);
    await calls[0];
    carol.send(
      text(carol, 'BYE', {
        callId: invite.callId,
        fromTag: 'peer',
        to: invite.headers.get('from') ?? '',
      }),
    );
    alice.send(text(alice, 'ACK', { callId, to: ok.headers.get('to') ?? '' }));
    await carol.response(200, 'BYE');
    const bye = await alice.request('BYE');
    alice.answer(bye, 200);
  });

  it('passes the failure of the callee on', async () => {
    dial(unique('b2b'));
    const invite = await carol.request('INVITE');
    carol.answer(invite, 486, 'X-Back: busy');
    await carol.request('ACK');
    expect((await alice.response(486)).headers.get('x-back')).toBe('busy');
  });

  it('a CANCEL of the caller cancels the callee', async () => {
    const callId = unique('b2b');
    const branch = dial(callId);
    const invite = await carol.request('INVITE');
    carol.answer(invite, 180, contact(carol, 'carol'));
    await alice.response(180);
    alice.send(text(alice, 'CANCEL', { callId, branch, headers: ['Reason: SIP;cause=487'] }));
    await alice.response(487, 'INVITE');
    const cancel = await carol.request('CANCEL');
    expect(cancel.headers.get('reason')).toBe('SIP;cause=487');
    carol.answer(cancel, 200);
    carol.answer(invite, 487);
    await carol.request('ACK');
    expect(await calls[0]).toBeInstanceOf(Error);
  });

  it('late offer: the body of the ACK goes through', async () => {
    disconnect(srf);
    srf = await drachtio.app((app) =>
      app.invite((req, res) => {
        void app
          .createB2BUA(req, res, `sip:carol@127.0.0.1:${carol.local.port}`, {})
          .catch(() => undefined);
      }),
    );
    const callId = unique('b2b');
    alice.send(text(alice, 'INVITE', { callId, headers: [contact(alice, 'alice')] }));
    const invite = await carol.request('INVITE');
    expect(invite.body).toHaveLength(0);
    carol.answer(invite, 200, contact(carol, 'carol'), SDP2);
    const ok = await alice.response(200);
    expect(ok.body.toString()).toBe(SDP2);
    alice.send(
      text(alice, 'ACK', {
        callId,
        to: ok.headers.get('to') ?? '',
        headers: ['Content-Type: application/sdp'],
      }),
      SDP,
    );
    const ack = await carol.request('ACK');
    expect(ack.body.toString()).toBe(SDP);
  });
});
