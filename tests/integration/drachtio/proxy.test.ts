/**
 * `proxy` of the protocol table, RFC 3261 §16: an application hands calls over with
 * srf.proxyRequest, and the server forks, follows, times out and stays in the route for it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SipRequest } from '../../../signaling/sip/message.ts';
import {
  disconnect,
  embeddedOnly,
  QUICK,
  testDrachtio,
  type ProxyOptions,
  type ProxyResults,
  type Srf,
  type TestDrachtio,
} from '../../support/drachtio.ts';
import { SDP, SDP2, text, udpPeer, unique, type Peer } from './peer.ts';

let drachtio: TestDrachtio;
let caller: Peer;
let callees: Peer[];
let apps: Srf[];

async function setUp(options: Parameters<typeof testDrachtio>[0] = {}): Promise<void> {
  drachtio = await testDrachtio(options);
  const server = drachtio.sip('udp');
  caller = await udpPeer(server);
  callees = [await udpPeer(server), await udpPeer(server)];
  apps = [];
}
async function tearDown(): Promise<void> {
  for (const app of apps) disconnect(app);
  await Promise.all([caller, ...callees].map((peer) => peer.close()));
  await drachtio.close();
}
beforeEach(() => setUp());
afterEach(tearDown);

const uri = (peer: Peer | undefined): string => `sip:127.0.0.1:${peer?.local.port ?? 0}`;
const callee = (index: number): Peer => {
  const peer = callees[index];
  if (peer === undefined) throw new Error('no such callee');
  return peer;
};

/** An application that proxies every INVITE to the callees; `results` is settled by the first. */
async function proxying(
  options: ProxyOptions,
  to = callees.map(uri),
): Promise<{ results: Promise<ProxyResults> }> {
  const settle: { resolve?: (results: ProxyResults) => void; reject?: (error: Error) => void } = {};
  const results = new Promise<ProxyResults>((resolve, reject) => {
    Object.assign(settle, { resolve, reject });
  });
  results.catch(() => undefined);
  apps.push(
    await drachtio.app((srf) => {
      srf.invite(
        (req) => void srf.proxyRequest(req, to, options).then(settle.resolve, settle.reject),
      );
    }),
  );
  return { results };
}

const statuses = ({ responses }: ProxyResults): number[] =>
  responses.flatMap(({ msgs }) => msgs.map(({ status }) => status));

interface Dialled {
  callId: string;
  branch: string;
}

function dial(options: { headers?: string[]; uri?: string } = {}): Dialled {
  const call = { callId: unique('call'), branch: unique('z9hG4bK') };
  const { port } = drachtio.sip('udp');
  caller.send(
    text(caller, 'INVITE', {
      ...call,
      uri: options.uri ?? `sip:carol@127.0.0.1:${port}`,
      headers: [
        `Contact: <${uri(caller)}>`,
        'Content-Type: application/sdp',
        ...(options.headers ?? []),
      ],
    }),
    SDP,
  );
  return call;
}

/** Any later request of the caller, through the route that the answer has shown. */
function follow(
  call: Dialled,
  method: string,
  cseq: number,
  to: string,
  route: string,
  target: Peer,
): void {
  caller.send(
    text(caller, method, {
      callId: call.callId,
      cseq,
      to,
      uri: uri(target),
      headers: [`Route: ${route}`],
    }),
  );
}

