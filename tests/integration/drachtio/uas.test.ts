/** Requests from the network, answered by a drachtio-srf application. */
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  disconnect,
  embeddedOnly,
  EXTERNAL,
  testDrachtio,
  type Srf,
  type SrfDialog,
  type SrfMessage,
  type SrfRequest,
  type SrfResponse,
  type TestDrachtio,
} from '../../support/drachtio.ts';
import { SDP, SDP2, text, udpPeer, unique, type Peer } from './peer.ts';

let drachtio: TestDrachtio;
let phone: Peer;
let srf: Srf | undefined;

beforeAll(async () => {
  drachtio = await testDrachtio();
  phone = await udpPeer(drachtio.sip('udp'));
});
afterEach(() => {
  if (srf) disconnect(srf);
  srf = undefined;
  phone.queue.length = 0;
});
afterAll(async () => {
  await phone.close();
  await drachtio.close();
});

const contact = (): string => `Contact: <sip:alice@127.0.0.1:${phone.local.port}>`;
const sdpHeaders = (): string[] => [contact(), 'Content-Type: application/sdp'];

describe('RFC 3261 §8.2, rows register, options, message, info: requests outside dialogs', () => {
  it('hands a REGISTER over as it came, with rport and where it was received', async () => {
    const callId = unique('reg');
    const seen = new Promise<SrfRequest>((resolve) => {
      void drachtio
        .app((app) => {
          srf = app;
          app.register((req, res) => {
            res.send(200, { headers: { Contact: '<sip:alice@h>;expires=60', Expires: '60' } });
            resolve(req);
          });
        })
        .then(() => {
          phone.send(
            text(phone, 'REGISTER', {
              callId,
              headers: ['contact:<sip:alice@h>', 'X-Odd:  1'],
            }),
          );
        });
    });
    const req = await seen;
    const { address, port } = drachtio.sip('udp');
    expect(req.receivedOn).toBe(`${address}:${port}`);
    expect([req.source_address, req.source_port, req.protocol]).toEqual([
      '127.0.0.1',
      phone.local.port,
      'udp',
    ]);
    expect(req.get('Via')).toContain(`;rport=${phone.local.port}`);
    expect(req.stackDialogId).toBe('');
    const ok = await phone.response(200);
    expect(ok.callId).toBe(callId);
    expect(ok.toTag).not.toBe('');
    expect(ok.headers.get('contact')).toBe('<sip:alice@h>;expires=60');
  });

  it('asks the application once and answers repetitions itself', async () => {
    let asked = 0;
    srf = await drachtio.app((app) =>
      app.options((_req, res) => {
        asked++;
        res.send(200, { headers: { 'x-mine': 'yes', 'foo-bar': 'v', 'user-agent': 'ua' } });
      }),
    );
    const options = text(phone, 'OPTIONS');
    phone.send(options);
    const first = await phone.response(200);
    phone.send(options);
    const second = await phone.response(200);
    expect(second.toString()).toBe(first.toString());
    expect(asked).toBe(1);
    expect([...first.headers].map(({ line }) => line)).toEqual(
      expect.arrayContaining(['x-mine: yes', 'Foo-Bar: v', 'User-Agent: ua']),
    );
  });

  it('serves methods in turn when several applications want them', async () => {
    const served: number[] = [];
    const apps = await Promise.all(
      [0, 1].map((n) =>
        drachtio.app((app) =>
          app.info((_req, res) => {
            served.push(n);
            res.send(200);
          }),
        ),
      ),
    );
    for (let i = 0; i < 4; i++) {
      phone.send(text(phone, 'INFO'));
      await phone.response(200);
    }
    expect(new Set(served)).toEqual(new Set([0, 1]));
    // The C++ server also counts the turns of applications that have left.
    if (!EXTERNAL) expect(served.slice(2)).toEqual(served.slice(0, 2));
    apps.forEach(disconnect);
  });

  it.each([
    ['INVITE', 503],
    ['REGISTER', 503],
    ['OPTIONS', 503],
    ['BYE', 481],
    ['UPDATE', 481],
    ['CANCEL', 481],
  ])('answers %s with %i when no application is there', async (method, status) => {
    phone.send(text(phone, method, { headers: [contact()] }));
    const response = await phone.response(status, method);
    expect(response.toTag).not.toBe('');
    if (method === 'INVITE')
      phone.send(text(phone, 'ACK', ackOf(response.via?.params.get('branch'))));
  });

  it.for([
    ['REFER', 405],
    ['DANCE', 501],
  ] as const)('does not leave %s unanswered: %i', async ([method, status], context) => {
    embeddedOnly(context, 'the C++ server leaves it unanswered');
    phone.send(text(phone, method));
    await phone.response(status, method);
  });

  it('refuses a request that has made too many hops', async (context) => {
    embeddedOnly(context, 'the C++ server does not look at Max-Forwards');
    phone.send(text(phone, 'OPTIONS').replace('Max-Forwards: 70', 'Max-Forwards: 0'));
    await phone.response(483);
  });

  it('answers 481 for an unknown dialog and 400 for a request without Call-ID', async () => {
    phone.send(
      text(phone, 'INVITE', { to: '<sip:app@127.0.0.1>;tag=nobody', headers: [contact()] }),
    );
    await phone.response(481);
    phone.send(text(phone, 'OPTIONS').replace(/Call-ID.*\n/, ''));
    await phone.response(400);
  });
});

