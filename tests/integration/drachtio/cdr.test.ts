/**
 * `cdr` of the protocol table: an application that asked for them hears of every INVITE, answer and
 * end. The C++ server writes records only with a setting of its own configuration.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  disconnect,
  embeddedOnly,
  testDrachtio,
  type Srf,
  type SrfDialog,
  type SrfMessage,
  type TestDrachtio,
} from '../../support/drachtio.ts';
import { SDP, SDP2, text, udpPeer, unique, type Peer } from './peer.ts';

let drachtio: TestDrachtio;
let phone: Peer;
let records: string[];
let app: Srf;
let dialogs: SrfDialog[];

const WHY = 'call records need a setting of the C++ server';

async function listen(routes: (srf: Srf) => void): Promise<void> {
  app = await drachtio.app((srf) => {
    routes(srf);
    srf.on('cdr:attempt', (source: string, time: string, message: SrfMessage) => {
      expect(time).toMatch(/^\d\d:\d\d:\d\d\.\d{6}$/);
      records.push(`attempt ${source} ${message.method}`);
    });
    for (const kind of ['start', 'stop'])
      srf.on(`cdr:${kind}`, (source: string, _time: string, detail: string, message: SrfMessage) =>
        records.push(`${kind} ${source} ${detail} ${message.get('CSeq')?.split(' ')[1] ?? ''}`),
      );
  });
}

beforeEach(async () => {
  drachtio = await testDrachtio();
  phone = await udpPeer(drachtio.sip('udp'));
  records = [];
  dialogs = [];
});
afterEach(async () => {
  disconnect(app);
  await phone.close();
  await drachtio.close();
});

function invite(
  callId = unique('call'),
  branch = unique('z9hG4bK'),
): { callId: string; branch: string } {
  const contact = `Contact: <sip:alice@127.0.0.1:${phone.local.port}>`;
  phone.send(
    text(phone, 'INVITE', { callId, branch, headers: [contact, 'Content-Type: application/sdp'] }),
    SDP,
  );
  return { callId, branch };
}

describe('rows cdr:attempt, cdr:start, cdr:stop', () => {
  it('an answered call that the caller ends', async (context) => {
    embeddedOnly(context, WHY);
    await listen((srf) =>
      srf.invite((req, res) => void srf.createUAS(req, res, { localSdp: SDP2 })),
    );
    const { callId } = invite();
    const to = (await phone.response(200)).headers.get('to') ?? '';
    phone.send(text(phone, 'ACK', { callId, to }));
    phone.send(text(phone, 'BYE', { callId, to, cseq: 2 }));
    await phone.response(200, 'BYE');
    await expect
      .poll(() => records)
      .toEqual([
        'attempt network INVITE',
        'start application uas INVITE',
        'stop network normal-release BYE',
      ]);
  });

  it('a call that is refused, and one that is given up', async (context) => {
    embeddedOnly(context, WHY);
    let refuse = true;
    await listen((srf) =>
      srf.invite((_req, res) => {
        res.send(refuse ? 486 : 180);
      }),
    );
    invite();
    await phone.response(486);
    refuse = false;
    const call = invite();
    await phone.response(180);
    phone.send(text(phone, 'CANCEL', call));
    await phone.response(487);
    await expect
      .poll(() => records)
      .toEqual([
        'attempt network INVITE',
        'stop application call-rejected INVITE',
        'attempt network INVITE',
        'stop network call-canceled CANCEL',
      ]);
  });

  it('a call that the application makes and ends', async (context) => {
    embeddedOnly(context, WHY);
    await listen(() => undefined);
    const uri = `sip:alice@127.0.0.1:${phone.local.port}`;
    const made = app.createUAC(uri, { localSdp: SDP }).then((dialog) => dialogs.push(dialog));
    phone.answer(await phone.request('INVITE'), 200, `Contact: <${uri}>`, SDP2);
    await phone.request('ACK');
    await made;
    const ended = dialogs[0]?.destroy();
    phone.answer(await phone.request('BYE'), 200);
    await ended;
    await expect
      .poll(() => records)
      .toEqual([
        'attempt application INVITE',
        'start network uac INVITE',
        'stop application normal-release BYE',
      ]);
  });

  it('a proxied call, both sides of it', async (context) => {
    embeddedOnly(context, WHY);
    const callee = await udpPeer(drachtio.sip('udp'));
    await listen((srf) =>
      srf.invite((req) => void srf.proxyRequest(req, `sip:127.0.0.1:${callee.local.port}`)),
    );
    invite();
    callee.answer(
      await callee.request('INVITE'),
      200,
      `Contact: <sip:127.0.0.1:${callee.local.port}>`,
      SDP2,
    );
    await phone.response(200);
    await expect
      .poll(() => records)
      .toEqual([
        'attempt network INVITE',
        'attempt application INVITE',
        'start network proxy-uac INVITE',
        'start application proxy-uas INVITE',
      ]);
    await callee.close();
  });

  it('goes to one application, in turn, and to none that did not ask', async (context) => {
    embeddedOnly(context, WHY);
    await listen((srf) => srf.invite((_req, res) => res.send(486)));
    const other: string[] = [];
    const second = await drachtio.app((srf) =>
      srf.on('cdr:attempt', (source: string) => other.push(source)),
    );
    for (let i = 0; i < 4; i++) {
      invite();
      await phone.response(486);
    }
    await expect.poll(() => other.length).toBe(2);
    await expect.poll(() => records.filter((one) => one.startsWith('attempt')).length).toBe(2);
    disconnect(second);
  });
});
