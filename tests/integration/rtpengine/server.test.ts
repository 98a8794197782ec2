/**
 * What only the embedded engine promises, seen from its ng port: repeated commands, malformed
 * ones, unsupported ones, its counters, and that calls leave nothing behind.
 */
import { once } from 'node:events';
import type { Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Log, LogFields, LogLevel } from '../../../common/log.ts';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import { decode, encode, type Encodable } from '../../../rtpengine/embedded/bencode.ts';
import { startRtpengine, type RtpengineServer } from '../../../rtpengine/embedded/server.ts';
import type { MediaEngine } from '../../../rtpengine/engine.ts';
import { ANSWER_TO_PHONE, OFFER_TO_PAGE } from '../../../rtpengine/profiles.ts';
import { RtpPage } from '../../support/rtp-page.ts';
import { openSocket, RtpPhone, rtpPacket } from '../../support/rtp.ts';

interface LogLine extends LogFields {
  readonly level: LogLevel;
  readonly message: string;
}

describe('embedded rtpengine', () => {
  const lines: LogLine[] = [];
  const log: Log = (level, message, fields = {}) => lines.push({ level, message, ...fields });
  let server: RtpengineServer;
  let engine: MediaEngine;
  let ng: Socket;
  let phone: RtpPhone;

  beforeEach(async () => {
    lines.length = 0;
    server = await startRtpengine({
      ng: { host: '127.0.0.1', port: 0 },
      rtp: { host: '127.0.0.1', portMin: 25000, portMax: 25299 },
      log,
    });
    engine = await connectRtpengine({ host: '127.0.0.1', port: server.ngPort });
    ng = await openSocket();
    phone = await RtpPhone.open();
  });
  afterEach(async () => {
    ng.close();
    await phone.close();
    await engine.close();
    await server.close();
  });

  /** Sends raw bytes to the ng port and resolves with the next datagram that comes back. */
  async function raw(datagram: Buffer | string): Promise<Buffer> {
    const answer = once(ng, 'message') as Promise<[Buffer]>;
    ng.send(datagram, server.ngPort, '127.0.0.1');
    return (await answer)[0];
  }
  async function command(cookie: string, message: Encodable): Promise<Record<string, unknown>> {
    const answer = await raw(Buffer.concat([Buffer.from(`${cookie} `), encode(message)]));
    expect(answer.toString('latin1').startsWith(`${cookie} `)).toBe(true);
    return decode(answer.subarray(cookie.length + 1)) as Record<string, unknown>;
  }
  const offer = (callId: string): Record<string, Encodable> => ({
    command: 'offer',
    'call-id': callId,
    'from-tag': 'from',
    sdp: phone.sdp(),
    ...OFFER_TO_PAGE,
  });

  async function call(callId: string): Promise<RtpPage> {
    const page = new RtpPage();
    const ids = { 'call-id': callId, 'from-tag': 'from' };
    const { sdp } = await engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'to',
      sdp: await page.answer(sdp),
      ...ANSWER_TO_PHONE,
    });
    phone.connect(answer.sdp);
    await page.start();
    return page;
  }

  test('a repeated command gets the same answer and is executed once', async () => {
    const datagram = Buffer.concat([Buffer.from('cookie1 '), encode(offer('repeated'))]);
    // The second and third arrive while the first is being worked on.
    const answers: Buffer[] = [];
    const all = new Promise<void>((resolve) => {
      ng.on('message', (answer) => {
        answers.push(answer);
        if (answers.length === 3) resolve();
      });
    });
    for (let n = 0; n < 3; n++) ng.send(datagram, server.ngPort, '127.0.0.1');
    await all;
    const late = await raw(datagram);
    expect(new Set([...answers, late].map((each) => each.toString('latin1'))).size).toBe(1);
    expect(server.counters).toMatchObject({ callsCreated: 1, ngRetransmissions: 3 });
  });

  test('the same cookie of another client is another command', async () => {
    const other = await openSocket();
    const answer = once(other, 'message') as Promise<[Buffer]>;
    await command('cookie1', { command: 'ping' });
    other.send('cookie1 d7:command4:liste', server.ngPort, '127.0.0.1');
    expect((await answer)[0].toString()).toBe('cookie1 d5:callsle6:result2:oke');
    other.close();
  });

  test('what is no command is dropped, or answered with the error, and counted', async () => {
    for (const garbage of ['', 'garbage', ' d7:command4:pinge', Buffer.alloc(1400, 0xff)]) {
      ng.send(garbage, server.ngPort, '127.0.0.1');
    }
    const answer = await raw('cookie2 d7:command4:pin');
    expect(answer.toString()).toBe(
      'cookie2 d12:error-reason35:Could not decode bencode dictionary6:result5:errore',
    );
    expect(server.counters.ngMalformed).toBe(5);
    expect(lines.filter(({ code }) => code === 'NG_MALFORMED')).toHaveLength(5);
    expect(await command('cookie3', { command: 'ping' })).toMatchObject({ result: 'pong' });
  });

  test('an unknown command is named in the answer', async () => {
    expect(await command('c', { command: 'start forwarding' })).toMatchObject({
      result: 'error',
      'error-reason': 'Unrecognized command: start forwarding',
    });
  });

  test('what is not supported is in every answer, and once in the log', async () => {
    const unknown = { 'T.38': ['decode'], flags: ['loop protect'] };
    for (const cookie of ['a', 'b']) {
      const answer = await command(cookie, { ...offer(cookie), ...unknown });
      expect(answer['result']).toBe('ok');
      expect(answer['warning']).toBe('T.38 is not supported; flags=loop-protect is not supported');
    }
    const message = 'ng offer: T.38 is not supported';
    expect(lines.filter((line) => line.message === message)).toEqual([
      { level: 'warn', message, callId: 'a' },
    ]);
  });

  test('what cannot be combined is refused, or said', async () => {
    const plain = { ...offer('plain'), 'transport-protocol': 'RTP/AVP' };
    expect((await command('a', plain))['warning']).toBe('ICE=force is not supported with RTP/AVP');
    expect(await command('b', { ...offer('sdes'), DTLS: 'off' })).toMatchObject({
      result: 'error',
      'error-reason': 'SRTP with keys in the SDP (SDES) is not supported: allow DTLS',
    });
    expect(await command('c', { ...offer('no ice'), ICE: 'remove' })).toMatchObject({
      result: 'error',
      'error-reason': 'DTLS-SRTP without ICE is not supported: allow ICE',
    });
  });

  test.each<[string, Record<string, Encodable>, string]>([
    ['an offer without SDP', { sdp: undefined as never }, 'No SDP body in message'],
    ['an offer without from-tag', { 'from-tag': undefined as never }, 'No from-tag in message'],
    [
      'an offer of video only',
      { sdp: 'v=0\r\nm=video 1 RTP/AVP 96\r\n' },
      'The SDP holds no audio',
    ],
    ['an offer of fax', { sdp: 'v=0\r\nm=audio 1 UDPTL t38\r\n' }, 'Transport protocol UDPTL'],
    [
      'an offer of SRTP without DTLS',
      { sdp: 'v=0\r\nm=audio 1 RTP/SAVP 0\r\n' },
      'Switch media encryption off in the phone',
    ],
  ])('%s is refused with the reason, and keeps no port', async (_, change, reason) => {
    const answer = await command('c', { ...offer('refused'), ...change });
    expect(answer['result']).toBe('error');
    expect(answer['error-reason']).toContain(reason);
    expect(await command('d', { command: 'list' })).toMatchObject({ calls: [] });
    expect(server.counters.callsCreated).toBe(server.counters.callsDeleted);
  });

  test('list and statistics tell the calls', async () => {
    await command('a', offer('one'));
    expect(await command('b', { command: 'list' })).toMatchObject({ calls: ['one'] });
    expect(await command('c', { command: 'statistics' })).toMatchObject({
      statistics: { currentstatistics: { sessionstotal: 1 } },
    });
  });

  test('a delete may wait, and another offer is a change of mind', async () => {
    const named = { 'call-id': 'waiting', 'from-tag': 'from' };
    const later = { command: 'delete', ...named, 'delete-delay': 1 };
    const calls = async (cookie: string): Promise<unknown> =>
      (await command(cookie, { command: 'list' }))['calls'];
    await command('a', offer('waiting'));
    expect(await command('b', later)).toMatchObject({ result: 'ok', totals: {} });
    expect(await command('c', { command: 'query', ...named })).toMatchObject({ result: 'ok' });
    await command('d', { ...offer('waiting'), 'to-tag': 'to' });
    await command('e', { ...offer('other') });
    await command('f', { ...later, 'call-id': 'other' });
    let n = 0;
    await expect.poll(() => calls(`poll-${n++}`)).toEqual(['waiting']);
    expect(server.counters).toMatchObject({ callsCreated: 2, callsDeleted: 1 });
  });

  test('a delete of a call that is not there is a warning, or an error on request', async () => {
    const unknown = { command: 'delete', 'call-id': 'never', 'from-tag': 'x' };
    expect(await command('a', unknown)).toMatchObject({
      result: 'ok',
      warning: "Call-ID not found or tags didn't match",
    });
    expect(await command('b', { ...unknown, flags: ['fatal'] })).toMatchObject({ result: 'error' });
    await command('c', offer('fast'));
    const fast = { command: 'delete', 'call-id': 'fast', 'from-tag': 'from', flags: ['fast'] };
    expect(Object.keys(await command('d', fast))).toEqual(['result']);
  });

  test('list is limited, statistics count commands by client', async () => {
    for (let n = 0; n < 34; n++) await command(`offer-${n}`, offer(`call-${n}`));
    expect((await command('a', { command: 'list' }))['calls']).toHaveLength(32);
    expect((await command('b', { command: 'list', limit: 3 }))['calls']).toEqual([
      'call-0',
      'call-1',
      'call-2',
    ]);
    await command('c', { command: 'nonsense' });
    const { statistics } = await command('d', { command: 'statistics' });
    expect(statistics).toMatchObject({
      currentstatistics: { sessionstotal: 34 },
      totalstatistics: { managedsessions: 0 },
      controlstatistics: { totaloffercount: 34, totallistcount: 2, totalerrorcount: 1 },
    });
  });

  test('query tells of a page what became of ICE and DTLS', async () => {
    const page = await call('paged');
    let n = 0;
    const pump = setInterval(
      () => phone.send(rtpPacket({ sequence: n++, timestamp: n, ssrc: 1 })),
      5,
    );
    await page.rtp.first(1);
    clearInterval(pump);
    const { tags } = await engine.query({ 'call-id': 'paged' });
    const media = tags['to']?.medias[0];
    expect(media?.protocol).toBe('UDP/TLS/RTP/SAVPF');
    for (const flag of ['rtcp-mux', 'DTLS-SRTP', 'DTLS role passive', 'ICE', 'send', 'recv']) {
      expect(media?.flags).toContain(flag);
    }
    expect(media?.streams[0]?.flags).toEqual(
      expect.arrayContaining(['RTP', 'filled', 'confirmed', 'DTLS fingerprint verified', 'ICE']),
    );
    await page.close();
  });

  test('a delete cannot overtake the offer it undoes', async () => {
    const ids = { 'call-id': 'raced', 'from-tag': 'from' };
    const offered = engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
    await Promise.all([offered, engine.delete(ids)]);
    expect(await command('c', { command: 'list' })).toMatchObject({ calls: [] });
  });

  test('packets of strangers are counted and not heard', async () => {
    const page = await call('attacked');
    let n = 0;
    const pump = setInterval(
      () => phone.send(rtpPacket({ sequence: n++, timestamp: n, ssrc: 1 })),
      5,
    );
    await page.rtp.first(1);
    clearInterval(pump);
    const stranger = await openSocket();
    stranger.send(rtpPacket({ sequence: 1, timestamp: 1, ssrc: 666 }), phone.target, '127.0.0.1');
    stranger.send('no RTP at all', phone.target, '127.0.0.1');
    const last = rtpPacket({ sequence: n, timestamp: n, ssrc: 1 });
    phone.send(last);
    await page.rtp.until((packet) => packet.equals(last));
    expect(page.rtp.received.filter((packet) => packet.readUInt32BE(8) === 666)).toEqual([]);
    expect(server.counters).toMatchObject({ rtpForeign: 1, rtpMalformed: 1 });
    stranger.close();
    await page.close();
  });

  test('a call that goes to another page gets another leg, the phone keeps its ports', async () => {
    const ids = { 'call-id': 'moved', 'from-tag': 'from' };
    const first = await call('moved');
    const target = phone.target;
    const offered = await engine.offer({ ...ids, sdp: phone.sdp(), ...OFFER_TO_PAGE });
    const second = new RtpPage();
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'to2',
      sdp: await second.answer(offered.sdp),
      ...ANSWER_TO_PHONE,
    });
    await second.start();
    expect(answer.sdp).toContain(`m=audio ${target} RTP/AVP`);
    const packet = rtpPacket({ sequence: 1, timestamp: 1, ssrc: 9 });
    const pump = setInterval(() => phone.send(packet), 5);
    expect((await second.rtp.first(1))[0]).toEqual(packet);
    clearInterval(pump);
    expect(first.rtp.received).toEqual([]);
    await first.close();
    await second.close();
  });

  test('fifty calls, one after another and all at once, leave nothing behind', async () => {
    const pages: RtpPage[] = [];
    for (let n = 0; n < 10; n++) {
      pages.push(await call(`serial-${n}`));
      await engine.delete({ 'call-id': `serial-${n}`, 'from-tag': 'from' });
    }
    pages.push(...(await Promise.all(Array.from({ length: 40 }, (_, n) => call(`parallel-${n}`)))));
    expect(server.counters.callsCreated).toBe(50);
    await Promise.all(
      Array.from({ length: 40 }, (_, n) => engine.delete({ 'call-id': `parallel-${n}` })),
    );
    expect(server.counters.callsDeleted).toBe(50);
    await Promise.all(pages.map((page) => page.close()));
    // Every pair of the range can be had again: two for each of 75 calls.
    for (let n = 0; n < 75; n++)
      await engine.offer({ ...ids(n), sdp: phone.sdp(), ...OFFER_TO_PAGE });
    await expect(
      engine.offer({ ...ids(75), sdp: phone.sdp(), ...OFFER_TO_PAGE }),
    ).rejects.toMatchObject({ code: 'RTP_PORTS_EXHAUSTED' });
  });

  test('closing twice is closing once, and frees the ng port', async () => {
    const { ngPort } = server;
    await command('a', offer('open'));
    await Promise.all([server.close(), server.close()]);
    const again = await startRtpengine({
      ng: { host: '127.0.0.1', port: ngPort },
      rtp: { host: '127.0.0.1', portMin: 25000, portMax: 25299 },
    });
    expect(again.ngPort).toBe(ngPort);
    await again.close();
  });
});

test('options that cannot work are refused with what to do', async () => {
  const ng = { host: '127.0.0.1', port: 0 };
  await expect(
    startRtpengine({ ng, rtp: { host: 'localhost', portMin: 25000, portMax: 25099 } }),
  ).rejects.toMatchObject({ code: 'BAD_FLAG' });
  await expect(
    startRtpengine({ ng, rtp: { host: '127.0.0.1', portMin: 25000, portMax: 25002 } }),
  ).rejects.toMatchObject({ code: 'BAD_FLAG' });
  const taken = await openSocket();
  await expect(
    startRtpengine({
      ng: { host: '127.0.0.1', port: taken.address().port },
      rtp: { host: '127.0.0.1', portMin: 25000, portMax: 25099 },
    }),
  ).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  taken.close();
});

function ids(n: number): { 'call-id': string; 'from-tag': string } {
  return { 'call-id': `again-${n}`, 'from-tag': 'from' };
}