const ackOf = (branch: string | undefined): { branch?: string } => (branch ? { branch } : {});

/** Calls the application and gives both ends of the answered call. */
async function call(
  options: { headers?: Record<string, string>; inviteHeaders?: string[]; localSdp?: string } = {},
): Promise<{
  dialog: SrfDialog;
  callId: string;
  branch: string;
  to: string;
  ok: SrfResponse;
}> {
  let made: ((dialog: SrfDialog) => void) | undefined;
  const dialogMade = new Promise<SrfDialog>((resolve) => (made = resolve));
  srf = await drachtio.app((app) =>
    app.invite((req, res) => {
      void app
        .createUAS(req, res, { localSdp: options.localSdp ?? SDP2, headers: options.headers ?? {} })
        .then((dialog) => made?.(dialog));
    }),
  );
  const callId = unique('call');
  const branch = unique('z9hG4bK');
  phone.send(
    text(phone, 'INVITE', {
      callId,
      branch,
      headers: [...sdpHeaders(), ...(options.inviteHeaders ?? [])],
    }),
    SDP,
  );
  const ok = await phone.response(200);
  const to = ok.headers.get('to') ?? '';
  const dialog = await dialogMade;
  const acked = once(dialog, 'ack');
  phone.send(text(phone, 'ACK', { callId, to }));
  await acked;
  return { dialog, callId, branch, to, ok: ok as unknown as SrfResponse };
}