describe('RFC 3261 §16.6, row proxy: serial', () => {
  it('asks the next after a failure; the answer goes to the caller, the results to the application', async () => {
    const { results } = await proxying({ headers: { 'X-Proxied': 'yes' } });
    const call = dial();
    await caller.response(100);
    const first = await callee(0).request('INVITE');
    expect(first.headers.list('via')).toHaveLength(2);
    expect(first.headers.list('via')[1]).toContain(call.branch);
    expect(first.headers.get('max-forwards')).toBe('69');
    expect(first.headers.get('x-proxied')).toBe('yes');
    expect(first.body.toString()).toBe(SDP);
    expect(first.uri).toBe(uri(callees[0]));
    expect(first.headers.has('record-route')).toBe(false);
    callee(0).answer(first, 486);
    await callee(0).request('ACK');
    const second = await callee(1).request('INVITE');
    expect(second.via?.params.get('branch')).not.toBe(first.via?.params.get('branch'));
    callee(1).answer(second, 180);
    const ringing = await caller.response(180);
    expect(ringing.headers.list('via')).toHaveLength(1);
    callee(1).answer(second, 200, `Contact: <${uri(callees[1])}>`, SDP2);
    const ok = await caller.response(200);
    expect(ok.body.toString()).toBe(SDP2);
    expect(ok.via?.params.get('branch')).toBe(call.branch);
    expect(await results).toMatchObject({ connected: true, finalStatus: 200 });
    expect(statuses(await results)).toEqual([486, 200]);
  });

  it('recordRoute: ACK, re-INVITE and BYE of both sides pass through us', async () => {
    await proxying({ recordRoute: true }, [uri(callees[0])]);
    const call = dial();
    const invite = await callee(0).request('INVITE');
    const route = invite.headers.get('record-route') ?? '';
    expect(route).toMatch(/^<sip:127\.0\.0\.1:\d+;lr/);
    callee(0).answer(invite, 200, `Contact: <${uri(callees[0])}>`, SDP2);
    const ok = await caller.response(200);
    expect(ok.headers.get('record-route')).toBe(route);
    const to = ok.headers.get('to') ?? '';
    follow(call, 'ACK', 1, to, route, callee(0));
    const ack = await callee(0).request('ACK');
    expect(ack.headers.has('route')).toBe(false);
    expect(ack.uri).toBe(uri(callees[0]));
    expect(ack.headers.list('via')).toHaveLength(2);
    follow(call, 'INFO', 2, to, route, callee(0));
    callee(0).answer(await callee(0).request('INFO'), 200);
    expect((await caller.response(200, 'INFO')).headers.list('via')).toHaveLength(1);
    // The callee hangs up, the other way through the same route.
    callee(0).send(
      text(callee(0), 'BYE', {
        callId: call.callId,
        fromTag: 'peer',
        to: invite.headers.get('from') ?? '',
        uri: uri(caller),
        headers: [`Route: ${route}`],
      }),
    );
    const bye = await caller.request('BYE');
    expect(bye.headers.has('route')).toBe(false);
    caller.answer(bye, 200);
    await callee(0).response(200, 'BYE');
  });

  it('a Request-URI that is not ours is left as it is; the destination is only the way', async () => {
    await proxying({}, [uri(callees[0])]);
    dial({ uri: 'sip:carol@elsewhere.example' });
    const invite = await callee(0).request('INVITE');
    expect(invite.uri).toBe('sip:carol@elsewhere.example');
    callee(0).answer(invite, 404);
    await caller.response(404);
  });

  it('provisionalTimeout: who says nothing is passed over', async () => {
    const { results } = await proxying({ provisionalTimeout: '300ms' });
    dial();
    await callee(0).request('INVITE');
    const second = await callee(1).request('INVITE');
    callee(1).answer(second, 200, `Contact: <${uri(callees[1])}>`, SDP2);
    await caller.response(200);
    expect(await results).toMatchObject({ connected: true });
  });

  it('finalTimeout: who rings for too long is cancelled', async (context) => {
    embeddedOnly(context, 'the C++ server reads the final timeout and does not use it');
    const { results } = await proxying({ finalTimeout: '300ms' });
    dial();
    const first = await callee(0).request('INVITE');
    callee(0).answer(first, 180);
    await caller.response(180);
    const cancel = await callee(0).request('CANCEL');
    expect(cancel.via?.params.get('branch')).toBe(first.via?.params.get('branch'));
    callee(0).answer(cancel, 200);
    callee(0).answer(first, 487);
    const second = await callee(1).request('INVITE');
    callee(1).answer(second, 200, `Contact: <${uri(callees[1])}>`, SDP2);
    await caller.response(200);
    expect(statuses(await results)).toEqual([408, 200]);
  });

  it('a challenge ends the search: the caller has to answer it', async () => {
    const { results } = await proxying({});
    dial();
    callee(0).answer(
      await callee(0).request('INVITE'),
      407,
      'Proxy-Authenticate: Digest realm="a", nonce="b"',
    );
    const challenge = await caller.response(407);
    expect(challenge.headers.get('proxy-authenticate')).toBe('Digest realm="a", nonce="b"');
    expect(await results).toMatchObject({ connected: false, finalStatus: 407 });
  });

  it('followRedirects: the Contact of a 302 is called in its place', async () => {
    const { results } = await proxying({ followRedirects: true }, [uri(callees[0])]);
    dial();
    callee(0).answer(await callee(0).request('INVITE'), 302, `Contact: <${uri(callees[1])}>`);
    const redirected = await callee(1).request('INVITE');
    callee(1).answer(redirected, 200, `Contact: <${uri(callees[1])}>`, SDP2);
    await caller.response(200);
    expect(await results).toMatchObject({ connected: true });
  });

  it('without it a 302 goes back to the caller', async () => {
    await proxying({}, [uri(callees[0])]);
    dial();
    callee(0).answer(await callee(0).request('INVITE'), 302, 'Contact: <sip:other@192.0.2.1>');
    expect((await caller.response(302)).headers.get('contact')).toBe('<sip:other@192.0.2.1>');
  });
});

