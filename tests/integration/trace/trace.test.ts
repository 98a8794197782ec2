/** The trace of real messages over real transports, as the API gives it out and as tshark reads it. */
import { spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallTrace, DialRequest, Status } from '../../../common/api.ts';
import type { SipEvent } from '../../../common/events.ts';
import { EventStream } from '../../../server/http/event-stream.ts';
import { liveTrace, serveTrace } from '../../../server/http/trace-api.ts';
import type { TraceRing } from '../../../signaling/trace/ring.ts';
import { missing, TSHARK } from '../../setup/programs.ts';
import { EXTERNAL } from '../../support/drachtio.ts';
import { PAGE_ANSWER, PHONE_ANSWER, Scene } from '../signaling/scene.ts';

let trace: TraceRing;
let scene: Scene;
let http: Server;
let base: string;
/** Each message as it was told while it passed. */
let live: SipEvent[];

beforeEach(async () => {
  const events = new EventStream();
  trace = liveTrace(events, () => undefined);
  const onMessage = trace.add.bind(trace);
  const options = {
    legTried: trace.tie.bind(trace),
    extensions: [{ key: '2xxx', to: { kind: 'phone', user: 'bob' } }],
  } as const;
  // The embedded server traces its transports; of another one the application tells what it hears.
  scene = EXTERNAL
    ? await Scene.start({ ...options, onMessage })
    : await Scene.start(options, { onMessage });
  http = createServer((request, response) => {
    if (request.url === '/api/events') events.add(response, {} as Status);
    else if (!serveTrace(trace, request, response)) response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  live = await listen();
});
/** What /api/events tells of messages from now on. */
async function listen(): Promise<SipEvent[]> {
  const told: SipEvent[] = [];
  const response = await fetch(`${base}/api/events`);
  const read = async (): Promise<void> => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (text + chunk).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^event: sip\ndata: (.*)$/.exec(block)?.[1];
        if (data !== undefined) told.push(JSON.parse(data) as SipEvent);
      }
    }
  };
  // The server of the test ends it.
  read().catch(() => undefined);
  return told;
}

afterEach(async () => {
  await scene.close();
  http.close();
  http.closeAllConnections();
});

/** A call from INVITE to BYE; its id and that of its page's leg. */
async function traced(): Promise<{ callId: string; pageCallId: string }> {
  const page = await scene.page();
  const call = scene.dial();
  const leg = await page.rung();
  leg.answer(180);
  await call.response(180);
  leg.answer(200, PAGE_ANSWER);
  await call.response(200);
  call.request('ACK');
  await leg.request('ACK');
  await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
  call.request('BYE');
  await leg.request('BYE');
  await scene.gone();
  // Of either leg the BYE and its answer: after them nothing more comes.
  await expect
    .poll(() => trace.of(call.callId).filter(({ text }) => /^CSeq: \d+ BYE/im.test(text)).length)
    .toBeGreaterThanOrEqual(4);
  return { callId: call.callId, pageCallId: leg.invite.callId };
}

const path = (callId: string) => `${base}/api/calls/${encodeURIComponent(callId)}/trace`;

it('GET /api/events tells of each message as it passes', async () => {
  const { callId, pageCallId } = await traced();
  const isBye = ({ sipCallId, summary }: SipEvent): boolean =>
    sipCallId === pageCallId && summary.startsWith('BYE ');
  await expect.poll(() => live.some(isBye)).toBe(true);
  const events = live.filter((event) => event.callId === callId);
  expect(events[0]).toMatchObject({ type: 'sip', leg: 'phone', direction: 'in', transport: 'udp' });
  expect(events[0]?.text).toMatch(/^INVITE sip:app@127\.0\.0\.1 SIP\/2\.0\r\n/);
  expect(events.filter(({ leg }) => leg === 'page').map(({ summary }) => summary)).toEqual(
    expect.arrayContaining(['200 Whatever (INVITE)', '180 Whatever (INVITE)']),
  );
});