describe('RFC 3261 §13.3, row createUAS', () => {
  it('100 at once; tag, Contact and Content-Type added; the echo of the 200 has them', async () => {
    let echoed: SrfMessage | undefined;
    let provisional: SrfMessage | undefined;
    const dialogs: SrfDialog[] = [];
    const callId = unique('uas');
    srf = await drachtio.app((app) =>
      app.invite((req, res) => {
        res.send(180, { headers: { 'X-Ring': '1' } }, (_error, sent) => {
          provisional = sent;
          void app.createUAS(req, res, { localSdp: SDP2 }).then((dialog) => {
            dialogs.push(dialog);
            echoed = dialog.res;
          });
        });
      }),
    );
    phone.send(text(phone, 'INVITE', { callId, headers: sdpHeaders() }), SDP);
    const trying = await phone.response(100);
    expect(trying.toTag).toBe('');
    const ringing = await phone.response(180);
    expect(ringing.headers.get('x-ring')).toBe('1');
    const ok = await phone.response(200);
    expect(ok.toTag).toBe(ringing.toTag);
    const { address, port } = drachtio.sip('udp');
    expect(ok.headers.get('contact')).toBe(`<sip:${address}:${port}>`);
    expect(ok.headers.get('content-type')).toBe('application/sdp');
    expect(ok.body.toString()).toBe(SDP2);
    phone.send(text(phone, 'ACK', { callId, to: ok.headers.get('to') ?? '' }));
    await expect.poll(() => dialogs.length).toBe(1);
    expect(provisional?.get('to')).toContain(`tag=${ringing.toTag}`);
    expect(echoed).toBeDefined();
    expect(dialogs[0]?.id).toBe(`${callId};from-tag=alice`);
    expect(dialogs[0]?.sip.localTag).toBe(ok.toTag);
    expect(dialogs[0]?.local.contact).toBe(ok.headers.get('contact'));
  });

  it('replaces localhost in Contact and lets the application choose the tag', async () => {
    const { ok } = await call({ headers: { Contact: 'sip:app@localhost', To: 'x;tag=mine' } });
    const { address, port } = drachtio.sip('udp');
    const sent = ok as unknown as { headers: { get(key: string): string }; toTag: string };
    expect(sent.headers.get('contact')).toBe(`<sip:app@${address}:${port}>`);
    expect(sent.toTag).toBe('mine');
  });

  it('tells of the BYE of the caller and answers it', async () => {
    const { dialog, callId, to } = await call();
    const destroyed = once(dialog, 'destroy');
    phone.send(text(phone, 'BYE', { callId, to, cseq: 2, headers: ['Reason: Q.850;cause=16'] }));
    const [bye] = (await destroyed) as [SrfMessage];
    expect(bye.get('Reason')).toBe('Q.850;cause=16');
    await phone.response(200, 'BYE');
    phone.send(text(phone, 'BYE', { callId, to, cseq: 3 }));
    await phone.response(481, 'BYE');
  });

  it('hangs up by destroy with headers, counting CSeq up', async () => {
    const { dialog } = await call();
    const destroyed = dialog.destroy({ headers: { 'X-Reason': 'bored' } });
    const bye = await phone.request('BYE');
    expect(bye.uri).toBe(`sip:alice@127.0.0.1:${phone.local.port}`);
    expect(bye.headers.get('x-reason')).toBe('bored');
    expect(bye.cseq?.number).toBe(2);
    phone.answer(bye, 200);
    await destroyed;
  });

  it('holds a BYE back until the caller has acknowledged the 200', async (context) => {
    embeddedOnly(context, 'the C++ server sends it at once');
    let destroyed: Promise<unknown> | undefined;
    srf = await drachtio.app((app) =>
      app.invite((req, res) => {
        void app.createUAS(req, res, { localSdp: SDP2 }).then((dialog) => {
          destroyed = dialog.destroy();
        });
      }),
    );
    const callId = unique('early');
    phone.send(text(phone, 'INVITE', { callId, headers: sdpHeaders() }), SDP);
    const ok = await phone.response(200);
    await expect.poll(() => destroyed !== undefined).toBe(true);
    phone.send(text(phone, 'OPTIONS'));
    const next = await phone.next();
    expect(next.startLine).toContain('503');
    phone.send(text(phone, 'ACK', { callId, to: ok.headers.get('to') ?? '' }));
    phone.answer(await phone.request('BYE'), 200);
    await destroyed;
  });

  it('follows record routes and sends in-dialog requests through them', async () => {
    const proxy = await udpPeer(drachtio.sip('udp'));
    const route = `<sip:127.0.0.1:${proxy.local.port};lr>`;
    const { dialog, ok } = await call({
      inviteHeaders: [`Record-Route: ${route}`, 'Record-Route: <sip:far.invalid;lr>'],
    });
    const sent = ok as unknown as { headers: { list(key: string): string[] } };
    expect(sent.headers.list('record-route')).toEqual([route, '<sip:far.invalid;lr>']);
    const destroyed = dialog.destroy();
    const bye = await proxy.request('BYE');
    expect(bye.headers.list('route')).toEqual([route, '<sip:far.invalid;lr>']);
    expect(bye.uri).toBe(`sip:alice@127.0.0.1:${phone.local.port}`);
    proxy.answer(bye, 200);
    await destroyed;
    await proxy.close();
  });

  it('sends to where the caller is, not to the private Contact it wrote', async () => {
    srf = await drachtio.app((app) =>
      app.invite((req, res) => {
        void app
          .createUAS(req, res, { localSdp: SDP2 })
          .then((dialog) => dialog.on('ack', () => void dialog.destroy()));
      }),
    );
    const callId = unique('nat');
    phone.send(
      text(phone, 'INVITE', {
        callId,
        headers: ['Contact: <sip:alice@10.99.99.99:5060>', 'Content-Type: application/sdp'],
      }),
      SDP,
    );
    const ok = await phone.response(200);
    phone.send(text(phone, 'ACK', { callId, to: ok.headers.get('to') ?? '' }));
    const bye = await phone.request('BYE');
    expect(bye.uri).toBe('sip:alice@10.99.99.99:5060');
    phone.answer(bye, 200);
  });

  it('acknowledges nothing upwards for a failure: the ACK is absorbed', async () => {
    const seen: string[] = [];
    srf = await drachtio.app((app) => {
      app.invite((req, res) => {
        seen.push(req.method);
        res.send(486);
      });
      app.use('ack', (req) => seen.push(req.method));
    });
    const callId = unique('busy');
    const branch = unique('z9hG4bK');
    phone.send(text(phone, 'INVITE', { callId, branch, headers: sdpHeaders() }), SDP);
    const busy = await phone.response(486);
    phone.send(text(phone, 'ACK', { callId, branch, to: busy.headers.get('to') ?? '' }));
    phone.send(text(phone, 'BYE', { callId, to: busy.headers.get('to') ?? '', cseq: 2 }));
    await phone.response(481, 'BYE');
    expect(seen).toEqual(['INVITE']);
  });

  it('refuses the same call when it comes over a second way', async (context) => {
    embeddedOnly(context, 'the C++ server does not detect merged requests');
    srf = await drachtio.app((app) => app.invite((_req, res) => res.send(180)));
    const callId = unique('merged');
    phone.send(text(phone, 'INVITE', { callId, headers: sdpHeaders() }), SDP);
    await phone.response(180);
    phone.send(text(phone, 'INVITE', { callId, headers: sdpHeaders() }), SDP);
    await phone.response(482);
  });
});

