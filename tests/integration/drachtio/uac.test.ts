/** Requests of a drachtio-srf application, answered by a peer made of bytes. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  disconnect,
  embeddedOnly,
  EXTERNAL,
  testDrachtio,
  type Srf,
  type SrfDialog,
  type SrfRequest,
  type SrfResponse,
  type TestDrachtio,
} from '../../support/drachtio.ts';
import { SDP, SDP2, text, udpPeer, unique, type Peer } from './peer.ts';

let drachtio: TestDrachtio;
let carol: Peer;
let srf: Srf;
let uri: string;
let own: string;

beforeAll(async () => {
  drachtio = await testDrachtio();
  srf = await drachtio.app();
  const { address, port } = drachtio.sip('udp');
  own = `${address}:${port}`;
});
beforeEach(async () => {
  carol = await udpPeer(drachtio.sip('udp'));
  uri = `sip:carol@127.0.0.1:${carol.local.port}`;
});
afterEach(() => carol.close());
afterAll(() => drachtio.close());

const contact = (): string => `Contact: <sip:carol@127.0.0.1:${carol.local.port}>`;

async function established(): Promise<SrfDialog> {
  const made = srf.createUAC(uri, { localSdp: SDP });
  carol.answer(await carol.request('INVITE'), 200, contact(), SDP2);
  await carol.request('ACK');
  return made;
}

describe('RFC 3261 §13.2, rows createUAC, auth retry, localhost, proxy field', () => {
  it('completes a bare INVITE, passes 1xx but 100 up, and acknowledges the 200 to its Contact', async () => {
    const statuses: number[] = [];
    let sent: SrfRequest | undefined;
    const made = srf.createUAC(
      uri,
      { localSdp: SDP },
      {
        cbRequest: (_error, request) => (sent = request),
        cbProvisional: (response) => statuses.push(response.status),
      },
    );
    const invite = await carol.request('INVITE');
    expect(invite.uri).toBe(uri);
    expect(invite.via).toMatchObject({ transport: 'UDP', host: '127.0.0.1' });
    expect(invite.via?.params.has('rport')).toBe(true);
    expect(invite.headers.get('max-forwards')).toBe('70');
    expect(invite.headers.get('from')).toMatch(new RegExp(`^<sip:${own}>;tag=\\S+$`));
    expect(invite.headers.get('to')).toBe(`<${uri}>`);
    expect(invite.headers.get('contact')).toBe(`<sip:${own}>`);
    expect(invite.headers.get('content-type')).toBe('application/sdp');
    expect(invite.body.toString()).toBe(SDP);
    carol.answer(invite, 100);
    carol.answer(invite, 180, contact());
    carol.answer(invite, 183, contact(), SDP2);
    carol.answer(invite, 200, 'Contact: <sip:c2@127.0.0.1:' + String(carol.local.port) + '>', SDP2);
    const ack = await carol.request('ACK');
    expect(ack.uri).toBe(`sip:c2@127.0.0.1:${carol.local.port}`);
    expect(ack.cseq?.number).toBe(invite.cseq?.number);
    expect(ack.toTag).toBe('peer');
    expect(ack.via?.params.get('branch')).not.toBe(invite.via?.params.get('branch'));
    const dialog = await made;
    expect(statuses).toEqual([180, 183]);
    expect(dialog.id).toBe(`${invite.callId};from-tag=${invite.fromTag}`);
    expect(sent?.get('Call-ID')).toBe(invite.callId);
    expect(sent?.get('From')).toBe(invite.headers.get('from'));
    expect(dialog.remote.sdp).toBe(SDP2);
    const destroyed = dialog.destroy();
    const bye = await carol.request('BYE');
    expect(bye.cseq?.number).toBe((invite.cseq?.number ?? 0) + 1);
    carol.answer(bye, 200);
    await destroyed;
  });

  it('repeats the ACK when the 200 is repeated', async () => {
    const made = srf.createUAC(uri, { localSdp: SDP });
    const invite = await carol.request('INVITE');
    carol.answer(invite, 200, contact(), SDP2);
    const ack = await carol.request('ACK');
    await made;
    carol.answer(invite, 200, contact(), SDP2);
    expect((await carol.request('ACK')).toString()).toBe(ack.toString());
  });

  it('replaces localhost with the address in use', async () => {
    void srf
      .createUAC(uri, {
        localSdp: SDP,
        callingNumber: '1000',
        headers: { 'P-Asserted-Identity': '"N" <sip:pai@localhost>', 'X-Keep': 'localhost' },
      })
      .catch(() => undefined);
    const invite = await carol.request('INVITE');
    expect(invite.from?.uri).toBe(`sip:1000@${own}`);
    expect(invite.headers.get('contact')).toBe(`<sip:1000@${own}>`);
    expect(invite.headers.get('p-asserted-identity')).toBe(`"N" <sip:pai@${own}>`);
    expect(invite.headers.get('x-keep')).toBe('localhost');
    carol.answer(invite, 404);
  });

  it.each([486, 404, 503, 603])(
    'a failure %i is acknowledged by the server, once',
    async (status) => {
      const made = srf.createUAC(uri, { localSdp: SDP }).catch((error: unknown) => error);
      const invite = await carol.request('INVITE');
      carol.answer(invite, status, 'X-Why: y');
      const ack = await carol.request('ACK');
      expect(ack.via?.params.get('branch')).toBe(invite.via?.params.get('branch'));
      expect(ack.uri).toBe(invite.uri);
      expect(await made).toMatchObject({ status });
      // drachtio-srf has sent an ACK of its own by now: it must not reach the peer.
      void srf.request(uri, { method: 'OPTIONS' });
      const next = await carol.next();
      expect(next).toMatchObject({ method: 'OPTIONS' });
    },
  );

  it('retries with credentials: same Call-ID and From tag, CSeq + 1, and follows that dialog', async () => {
    const made = srf.createUAC(uri, {
      localSdp: SDP,
      callingNumber: 'me',
      auth: { username: 'u', password: 'p' },
    });
    const first = await carol.request('INVITE');
    carol.answer(first, 407, 'Proxy-Authenticate: Digest realm="r", nonce="n", qop="auth"');
    await carol.request('ACK');
    const second = await carol.request('INVITE');
    expect(second.callId).toBe(first.callId);
    expect(second.fromTag).toBe(first.fromTag);
    expect(second.cseq?.number).toBe((first.cseq?.number ?? 0) + 1);
    expect(second.headers.get('proxy-authorization')).toMatch(/^Digest username="u", ?realm="r"/);
    expect(second.via?.params.get('branch')).not.toBe(first.via?.params.get('branch'));
    carol.answer(second, 200, contact(), SDP2, 'second');
    const ack = await carol.request('ACK');
    // RFC 3261 §22.1 wants them in the ACK too; the C++ server leaves them out.
    if (!EXTERNAL)
      expect(ack.headers.get('proxy-authorization')).toBe(
        second.headers.get('proxy-authorization'),
      );
    const dialog = await made;
    expect(dialog.id).toBe(`${first.callId};from-tag=${first.fromTag}`);
  });

  it('sends through the proxy that is named, with the Request-URI unchanged', async () => {
    void srf
      .createUAC('sip:x@example.test', {
        localSdp: SDP,
        proxy: `sip:127.0.0.1:${carol.local.port}`,
      })
      .catch(() => undefined);
    const invite = await carol.request('INVITE');
    expect(invite.uri).toBe('sip:x@example.test');
    carol.answer(invite, 480);
  });

  it('offerless: the ACK of the application carries the answer', async () => {
    const made = srf.createUAC(uri, { headers: {} });
    const invite = await carol.request('INVITE');
    expect(invite.body).toHaveLength(0);
    expect(invite.headers.has('content-type')).toBe(false);
    carol.answer(invite, 200, contact(), SDP2);
    const ack = await carol.request('ACK');
    expect(ack.headers.get('content-type')).toBe('application/sdp');
    expect(ack.body.toString()).toContain('m=audio');
    await made;
  });

  it('takes the route set from Record-Route, last first', async () => {
    const made = srf.createUAC(uri, { localSdp: SDP });
    const invite = await carol.request('INVITE');
    const near = `<sip:127.0.0.1:${carol.local.port};lr>`;
    carol.answer(
      invite,
      200,
      `Contact: <sip:carol@far.invalid>\nRecord-Route: <sip:p.invalid;lr>, ${near}`,
      SDP2,
    );
    const ack = await carol.request('ACK');
    expect(ack.uri).toBe('sip:carol@far.invalid');
    expect(ack.headers.list('route')).toEqual([near, '<sip:p.invalid;lr>']);
    await made;
  });

  it('sends to where the 200 came from when its Contact is elsewhere (NAT)', async () => {
    const made = srf.createUAC(uri, { localSdp: SDP });
    carol.answer(await carol.request('INVITE'), 200, 'Contact: <sip:carol@10.9.9.9>', SDP2);
    const ack = await carol.request('ACK');
    expect(ack.uri).toBe('sip:carol@10.9.9.9');
    await made;
  });

  it('tells the application of a BYE of the callee', async () => {
    const dialog = await established();
    const destroyed = new Promise((resolve) => dialog.once('destroy', resolve));
    const [callId, fromTag] = dialog.id.split(';from-tag=');
    carol.send(
      text(carol, 'BYE', {
        callId: callId ?? '',
        fromTag: 'peer',
        to: `<sip:x@y>;tag=${fromTag ?? ''}`,
      }),
    );
    await carol.response(200, 'BYE');
    await destroyed;
  });

  it('hangs up a second branch that answers too', async (context) => {
    embeddedOnly(context, 'the C++ server acknowledges it only');
    const made = srf.createUAC(uri, { localSdp: SDP });
    const invite = await carol.request('INVITE');
    carol.answer(invite, 200, contact(), SDP2, 'one');
    await carol.request('ACK');
    await made;
    carol.answer(invite, 200, contact(), SDP2, 'two');
    expect((await carol.request('ACK')).toTag).toBe('two');
    const bye = await carol.request('BYE');
    expect(bye.toTag).toBe('two');
    carol.answer(bye, 200);
  });
});

describe('RFC 6665, row subscribe: subscriptions', () => {
  it('SUBSCRIBE makes a dialog; a terminal NOTIFY of ours ends it', async () => {
    const callId = unique('sub');
    let made: ((dialog: SrfDialog) => void) | undefined;
    const dialogMade = new Promise<SrfDialog>((resolve) => (made = resolve));
    const app = await drachtio.app((other) =>
      other.subscribe((req, res) => {
        void other
          .createUAS(req, res, { headers: { Expires: '60' } })
          .then((dialog) => made?.(dialog));
      }),
    );
    carol.send(
      text(carol, 'SUBSCRIBE', { callId, headers: [contact(), 'Event: x', 'Expires: 60'] }),
    );
    const accepted = await carol.response(202);
    expect(accepted.headers.has('contact')).toBe(true);
    const dialog = await dialogMade;
    expect(dialog.id).toBe(`${callId};from-tag=alice`);
    const destroyed = dialog.destroy();
    const notify = await carol.request('NOTIFY');
    expect(notify.headers.get('subscription-state')).toBe('terminated');
    expect(notify.toTag).toBe('alice');
    carol.answer(notify, 200);
    await destroyed;
    // The C++ server hands it to the application as a new one.
    if (!EXTERNAL) {
      carol.send(
        text(carol, 'SUBSCRIBE', { callId, to: accepted.headers.get('to') ?? '', cseq: 2 }),
      );
      await carol.response(481);
    }
    disconnect(app);
  });

  it('takes NOTIFYs of a subscription of the application', async () => {
    const made = srf.createUAC(uri, {
      method: 'SUBSCRIBE',
      headers: { Event: 'x', Expires: '60' },
    });
    const subscribe = await carol.request('SUBSCRIBE');
    expect(subscribe.headers.get('contact')).toBe(`<sip:${own}>`);
    carol.answer(subscribe, 200, `${contact()}\nExpires: 60`);
    const dialog = await made;
    const notified = new Promise<SrfRequest>((resolve) =>
      dialog.on('notify', (req: SrfRequest, res: SrfResponse) => {
        res.send(200);
        resolve(req);
      }),
    );
    carol.send(
      text(carol, 'NOTIFY', {
        callId: subscribe.callId,
        fromTag: 'peer',
        to: `<sip:x@y>;tag=${subscribe.fromTag}`,
        headers: ['Event: x', 'Subscription-State: active'],
      }),
    );
    await carol.response(200, 'NOTIFY');
    expect((await notified).get('Event')).toBe('x');
  });
});

it('a challenged BYE is sent again with credentials in the same dialog', async () => {
  const made = srf.createUAC(uri, { localSdp: SDP, auth: { username: 'u', password: 'p' } });
  carol.answer(await carol.request('INVITE'), 200, contact(), SDP2);
  await carol.request('ACK');
  const destroyed = (await made).destroy();
  const first = await carol.request('BYE');
  carol.answer(first, 401, 'WWW-Authenticate: Digest realm="r", nonce="n"');
  const second = await carol.request('BYE');
  expect(second.cseq?.number).toBe((first.cseq?.number ?? 0) + 1);
  expect(second.headers.get('authorization')).toMatch(/^Digest username="u"/);
  expect(second.toTag).toBe(first.toTag);
  carol.answer(second, 200);
  await destroyed;
});

describe('RFC 3261 §9.1, row req.cancel: CANCEL of the application', () => {
  async function ringing(answer: (invite: Awaited<ReturnType<Peer['request']>>) => void): Promise<{
    made: Promise<unknown>;
    request: SrfRequest;
    invite: Awaited<ReturnType<Peer['request']>>;
  }> {
    let sent: ((request: SrfRequest) => void) | undefined;
    const request = new Promise<SrfRequest>((resolve) => (sent = resolve));
    const made = srf
      .createUAC(uri, { localSdp: SDP }, { cbRequest: (_error, req) => sent?.(req) })
      .catch((error: unknown) => error);
    const invite = await carol.request('INVITE');
    answer(invite);
    return { made, request: await request, invite };
  }

  it('copies the INVITE’s branch and CSeq; the 487 ends it', async () => {
    const { made, request, invite } = await ringing((i) => carol.answer(i, 180, contact()));
    // The 180 has to reach the server first; it answers in order.
    carol.send(text(carol, 'OPTIONS'));
    await carol.response(503);
    request.cancel({ headers: { Reason: 'SIP;cause=200;text="done"' } });
    const cancel = await carol.request('CANCEL');
    expect(cancel.via?.params.get('branch')).toBe(invite.via?.params.get('branch'));
    expect(cancel.uri).toBe(invite.uri);
    expect(cancel.headers.get('cseq')).toBe(`${invite.cseq?.number ?? 0} CANCEL`);
    expect(cancel.headers.get('reason')).toBe('SIP;cause=200;text="done"');
    carol.answer(cancel, 200);
    carol.answer(invite, 487);
    await carol.request('ACK');
    expect(await made).toMatchObject({ status: 487 });
  });

  it('is held back until a provisional response has come', async () => {
    const { made, request, invite } = await ringing(() => undefined);
    request.cancel();
    // Whatever the application sends after it overtakes it.
    void srf.request(uri, { method: 'OPTIONS' });
    const next = await carol.next((m) => m.kind === 'request' && m.method !== 'INVITE');
    expect(next).toMatchObject({ method: 'OPTIONS' });
    carol.answer(invite, 100);
    carol.answer(await carol.request('CANCEL'), 200);
    carol.answer(invite, 487);
    expect(await made).toMatchObject({ status: 487 });
  });

  it('that crosses a 200 hangs the call up after the ACK', async () => {
    const { made, request, invite } = await ringing((i) => carol.answer(i, 180, contact()));
    carol.send(text(carol, 'OPTIONS'));
    await carol.response(503);
    request.cancel();
    carol.answer(await carol.request('CANCEL'), 200);
    carol.answer(invite, 200, contact(), SDP2);
    await carol.request('ACK');
    const bye = await carol.request('BYE');
    expect(bye.headers.get('reason')).toContain('race condition');
    carol.answer(bye, 200);
    await made;
  });
});

describe('RFC 3261 §8.1, row request', () => {
  const response = async (request: SrfRequest): Promise<SrfResponse> =>
    new Promise((resolve) => request.on('response', resolve));

  it('sends any method and passes the answer up under an empty dialog id', async () => {
    const request = await srf.request(uri, {
      method: 'MESSAGE',
      headers: { 'Content-Type': 'text/plain', From: '<sip:me@localhost>' },
      body: 'hi',
    });
    const answered = response(request);
    const message = await carol.request('MESSAGE');
    expect(message.from?.uri).toBe(`sip:me@${own}`);
    expect(message.headers.has('contact')).toBe(false);
    expect(message.body.toString()).toBe('hi');
    carol.answer(message, 202);
    expect((await answered).status).toBe(202);
  });

  it.each([
    ['ourselves', () => `sip:x@${own}`, 'can not send request to myself'],
    [
      'a transport that is not there',
      () => `sip:x@127.0.0.1;transport=sctp`,
      'requested protocol/transport not available',
    ],
    ['no URI', () => 'nonsense', 'invalid request-uri'],
  ])('refuses %s', async (_what, to, reason) => {
    await expect(srf.request(to(), { method: 'OPTIONS' })).rejects.toThrow(reason);
  });

  it('refuses a body without a type', async () => {
    await expect(srf.request(uri, { method: 'INFO', body: 'what' })).rejects.toThrow(
      'missing content-type',
    );
  });

  it('answers 503 for a name that does not exist', async (context) => {
    embeddedOnly(
      context,
      'the C++ server asks the machine’s name servers, for half a minute or more',
    );
    const request = await srf.request('sip:x@nowhere.invalid', { method: 'OPTIONS' });
    expect(await response(request)).toMatchObject({ status: 503, reason: 'DNS Error' });
  });

  it('an unknown dialog is told by its own code', async () => {
    const dialog = await established();
    const [callId, tag] = dialog.id.split(';from-tag=');
    carol.send(
      text(carol, 'BYE', {
        callId: callId ?? '',
        fromTag: 'peer',
        to: `<sip:x@y>;tag=${tag ?? ''}`,
      }),
    );
    await carol.response(200, 'BYE');
    await expect(dialog.request({ method: 'INFO' })).rejects.toMatchObject({ code: 'ENODIALOG' });
  });
});