describe('RFC 3261 §16.7, row proxy: simultaneous', () => {
  it('all ring; the first answer wins, the others are cancelled', async () => {
    const { results } = await proxying({ forking: 'simultaneous' });
    dial();
    const [first, second] = await Promise.all(callees.map((peer) => peer.request('INVITE')));
    if (first === undefined || second === undefined) throw new Error('not forked');
    callee(0).answer(first, 180);
    await caller.response(180);
    callee(1).answer(second, 180);
    callee(1).answer(second, 200, `Contact: <${uri(callees[1])}>`, SDP2);
    const ok = await caller.response(200);
    expect(ok.body.toString()).toBe(SDP2);
    const cancel = await callee(0).request('CANCEL');
    expect(cancel.via?.params.get('branch')).toBe(first.via?.params.get('branch'));
    callee(0).answer(cancel, 200);
    callee(0).answer(first, 487);
    await callee(0).request('ACK');
    expect(await results).toMatchObject({ connected: true, finalStatus: 200 });
  });

  it('both answer at once: the caller gets both answers', async (context) => {
    embeddedOnly(
      context,
      'the C++ server drops the second 200, whose callee then repeats it in vain',
    );
    await proxying({ forking: 'simultaneous' });
    dial();
    const [first, second] = await Promise.all(callees.map((peer) => peer.request('INVITE')));
    if (first === undefined || second === undefined) throw new Error('not forked');
    callee(0).answer(first, 200, `Contact: <${uri(callees[0])}>`, SDP2, 'one');
    callee(1).answer(second, 200, `Contact: <${uri(callees[1])}>`, SDP2, 'two');
    const tags = [(await caller.response(200)).toTag, (await caller.response(200)).toTag];
    expect(tags.sort()).toEqual(['one', 'two']);
  });

  it('all fail: the best failure is passed on, once', async () => {
    const { results } = await proxying({ forking: 'simultaneous' });
    dial();
    const [first, second] = await Promise.all(callees.map((peer) => peer.request('INVITE')));
    if (first === undefined || second === undefined) throw new Error('not forked');
    callee(0).answer(first, 503);
    callee(1).answer(second, 486);
    const refusal = await caller.response(486);
    expect(refusal.status).toBe(486);
    expect(await results).toMatchObject({ connected: false });
  });
});