describe('RFC 3261 §9.2, row cancel: CANCEL from the caller', () => {
  it.each([
    ['before any response of the application', false],
    ['after 180', true],
  ])('is answered with 200 and 487 and told to the application: %s', async (_what, ring) => {
    let cancelled: ((message: SrfMessage) => void) | undefined;
    const told = new Promise<SrfMessage>((resolve) => (cancelled = resolve));
    const late: unknown[] = [];
    let arrived: (() => void) | undefined;
    const came = new Promise<void>((resolve) => (arrived = resolve));
    srf = await drachtio.app((app) =>
      app.invite((req, res) => {
        req.on('cancel', (message: SrfMessage) => {
          res.send(487, {}, (error) => late.push(error));
          cancelled?.(message);
        });
        if (ring) res.send(180);
        arrived?.();
      }),
    );
    const callId = unique('cancel');
    const branch = unique('z9hG4bK');
    phone.send(text(phone, 'INVITE', { callId, branch, headers: sdpHeaders() }), SDP);
    await came;
    if (ring) await phone.response(180);
    phone.send(text(phone, 'CANCEL', { callId, branch, headers: ['Reason: SIP;cause=487'] }));
    await phone.response(200, 'CANCEL');
    const terminated = await phone.response(487, 'INVITE');
    phone.send(text(phone, 'ACK', { callId, branch, to: terminated.headers.get('to') ?? '' }));
    expect((await told).get('Reason')).toBe('SIP;cause=487');
    await expect.poll(() => late).toEqual(['Response not sent due to unknown transaction']);
  });

  it('a BYE before the answer counts as one', async (context) => {
    embeddedOnly(context, 'the C++ server does not tell the application');
    let cancelled = 0;
    srf = await drachtio.app((app) =>
      app.invite((req, res) => {
        req.on('cancel', () => cancelled++);
        res.send(180);
      }),
    );
    const callId = unique('bye');
    phone.send(text(phone, 'INVITE', { callId, headers: sdpHeaders() }), SDP);
    const to = (await phone.response(180)).headers.get('to') ?? '';
    phone.send(text(phone, 'BYE', { callId, to, cseq: 2 }));
    await phone.response(200, 'BYE');
    await phone.response(487, 'INVITE');
    await expect.poll(() => cancelled).toBe(1);
  });

  it('after the answer it changes nothing', async () => {
    const { dialog, callId, branch } = await call();
    phone.send(text(phone, 'CANCEL', { callId, branch }));
    const answered = await phone.next((m) => m.kind === 'response' && m.cseq?.method === 'CANCEL');
    // RFC 3261 §9.2 wants 200; to the C++ server the INVITE is history.
    expect(answered.startLine).toMatch(EXTERNAL ? / 481 / : / 200 /);
    const destroyed = dialog.destroy();
    phone.answer(await phone.request('BYE'), 200);
    await destroyed;
  });
});