describe('GET /api/calls/{id}/trace', () => {
  it('gives every message of both legs, with where it passed', async () => {
    const { callId, pageCallId } = await traced();
    const response = await fetch(path(callId));
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const body = (await response.json()) as CallTrace;
    expect(body.callId).toBe(callId);
    const shown = body.messages.map(
      ({ leg, direction, summary }) => `${leg} ${direction} ${summary.replace(/ sip:\S+/, '')}`,
    );
    const wanted = [
      'phone in INVITE',
      ...(EXTERNAL ? [] : ['phone out 100 Trying (INVITE)']),
      'page out INVITE',
      'page in 180 Whatever (INVITE)',
      'phone out 180 Ringing (INVITE)',
      'page in 200 Whatever (INVITE)',
      'page out ACK',
      'phone out 200 OK (INVITE)',
      'phone in ACK',
      'phone in BYE',
      'phone out 200 OK (BYE)',
      'page out BYE',
    ];
    // ACK of one leg and 200 of the other are sent at the same time.
    expect([...shown].sort()).toEqual(expect.arrayContaining([...wanted].sort()));
    expect(shown[0]).toBe('phone in INVITE');
    const invite = body.messages.find(
      ({ leg, direction }) => leg === 'page' && direction === 'out',
    );
    expect(invite).toMatchObject({ sipCallId: pageCallId, transport: 'ws', callId });
    const ringing = body.messages.find(({ summary }) => summary === '180 Ringing (INVITE)');
    expect(ringing?.remote).toBe(`127.0.0.1:${scene.phone.local.port}`);
    expect(ringing?.local).toBe(`127.0.0.1:${scene.drachtio.sip('udp').port}`);
  });

  /** Who took part by what the API tells: leg, the leg's own Call-ID, the methods it was asked. */
  async function requestsOf(callId: string): Promise<string[]> {
    const { messages } = (await (await fetch(path(callId))).json()) as CallTrace;
    expect(new Set(messages.map((message) => message.callId))).toEqual(new Set([callId]));
    // The same was told of each as it passed, the first of every leg included.
    const legs = new Set(messages.map(({ sipCallId }) => sipCallId));
    const told = () => live.filter(({ sipCallId }) => legs.has(sipCallId));
    await expect.poll(() => told().length).toBeGreaterThanOrEqual(messages.length);
    expect(new Set(told().map((event) => event.callId))).toEqual(new Set([callId]));
    return messages.flatMap(({ leg, direction, sipCallId, summary }) => {
      const method = /^([A-Z]+) sip:/.exec(summary)?.[1];
      return method === undefined ? [] : [`${leg} ${direction} ${method} ${sipCallId}`];
    });
  }

  it('both legs of a call that a page makes', async () => {
    const page = await scene.page();
    await scene.registerPhone();
    const call = page.dial('sip:agent001@127.0.0.1', ['X-Bridge-Call-ID: my-call']);
    const leg = await scene.phoneRung();
    leg.answer(200, PHONE_ANSWER);
    await call.response(200);
    await leg.request('ACK');
    call.request('BYE');
    await leg.request('BYE');
    await scene.gone();
    expect([...(await requestsOf('my-call'))].sort()).toEqual([
      `page in ACK ${call.callId}`,
      `page in BYE ${call.callId}`,
      `page in INVITE ${call.callId}`,
      'phone out ACK my-call',
      'phone out BYE my-call',
      'phone out INVITE my-call',
    ]);
  });

  it('of a call made over HTTP also how the page was asked', async () => {
    const page = await scene.page();
    await scene.registerPhone();
    const made = scene.signaling.originate({ to: 'agent001' });
    if (!('callId' in made)) throw new Error(made.reason);
    const { callId } = made;
    const notify = await page.peer.request('NOTIFY');
    expect((JSON.parse(notify.body.toString()) as DialRequest).callId).toBe(callId);
    page.peer.answer(notify, 200);
    const call = page.dial('sip:agent001@127.0.0.1', [`X-Bridge-Call-ID: ${callId}`]);
    (await scene.phoneRung()).refuse(486);
    await call.response(486);
    await scene.gone();
    const found = await requestsOf(callId);
    expect(found[0]).toBe(`page out NOTIFY ${notify.callId}`);
    expect(found).toContain(`page in INVITE ${call.callId}`);
    expect(found).toContain(`phone out INVITE ${callId}`);
  });

  it('both legs of a call between phones, the one that was called on the right', async () => {
    const bob = await scene.otherPhone('bob');
    const call = scene.dialTo('2001', 'alice');
    const leg = await bob.rung();
    leg.answer(200, PHONE_ANSWER);
    await call.response(200);
    call.request('ACK');
    await leg.request('ACK');
    await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
    call.request('BYE');
    await leg.request('BYE');
    await scene.gone();
    const other = leg.invite.callId;
    expect(other).not.toBe(call.callId);
    expect([...(await requestsOf(call.callId))].sort()).toEqual(
      [
        `phone in ACK ${call.callId}`,
        `phone in BYE ${call.callId}`,
        `phone in INVITE ${call.callId}`,
        `phone out ACK ${other}`,
        `phone out BYE ${other}`,
        `phone out INVITE ${other}`,
      ].sort(),
    );
    const ladder = await (await fetch(`${path(call.callId)}?format=text`)).text();
    expect(ladder).toMatch(/│── INVITE sip:2001\S+ ─+▶│ +│\n/);
    expect(ladder).toMatch(/│ +│── INVITE sip:bob\S+ ─*▶│\n/);
  });

  it('every page that rang, and the phone that a transfer led to', async () => {
    const pages = [await scene.page(), await scene.page()];
    const bob = await scene.otherPhone('bob');
    const call = scene.dial();
    const [winner, loser] = await Promise.all(pages.map((page) => page.rung()));
    if (!winner || !loser) throw new Error('two pages ring');
    loser.answer(180);
    await call.response(180);
    winner.answer(200, PAGE_ANSWER);
    await loser.request('CANCEL');
    loser.answer(487);
    await call.response(200);
    call.request('ACK');
    await winner.request('ACK');
    await expect.poll(() => scene.signaling.calls[0]?.state).toBe('answered');
    call.say('REFER', ['Refer-To: <sip:2001@127.0.0.1>']);
    await scene.phone.response(202, 'REFER');
    const third = await bob.rung();
    third.answer(200, PHONE_ANSWER);
    await third.request('ACK');
    await expect
      .poll(async () => (await call.asked('NOTIFY')).body.toString())
      .toBe('SIP/2.0 200 OK\r\n');
    call.request('BYE');
    third.hangUp();
    await winner.request('BYE');
    await expect.poll(() => scene.signaling.calls).toEqual([]);
    const found = await requestsOf(call.callId);
    for (const line of [
      `page out INVITE ${winner.invite.callId}`,
      `page out CANCEL ${loser.invite.callId}`,
      `phone in REFER ${call.callId}`,
      `phone out INVITE ${third.invite.callId}`,
      `phone out NOTIFY ${call.callId}`,
      `phone in BYE ${third.invite.callId}`,
      `page out BYE ${winner.invite.callId}`,
    ]) {
      expect(found).toContain(line);
    }
  });

  it('gives a ladder to who wants text', async () => {
    const { callId } = await traced();
    const response = await fetch(path(callId), { headers: { Accept: 'text/plain' } });
    const text = await response.text();
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(text).toMatch(/#1 │── INVITE sip:app@127\.0\.0\.1 ─+▶│ +│\n/);
    expect(text).toMatch(/│ +│── INVITE sip:page\S+ ─*▶│\n/);
    expect(text).toContain(`\nCall-ID: ${callId}\n`);
  });

  it('says 404 with a code for a call that is not known, and 405 to who would change it', async () => {
    const response = await fetch(path('nobody'));
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'NO_CALL' });
    expect((await fetch(path('nobody'), { method: 'DELETE' })).status).toBe(405);
  });

  const reason = missing(TSHARK);
  it.skipIf(reason !== undefined)(
    `a capture that tshark reads as SIP${reason ? ` (${reason})` : ''}`,
    async () => {
      const { callId, pageCallId } = await traced();
      const response = await fetch(`${path(callId)}?format=pcap`);
      expect(response.headers.get('content-type')).toBe('application/vnd.tcpdump.pcap');
      const folder = mkdtempSync(join(tmpdir(), 'pcap-'));
      try {
        const file = join(folder, 'call.pcap');
        writeFileSync(file, Buffer.from(await response.arrayBuffer()));
        const fields = ['ip.src', 'udp.srcport', 'sip.Method', 'sip.Status-Code', 'sip.Call-ID'];
        const { stdout, stderr } = spawnSync('tshark', [
          ...['-r', file, '-o', 'udp.check_checksum:TRUE', '-T', 'fields', '-E', 'separator=,'],
          // The ports are any free ones, and some of those belong to other protocols.
          ...['-o', 'udp.try_heuristic_first:TRUE'],
          ...fields.flatMap((field) => ['-e', field]),
        ]);
        const rows = stdout.toString().trim().split('\n');
        expect(rows, stderr.toString()).toHaveLength(trace.of(callId).length);
        expect(rows[0]).toBe(`127.0.0.1,${scene.phone.local.port},INVITE,,${callId}`);
        expect(rows.filter((row) => row.endsWith(`,${pageCallId}`)).length).toBeGreaterThan(3);
        for (const row of rows) expect(row).toMatch(/,(?:[A-Z]+,|,\d{3}),/);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