describe('RFC 3261 §16.10: the caller gives up', () => {
  it('487 for it, CANCEL for who rings', async () => {
    await proxying({}, [uri(callees[0])]);
    const call = dial();
    const invite = await callee(0).request('INVITE');
    callee(0).answer(invite, 180);
    await caller.response(180);
    caller.send(
      text(caller, 'CANCEL', { ...call, uri: `sip:carol@127.0.0.1:${drachtio.sip('udp').port}` }),
    );
    await caller.response(200, 'CANCEL');
    await caller.response(487, 'INVITE');
    const cancel = await callee(0).request('CANCEL');
    callee(0).answer(cancel, 200);
    callee(0).answer(invite, 487);
    await callee(0).request('ACK');
  });
});

describe('row proxy: what goes wrong', () => {
  it('an answered request cannot be proxied any more', async () => {
    const refused = new Promise<unknown>((resolve) => {
      void drachtio.app((srf) => {
        apps.push(srf);
        srf.options((req, res) => {
          res.send(200, {}, () => {
            req.proxy({ destination: uri(callees[0]) }).catch(resolve);
          });
        });
      });
    });
    await expect
      .poll(async () => {
        caller.send(text(caller, 'OPTIONS'));
        return (await caller.next((m) => m.kind === 'response')).startLine;
      })
      .toBe('SIP/2.0 200 OK');
    expect(String(await refused)).toContain('Unknown transaction id');
  });

  it('nobody answers: 408', async (context) => {
    embeddedOnly(context, 'it takes 32 s with the timers of an external server');
    await tearDown();
    await setUp({ timers: QUICK });
    const { results } = await proxying({}, [uri(callees[0])]);
    dial();
    await caller.response(408);
    expect(await results).toMatchObject({ connected: false, finalStatus: 408 });
  });

  it('a name that does not exist: 503, and the next is tried', async (context) => {
    embeddedOnly(context, 'the C++ server ends with a failed assertion');
    await proxying({}, ['sip:nobody.invalid', uri(callees[1])]);
    dial();
    const invite = await callee(1).request('INVITE');
    callee(1).answer(invite, 486);
    await caller.response(486);
  });

  it('a route that we have not written is not followed', async (context) => {
    embeddedOnly(context, 'the C++ server relays for everybody');
    const { port } = drachtio.sip('udp');
    caller.send(
      text(caller, 'INFO', {
        uri: uri(callees[0]),
        to: '<sip:x@127.0.0.1>;tag=y',
        headers: [`Route: <sip:127.0.0.1:${port};lr>`],
      }),
    );
    await caller.response(481, 'INFO');
    expect(callee(0).queue).toEqual([]);
  });

  it('RFC 3261 §16.3: a request that comes back to us is a loop, 482', async (context) => {
    embeddedOnly(context, 'the C++ server leaves it to Max-Forwards');
    await proxying({}, [uri(callees[0])]);
    dial({ uri: 'sip:carol@elsewhere.example' });
    const invite = await callee(0).request('INVITE');
    const via = callee(0).local;
    const again = [
      invite.startLine,
      `Via: SIP/2.0/UDP ${via.address}:${via.port};branch=${unique('z9hG4bK')}`,
      ...[...invite.headers].map(({ line }) => line),
    ].join('\n');
    callee(0).send(again, invite.body.toString());
    await callee(0).response(482);
  });
});

describe('row proxy: other methods', () => {
  it('REGISTER with path: the registrar sees us in Path', async () => {
    apps.push(
      await drachtio.app((srf) =>
        srf.register((req) => void srf.proxyRequest(req, uri(callees[0]), { path: true })),
      ),
    );
    caller.send(
      text(caller, 'REGISTER', {
        uri: `sip:127.0.0.1:${drachtio.sip('udp').port}`,
        headers: [`Contact: <${uri(caller)}>`],
      }),
    );
    const register: SipRequest = await callee(0).request('REGISTER');
    expect(register.headers.get('path')).toMatch(/^<sip:127\.0\.0\.1:\d+;lr/);
    callee(0).answer(register, 200, `Contact: <${uri(caller)}>;expires=60`);
    await caller.response(200, 'REGISTER');
  });
});