describe('RFC 3261 §12.2 and §14, rows modify, request, destroy: in the dialog', () => {
  it('re-INVITE: 100, the answer of the application, ACK', async () => {
    const { dialog, callId, to } = await call();
    dialog.on('modify', (_req: SrfRequest, res: SrfResponse) => res.send(200, { body: SDP }));
    phone.send(text(phone, 'INVITE', { callId, to, cseq: 2, headers: sdpHeaders() }), SDP2);
    await phone.response(100);
    const ok = await phone.response(200);
    expect(ok.body.toString()).toBe(SDP);
    expect(ok.headers.has('contact')).toBe(true);
    phone.send(text(phone, 'ACK', { callId, to, cseq: 2 }));
    const destroyed = dialog.destroy();
    phone.answer(await phone.request('BYE'), 200);
    await destroyed;
  });

  it('a re-INVITE moves the target to its Contact', async (context) => {
    embeddedOnly(context, 'the C++ server keeps the first');
    const { dialog, callId, to } = await call();
    dialog.on('modify', (_req: SrfRequest, res: SrfResponse) => res.send(200, { body: SDP }));
    const moved = await udpPeer(drachtio.sip('udp'));
    moved.send(
      text(moved, 'INVITE', {
        callId,
        to,
        cseq: 2,
        headers: [
          `Contact: <sip:alice@127.0.0.1:${moved.local.port}>`,
          'Content-Type: application/sdp',
        ],
      }),
      SDP2,
    );
    await moved.response(200);
    moved.send(text(moved, 'ACK', { callId, to, cseq: 2 }));
    const destroyed = dialog.destroy();
    const bye = await moved.request('BYE');
    expect(bye.uri).toBe(`sip:alice@127.0.0.1:${moved.local.port}`);
    moved.answer(bye, 200);
    await destroyed;
    await moved.close();
  });

  it.each(['INFO', 'UPDATE', 'OPTIONS', 'MESSAGE', 'REFER', 'NOTIFY'])(
    '%s reaches the dialog without a route and is answered',
    async (method) => {
      const { dialog, callId, to } = await call();
      const came = once(dialog, method.toLowerCase());
      dialog.on(method.toLowerCase(), (_req: SrfRequest, res: SrfResponse) =>
        res.send(method === 'REFER' ? 202 : 200),
      );
      phone.send(
        text(phone, method, {
          callId,
          to,
          cseq: 2,
          headers: [contact(), 'Refer-To: <sip:x@h>', 'Event: refer', 'Subscription-State: active'],
        }),
      );
      await phone.response(method === 'REFER' ? 202 : 200, method);
      const [req] = (await came) as [SrfRequest];
      expect(req.stackDialogId).toBe(`${callId};from-tag=alice`);
    },
  );

  it('refuses requests out of order and an INVITE that crosses another', async (context) => {
    embeddedOnly(context, 'the C++ server leaves the order to the application');
    const { dialog, callId, to } = await call();
    dialog.on('info', (_req: SrfRequest, res: SrfResponse) => res.send(200));
    phone.send(text(phone, 'INFO', { callId, to, cseq: 9 }));
    await phone.response(200, 'INFO');
    phone.send(text(phone, 'INFO', { callId, to, cseq: 8 }));
    await phone.response(500, 'INFO');
    const modified = dialog.modify(SDP);
    const reinvite = await phone.request('INVITE');
    phone.send(text(phone, 'INVITE', { callId, to, cseq: 10, headers: sdpHeaders() }), SDP);
    await phone.response(491);
    phone.answer(reinvite, 200, contact(), SDP2);
    await phone.request('ACK');
    expect(await modified).toBe(SDP2);
  });

  it('modify sends a re-INVITE with the dialog’s Contact and acknowledges the answer', async () => {
    const { dialog } = await call();
    const modified = dialog.modify(SDP);
    const reinvite = await phone.request('INVITE');
    expect(reinvite.headers.get('contact')).toBe(dialog.local.contact);
    expect(reinvite.body.toString()).toBe(SDP);
    expect(reinvite.headers.get('content-type')).toBe('application/sdp');
    // After a 180 the C++ server would drop the 200.
    if (!EXTERNAL) phone.answer(reinvite, 180, contact());
    phone.answer(reinvite, 200, contact(), SDP2);
    const ack = await phone.request('ACK');
    expect(ack.cseq?.number).toBe(reinvite.cseq?.number);
    expect(ack.uri).toBe(`sip:alice@127.0.0.1:${phone.local.port}`);
    expect(await modified).toBe(SDP2);
  });

  it('a refused re-INVITE is acknowledged by the server and leaves the call', async () => {
    const { dialog } = await call();
    const modified = dialog.modify(SDP).catch((error: unknown) => error);
    const reinvite = await phone.request('INVITE');
    phone.answer(reinvite, 488);
    const ack = await phone.request('ACK');
    expect(ack.via?.params.get('branch')).toBe(reinvite.via?.params.get('branch'));
    expect(await modified).toMatchObject({ status: 488 });
    const destroyed = dialog.destroy();
    phone.answer(await phone.request('BYE'), 200);
    await destroyed;
  });

  it('a session timer is settled only with who keeps it; too short an interval is refused', async () => {
    const { callId, to, ok } = await call({
      headers: { 'Session-Expires': '600;refresher=uac' },
      inviteHeaders: ['Supported: timer', 'Session-Expires: 1800'],
    });
    const sent = ok as unknown as { headers: { get(key: string): string } };
    expect(sent.headers.get('session-expires')).toMatch(/^600; ?refresher=uac$/);
    phone.send(
      text(phone, 'UPDATE', {
        callId,
        to,
        cseq: 2,
        headers: [contact(), 'Supported: timer', 'Session-Expires: 20;refresher=uac'],
      }),
    );
    expect((await phone.response(422)).headers.get('min-se')).toBe('90');
  });

  it('request() gives the response of the peer', async () => {
    const { dialog } = await call();
    const answered = dialog.request({
      method: 'INFO',
      headers: { 'content-type': 'application/dtmf-relay', 'X-Pass': '1' },
      body: 'Signal=1\r\n',
    });
    const info = await phone.request('INFO');
    expect(info.headers.get('content-type')).toBe('application/dtmf-relay');
    expect(info.headers.get('x-pass')).toBe('1');
    expect(info.body.toString()).toBe('Signal=1\r\n');
    phone.answer(info, 415);
    expect((await answered).status).toBe(415);
  });
});
