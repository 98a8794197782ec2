import { afterEach, describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../../audio/g711.ts';
import { Headers } from '../../../signaling/sip/headers.ts';
import { SipRequest } from '../../../signaling/sip/message.ts';
import type { ServerTransaction } from '../../../signaling/sip/server-transaction.ts';
import type { IncomingCall } from '../../../softphone/incoming-call.ts';
import type { OutgoingCall } from '../../../softphone/outgoing-call.ts';
import { RtpSession } from '../../../softphone/rtp-session.ts';
import { parseSdp, type Codec } from '../../../softphone/sdp.ts';
import {
  Softphone,
  type CallOptions,
  type SoftphoneOptions,
} from '../../../softphone/softphone.ts';
import { authorizedBy, FarEnd, HOST, respond, TO_TAG } from './far-end.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

async function farEnd(...args: Parameters<typeof FarEnd.open>): Promise<FarEnd> {
  const far = await FarEnd.open(...args);
  closing.unshift(far);
  return far;
}

async function phone(options: Partial<SoftphoneOptions> & Pick<SoftphoneOptions, 'server'>) {
  const softphone = await Softphone.create({ user: 'agent001', timers: { t1: 50 }, ...options });
  closing.unshift(softphone);
  return softphone;
}

function sdp(port: number, formats = '0 101', direction = 'sendrecv'): string {
  return `v=0\r\no=- 1 1 IN IP4 ${HOST}\r\ns=-\r\nc=IN IP4 ${HOST}\r\nt=0 0\r\nm=audio ${port} RTP/AVP ${formats}\r\na=rtpmap:101 telephone-event/8000\r\na=${direction}\r\n`;
}

function portOf(contact: string): number {
  return Number(/@[^:>]+:(\d+)/.exec(contact)?.[1]);
}

/** The headers of a request that belongs to no dialog. */
function outside(method: string): Headers {
  return new Headers()
    .add('Max-Forwards', '70')
    .add('From', `<sip:far@${HOST}>;tag=${TO_TAG}`)
    .add('To', `<sip:x@${HOST}>`)
    .add('Call-ID', `outside-${method}`)
    .add('CSeq', `1 ${method}`)
    .add('Contact', `<sip:far@${HOST}>`);
}

/** Two phones that call each other without a server between. */
async function pair(
  transport: 'udp' | 'tcp' = 'udp',
): Promise<{ caller: Softphone; incoming: Promise<IncomingCall>; callee: Softphone }> {
  let taken: (call: IncomingCall) => void = () => undefined;
  const incoming = new Promise<IncomingCall>((resolve) => (taken = resolve));
  const callee = await phone({
    server: { host: HOST, port: 9 },
    user: 'callee',
    transport,
    onCall: (call) => taken(call),
  });
  const server = { host: HOST, port: portOf(callee.contact) };
  const caller = await phone({ server, transport });
  return { caller, callee, incoming };
}

/** Resolves when the call's far end has been heard for `packets` packets. */
function heard(packets: number): [NonNullable<CallOptions['onPacketReceived']>, Promise<void>] {
  let done: () => void = () => undefined;
  let count = 0;
  const promise = new Promise<void>((resolve) => (done = resolve));
  return [
    () => {
      count += 1;
      if (count === packets) done();
    },
    promise,
  ];
}

function throughG711(codec: Codec, samples: Int16Array): Int16Array {
  const code = new Uint8Array(samples.length);
  const out = new Int16Array(samples.length);
  encodeG711(codec, samples, code);
  decodeG711(codec, code, out);
  return out;
}

/** Where `marker` lies in `samples`, by exact match; -1 when it does not. */
function find(samples: Int16Array, marker: Int16Array): number {
  for (let at = 0; at + marker.length <= samples.length; at += 1) {
    if (marker.every((value, n) => samples[at + n] === value)) return at;
  }
  return -1;
}

const MARKER = Int16Array.from({ length: 1600 }, (_, n) => ((n * 7919) % 30_000) - 15_000);

describe.each(['udp', 'tcp'] as const)('a call between two phones over %s', (transport) => {
  it.each(['pcmu', 'pcma'] as const)(
    'carries a marker both ways, sample for sample, in %s',
    async (codec) => {
      const { caller, incoming } = await pair(transport);
      const [onCaller, callerHeard] = heard(15);
      const [onCallee, calleeHeard] = heard(15);
      const sent: number[] = [];
      const call = await caller.call({
        to: 'callee',
        codecs: [codec],
        play: MARKER,
        onPacketSent: (sequence) => sent.push(sequence),
        onPacketReceived: onCaller,
      });
      const other = await incoming;
      expect(other.from).toBe(`sip:agent001@${HOST}`);
      other.ring();
      await call.ringing;
      expect(call.state).toBe('ringing');
      await Promise.all([
        other.answer({ play: MARKER, onPacketReceived: onCallee }),
        call.answered,
      ]);
      expect(await call.answered).toEqual({ status: 200, reason: 'OK', codec });
      await Promise.all([callerHeard, calleeHeard]);
      expect(await call.hangup()).toEqual({ cause: 'hangup', by: 'local' });
      expect(await other.ended).toEqual({ cause: 'hangup', by: 'remote' });

      const expected = throughG711(codec, MARKER);
      for (const each of [call, other]) {
        const { samples, packets } = each.recording;
        // The packet that begins the marker says where it must lie; one that came before the
        // answer was known has lost its beginning.
        const first = packets.find(({ sample }) => sample >= 0);
        const skipped = (first?.sample ?? 0) - (packets[0]?.sample ?? 0);
        expect(find(samples, expected.subarray(skipped))).toBe(first?.sample);
        const { received } = each.statistics;
        expect(received).toMatchObject({ lost: 0, outOfOrder: 0, duplicates: 0, malformed: 0 });
        const { answeredMs = 0, endedMs = 0 } = each.times;
        expect(samples.length).toBeGreaterThanOrEqual(Math.floor((endedMs - answeredMs) * 8));
      }
      expect(sent.map((sequence) => sequence - (sent[0] ?? 0))).toEqual(sent.map((_, n) => n));
      expect(call.statistics.sent.packets).toBe(sent.length);
    },
  );
});

describe('the end of a call', () => {
  it('by the far end', async () => {
    const { caller, incoming } = await pair();
    const call = await caller.call({ to: 'callee' });
    const other = await incoming;
    await other.answer();
    await call.answered;
    await other.hangup();
    expect(await call.ended).toEqual({ cause: 'hangup', by: 'remote' });
    expect(call.state).toBe('ended');
    expect(await call.hangup()).toEqual({ cause: 'hangup', by: 'remote' });
  });

  it('by CANCEL: 487 and ACK in the INVITE’s own transaction', async () => {
    let invite: ServerTransaction | undefined;
    const far = await farEnd((tx) => {
      if (tx.request.method === 'INVITE') {
        invite = tx;
        respond(tx, 100);
        respond(tx, 180);
      } else {
        respond(tx, 200);
        if (invite) respond(invite, 487);
      }
    });
    const softphone = await phone({ server: far.server });
    const call = await softphone.call({ to: '1000' });
    await call.ringing;
    await call.cancel();
    expect(await call.ended).toMatchObject({ cause: 'cancelled', by: 'local', status: 487 });
    await expect(call.answered).rejects.toMatchObject({ code: 'CALL_FAILED' });
    const cancel = await far.seen('CANCEL');
    const first = await far.seen('INVITE');
    expect(cancel.headers.get('via')).toBe(first.headers.get('via'));
    expect(cancel.cseq?.number).toBe(first.cseq?.number);
    expect(cancel.headers.get('to')).not.toContain('tag');
  });

  it('waits with CANCEL for a provisional answer', async () => {
    let go: () => void = () => undefined;
    const far = await farEnd((tx) => {
      if (tx.request.method === 'INVITE') go = () => respond(tx, 100);
      else respond(tx, 200);
    });
    const softphone = await phone({ server: far.server, timers: { t1: 15 } });
    const call = await softphone.call({ to: '1000' });
    await far.seen('INVITE');
    const cancelled = call.cancel();
    // A CANCEL sent too early would have come before the answer to this.
    const port = portOf(softphone.contact);
    const options = new SipRequest('OPTIONS', `sip:x@${HOST}:${port}`, outside('OPTIONS'));
    expect(await far.request(options, far.flowTo(port))).toMatchObject({ status: 200 });
    expect(far.requests.map(({ method }) => method)).not.toContain('CANCEL');
    go();
    await far.seen('CANCEL');
    // No 487 ever comes: 64 × T1 later the call is over all the same.
    await cancelled;
    expect(await call.ended).toEqual({ cause: 'cancelled', by: 'local' });
  });

  it('by CANCEL, as the callee sees it', async () => {
    const { caller, incoming } = await pair();
    const call = await caller.call({ to: 'callee' });
    const other = await incoming;
    other.ring();
    await call.ringing;
    await call.cancel();
    expect(await other.ended).toEqual({ cause: 'cancelled', by: 'remote' });
    expect(await call.ended).toMatchObject({ cause: 'cancelled', status: 487 });
    await expect(other.answer()).rejects.toMatchObject({ code: 'CALL_FAILED' });
  });

  it('by a refusal, with the phrase of the server', async () => {
    const far = await farEnd((tx) =>
      respond(tx, 480, { reason: 'Open the bridge page in Chrome' }),
    );
    const softphone = await phone({ server: far.server });
    const call = await softphone.call({ to: '1000' });
    await expect(call.answered).rejects.toMatchObject({
      code: 'CALL_FAILED',
      message: '1000 did not answer: 480 Open the bridge page in Chrome.',
    });
    await expect(call.ringing).rejects.toMatchObject({ code: 'CALL_FAILED' });
    expect(await call.ended).toEqual({
      cause: 'refused',
      by: 'remote',
      status: 480,
      reason: 'Open the bridge page in Chrome',
    });
  });

  it('by silence of the server', async () => {
    const far = await farEnd(() => undefined);
    const softphone = await phone({ server: far.server, timers: { t1: 2 } });
    const call = await softphone.call({ to: '1000' });
    await expect(call.answered).rejects.toMatchObject({ code: 'SIP_TIMEOUT' });
    expect(await call.ended).toMatchObject({ cause: 'timeout', by: 'remote' });
  });

  it('by closing the phone, which says BYE', async () => {
    const { caller, incoming } = await pair();
    const call = await caller.call({ to: 'callee' });
    const other = await incoming;
    await other.answer();
    await call.answered;
    await caller.close();
    await caller.close();
    expect(await other.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
    expect(await call.ended).toMatchObject({ by: 'local' });
  });

  it('when nobody takes it: 486', async () => {
    const callee = await phone({ server: { host: HOST, port: 9 }, user: 'callee' });
    const caller = await phone({ server: { host: HOST, port: 9 } });
    const call = await caller.call({ to: callee.contact.slice(1, -1) });
    expect(await call.ended).toMatchObject({ status: 486, reason: 'Busy Here' });
  });
});

describe('on the wire', () => {
  it('is MicroSIP’s INVITE, header for header', async () => {
    const far = await farEnd((tx) => respond(tx, 486));
    const softphone = await phone({ server: far.server, userAgent: 'MicroSIP/3.20.5' });
    const call = await softphone.call({ to: '1000', headers: { 'X-Test': 'yes' } });
    await call.ended;
    const invite = await far.seen('INVITE');
    expect(invite.startLine).toBe(`INVITE sip:1000@${HOST}:${far.server.port} SIP/2.0`);
    expect([...invite.headers].map(({ line }) => line.split(':')[0])).toEqual([
      ...['Via', 'Max-Forwards', 'From', 'To', 'Contact', 'Call-ID', 'CSeq', 'Allow', 'Supported'],
      ...['Session-Expires', 'Min-SE', 'User-Agent', 'X-Test', 'Content-Type', 'Content-Length'],
    ]);
    expect(invite.headers.get('to')).toBe(`<sip:1000@${HOST}>`);
    expect(invite.headers.get('from')).toMatch(/^<sip:agent001@127\.0\.0\.1>;tag=/);
    expect(invite.headers.get('contact')).toMatch(/^<sip:agent001@127\.0\.0\.1:\d+>$/);
    expect(invite.body.toString()).toMatch(/^m=audio \d+ RTP\/AVP 8 0 101\r$/m);
    const media = parseSdp(invite.body.toString());
    expect(media?.rtcpPort).toBe((media?.port ?? 0) + 1);
  });

  it('answers 407 with credentials in a new transaction of the same call', async () => {
    const far = await farEnd((tx) => {
      if (authorizedBy(tx.request, 'proxy-authorization', 'secret')) respond(tx, 486);
      else {
        const challenge = 'Digest realm="bridge", nonce="n", algorithm=MD5, qop="auth"';
        respond(tx, 407, { headers: { 'Proxy-Authenticate': challenge } });
      }
    });
    const softphone = await phone({ server: far.server, password: 'secret' });
    const call = await softphone.call({ to: '1000' });
    expect(await call.ended).toMatchObject({ status: 486 });
    const [first, second] = [await far.seen('INVITE'), await far.seen('INVITE', 2)];
    expect(second.callId).toBe(first.callId);
    expect(second.fromTag).toBe(first.fromTag);
    expect(second.cseq?.number).toBe((first.cseq?.number ?? 0) + 1);
    expect(second.via?.params.get('branch')).not.toBe(first.via?.params.get('branch'));
    expect(second.body.equals(first.body)).toBe(true);
    const keys = [...second.headers].map(({ key }) => key);
    expect(keys.slice(-3)).toEqual(['proxy-authorization', 'content-type', 'content-length']);
  });

  it('acknowledges a 2xx along its Record-Route, again when it comes again', async () => {
    const media = await RtpSession.open({ host: HOST });
    closing.push(media);
    const far = await farEnd((tx, self) => {
      const headers = {
        Contact: `<sip:deep@192.0.2.1>`,
        'Record-Route': `<sip:${HOST}:${self.server.port};lr;x=2>, <sip:192.0.2.9;lr>`,
      };
      if (tx.request.method === 'INVITE') {
        headers['Record-Route'] = `<sip:192.0.2.9;lr>, <sip:${HOST}:${self.server.port};lr>`;
        respond(tx, 200, { headers, sdp: sdp(media.port) });
        respond(tx, 200, { headers, sdp: sdp(media.port) });
      } else respond(tx, 200);
    });
    const softphone = await phone({ server: far.server });
    const call = await softphone.call({ to: '1000' });
    await call.answered;
    const ack = await far.seen('ACK');
    const again = await far.seen('ACK', 2);
    const invite = await far.seen('INVITE');
    for (const each of [ack, again]) {
      expect(each.uri).toBe('sip:deep@192.0.2.1');
      expect(each.headers.list('route')).toEqual([
        `<sip:${HOST}:${far.server.port};lr>`,
        '<sip:192.0.2.9;lr>',
      ]);
      expect(each.cseq).toEqual({ number: invite.cseq?.number, method: 'ACK' });
      expect(each.toTag).toBe(TO_TAG);
    }
    await call.hangup();
    expect((await far.seen('BYE')).cseq?.number).toBe((invite.cseq?.number ?? 0) + 1);
  });

  it('confirms a provisional answer when the server requires it', async () => {
    let invite: ServerTransaction | undefined;
    const far = await farEnd((tx, { contact }) => {
      if (tx.request.method === 'INVITE') {
        invite = tx;
        respond(tx, 180, { headers: { Require: '100rel', RSeq: '17', Contact: contact } });
      } else {
        respond(tx, 200);
        if (invite) respond(invite, 486);
      }
    });
    const softphone = await phone({ server: far.server });
    const call = await softphone.call({ to: '1000' });
    const prack = await far.seen('PRACK');
    const number = invite?.request.cseq?.number ?? 0;
    expect(prack.headers.get('rack')).toBe(`17 ${number} INVITE`);
    expect(prack.cseq?.number).toBe(number + 1);
    expect(await call.ended).toMatchObject({ status: 486 });
  });

  it('ends a call whose answer has no codec of ours, with a reason', async () => {
    const far = await farEnd((tx, { contact }) =>
      respond(tx, 200, { headers: { Contact: contact }, sdp: sdp(40_000, '18') }),
    );
    const softphone = await phone({ server: far.server });
    const call = await softphone.call({ to: '1000' });
    await expect(call.answered).rejects.toMatchObject({ code: 'NO_CODEC' });
    await far.seen('ACK');
    await far.seen('BYE');
    expect(await call.ended).toMatchObject({ cause: 'failed', by: 'local' });
  });

  it('refuses a number that makes no URI before anything is sent', async () => {
    const softphone = await phone({ server: { host: HOST, port: 9 } });
    await expect(softphone.call({ to: 'tel:1' })).rejects.toMatchObject({ code: 'BAD_FLAG' });
  });
});

describe('outside of any call', () => {
  it.each([
    ['OPTIONS', 200],
    ['NOTIFY', 200],
    ['MESSAGE', 200],
    ['SUBSCRIBE', 405],
    ['CANCEL', 481],
  ])('answers %s with %d', async (method, status) => {
    const far = await farEnd(() => undefined);
    const softphone = await phone({ server: far.server });
    const port = portOf(softphone.contact);
    const request = new SipRequest(method, `sip:x@${HOST}:${port}`, outside(method));
    const response = await far.request(request, far.flowTo(port));
    expect(response.status).toBe(status);
    if (method === 'OPTIONS') expect(response.headers.get('allow')).toMatch(/^PRACK, INVITE, ACK/);
  });
});

describe('within a call', () => {
  async function established(): Promise<{ call: OutgoingCall; other: IncomingCall }> {
    const { caller, incoming } = await pair();
    const call = await caller.call({ to: 'callee', codecs: ['pcmu', 'pcma'] });
    const other = await incoming;
    await other.answer();
    await call.answered;
    return { call, other };
  }

  it('holds with silence while the other side rests, and resumes', async () => {
    const { caller, incoming } = await pair();
    let loud = 0;
    const call = await caller.call({ to: 'callee', play: (frame) => frame.fill(12_000) });
    const other = await incoming;
    let quiet: () => void = () => undefined;
    const silence = new Promise<void>((resolve) => (quiet = resolve));
    let again: () => void = () => undefined;
    const speech = new Promise<void>((resolve) => (again = resolve));
    let held = false;
    const seen = { silent: false };
    await other.answer({
      onPacketReceived: (_sequence, _timestamp, _ms, payload) => {
        const isSilence = payload.every((code) => code === 0xd5);
        if (!isSilence) loud += 1;
        if (held && isSilence) {
          seen.silent = true;
          quiet();
        }
        if (!held && seen.silent && !isSilence) again();
      },
    });
    await call.answered;
    await call.hold();
    held = true;
    await silence;
    const rested = other.statistics.sent.packets;
    await new Promise<void>((resolve) => {
      const before = other.statistics.received.packets;
      const look = (): void => {
        if (other.statistics.received.packets >= before + 5) resolve();
        else setImmediate(look);
      };
      look();
    });
    // Five more packets of silence came, and not one went back.
    expect(other.statistics.sent.packets).toBe(rested);
    await call.resume();
    held = false;
    await speech;
    expect(loud).toBeGreaterThan(0);
    await call.hangup();
    await other.ended;
  });

  it('sends digits as events', async () => {
    const { call, other } = await established();
    await call.sendDtmf('4', 40);
    await call.sendDtmf('2', 40);
    await call.hangup();
    await other.ended;
    expect(other.digits).toBe('42');
    await expect(call.sendDtmf('1')).rejects.toMatchObject({ code: 'CALL_FAILED' });
    await expect(call.hold()).rejects.toMatchObject({ code: 'CALL_FAILED' });
  });

  it('answers what a server may send: UPDATE, OPTIONS, INFO, re-INVITE, nonsense', async () => {
    const media = await RtpSession.open({ host: HOST });
    closing.push(media);
    const far = await farEnd((tx, { contact }) => {
      if (tx.request.method === 'INVITE') {
        respond(tx, 200, { headers: { Contact: contact }, sdp: sdp(media.port) });
      } else respond(tx, 200);
    });
    const softphone = await phone({ server: far.server });
    const call = await softphone.call({ to: '1000' });
    await call.answered;
    const invite = await far.seen('INVITE');
    await far.seen('ACK');
    const port = portOf(invite.headers.get('contact') ?? '');
    const flow = far.flowTo(port);
    let cseq = 100;
    const request = (
      method: string,
      headers: Record<string, string> = {},
      body = '',
    ): SipRequest => {
      cseq += 1;
      const fields = new Headers()
        .add('Max-Forwards', '70')
        .add('From', `<sip:1000@${HOST}>;tag=${TO_TAG}`)
        .add('To', invite.headers.get('from') ?? '')
        .add('Call-ID', invite.callId)
        .add('CSeq', `${cseq} ${method}`)
        .add('Contact', far.contact);
      for (const [name, value] of Object.entries(headers)) fields.add(name, value);
      return new SipRequest(method, `sip:agent001@${HOST}:${port}`, fields, Buffer.from(body));
    };

    expect(await far.request(request('OPTIONS'), flow)).toMatchObject({ status: 200 });
    const dtmf = request(
      'INFO',
      { 'Content-Type': 'application/dtmf-relay' },
      'Signal=5\r\nDuration=160',
    );
    expect(await far.request(dtmf, flow)).toMatchObject({ status: 200 });
    expect(call.digits).toBe('5');
    expect(await far.request(request('REFER'), flow)).toMatchObject({ status: 603 });
    expect(await far.request(request('PUBLISH'), flow)).toMatchObject({ status: 405 });

    const update = await far.request(request('UPDATE', { 'Session-Expires': '90' }), flow);
    expect(update.status).toBe(200);
    expect(update.headers.get('session-expires')).toBe('90;refresher=uac');
    expect(update.body).toHaveLength(0);

    const hold = request(
      'INVITE',
      { 'Content-Type': 'application/sdp' },
      sdp(media.port, '0 101', 'sendonly'),
    );
    const held = await far.request(hold, flow);
    expect(held.status).toBe(200);
    expect(held.body.toString()).toMatch(/^a=recvonly\r$/m);
    expect(parseSdp(held.body.toString())?.formats).toEqual([{ codec: 'pcmu', payloadType: 0 }]);
    const ack = request('ACK');
    ack.headers.set('CSeq', `${cseq - 1} ACK`);
    far.send(ack, flow);

    const bad = request('INVITE', { 'Content-Type': 'application/sdp' }, sdp(media.port, '18'));
    expect(await far.request(bad, flow)).toMatchObject({ status: 488 });

    const late = await far.request(request('INVITE'), flow);
    expect(parseSdp(late.body.toString())?.formats).toHaveLength(2);
    const answer = request('ACK', { 'Content-Type': 'application/sdp' }, sdp(media.port, '8'));
    answer.headers.set('CSeq', `${cseq - 1} ACK`);
    far.send(answer, flow);

    cseq = 50;
    expect(await far.request(request('OPTIONS'), flow)).toMatchObject({ status: 500 });
    cseq = 200;
    const bye = request('BYE', { Reason: 'SIP;cause=200;text="agent left"' });
    expect(await far.request(bye, flow)).toMatchObject({ status: 200 });
    expect(await call.ended).toEqual({ cause: 'hangup', by: 'remote', reason: 'agent left' });
    expect(await far.request(request('OPTIONS'), flow)).toMatchObject({ status: 481 });
  });
});
