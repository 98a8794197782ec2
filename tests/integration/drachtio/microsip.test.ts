/**
 * The messages of MicroSIP 3.20.5, byte for byte, from a phone whose Contact does not say where it
 * really is (it never rewrites it): registration and an outgoing call, both challenged first.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testDrachtio, type SrfDialog, type TestDrachtio } from '../../support/drachtio.ts';
import { SDP2, udpPeer, type Peer } from './peer.ts';

let drachtio: TestDrachtio;
let phone: Peer;
const seen: string[] = [];
let body = '';
let answered: ((dialog: SrfDialog) => void) | undefined;
const dialogMade = new Promise<SrfDialog>((resolve) => (answered = resolve));

// Spaced as the C++ server writes it, which parses what an application sends.
const CHALLENGE = 'Digest realm="tinyreg", nonce="n1", algorithm=MD5, qop="auth"';

function fixture(name: string): string {
  const text = readFileSync(new URL(`fixtures/microsip-${name}.txt`, import.meta.url), 'utf8');
  const wire = text.replaceAll('\r\n', '\n').replaceAll('\n', '\r\n');
  return wire.includes('\r\n\r\n') ? wire : `${wire}\r\n`;
}

beforeAll(async () => {
  drachtio = await testDrachtio();
  phone = await udpPeer(drachtio.sip('udp'));
  await drachtio.app((app) => {
    app.register((req, res) => {
      seen.push(`${req.get('Contact') ?? ''} ${req.get('Expires') ?? ''}`);
      if (!req.has('Authorization')) res.send(401, { headers: { 'WWW-Authenticate': CHALLENGE } });
      else res.send(200, { headers: { Contact: `${req.get('Contact') ?? ''};expires=300` } });
    });
    app.invite((req, res) => {
      if (!req.has('Proxy-Authorization')) {
        res.send(407, { headers: { 'Proxy-Authenticate': CHALLENGE } });
        return;
      }
      body = req.body;
      res.send(180);
      void app.createUAS(req, res, { localSdp: SDP2 }).then(answered);
    });
  });
});
afterAll(async () => {
  await phone.close();
  await drachtio.close();
});

describe('RFC 3261 §10.2, §13.2, §22 and RFC 3581: MicroSIP 3.20.5', () => {
  it('the fixtures are whole', () => {
    expect(Buffer.byteLength(fixture('register'))).toBe(527);
    expect(Buffer.byteLength(fixture('invite'))).toBe(955);
    expect(Buffer.byteLength(fixture('invite-digest'))).toBe(1198);
  });

  it('registers', async () => {
    phone.sendRaw(fixture('register'));
    const challenge = await phone.response(401);
    expect(challenge.headers.get('www-authenticate')).toBe(CHALLENGE);
    expect(challenge.headers.get('via')).toBe(
      `SIP/2.0/UDP 127.0.0.1:52553;rport=${phone.local.port};branch=z9hG4bKPj069c6122-bda2-4239-9902-e3d29222823e`,
    );
    phone.sendRaw(fixture('register-digest'));
    const ok = await phone.response(200);
    expect(ok.headers.get('cseq')).toBe('19360 REGISTER');
    expect(ok.headers.get('contact')).toBe('<sip:agent001@127.0.0.1:52553;ob>;expires=300');
    expect(seen.splice(0)).toEqual(Array(2).fill('<sip:agent001@127.0.0.1:52553;ob> 300'));
  });

  it('calls, is answered without a session timer it was not promised, and is hung up', async () => {
    phone.sendRaw(fixture('invite'));
    await phone.response(407);
    phone.sendRaw(fixture('ack-407'));
    phone.sendRaw(fixture('invite-digest'));
    await phone.response(100);
    const ringing = await phone.response(180);
    const ok = await phone.response(200);
    expect(ok.toTag).toBe(ringing.toTag);
    expect(ok.headers.has('session-expires')).toBe(false);
    expect(body).toContain('m=audio 4000 RTP/AVP 8 0 101\r\n');
    const ack = fixture('ack-407')
      .replace('CSeq: 4661', 'CSeq: 4662')
      .replace(/^To:.*$/m, `To: ${ok.headers.get('to') ?? ''}`)
      .replace(/branch=\S+/, 'branch=z9hG4bKPjcf53043d');
    phone.sendRaw(ack);
    const dialog = await dialogMade;
    expect(dialog.sip.callId).toBe('1099cec1-7c43-481d-ad1e-1ba4e136eceb');
    const destroyed = dialog.destroy();
    // 127.0.0.1:52553 is what the Contact says; the phone is on another port.
    const bye = await phone.request('BYE');
    expect(bye.uri).toBe('sip:agent001@127.0.0.1:52553;ob');
    phone.answer(bye, 200);
    await destroyed;
  });
});
