/**
 * The client against engines that lose, repeat and garble: a UDP socket that does with each
 * datagram what the test says.
 */
import type { RemoteInfo, Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import { decode, encode, type Encodable } from '../../../rtpengine/embedded/bencode.ts';
import type { MediaEngine } from '../../../rtpengine/engine.ts';
import { openSocket } from '../../support/rtp.ts';

const TIMING = { resends: [20, 40, 60], deadline: 150 };

interface Request {
  readonly cookie: string;
  readonly message: Record<string, unknown>;
  readonly reply: (message: Encodable) => void;
  readonly replyRaw: (datagram: string) => void;
}

describe('rtpengine client', () => {
  let socket: Socket;
  let engine: MediaEngine;
  let requests: Request[];
  let respond: (request: Request) => void;
  const printed = vi.spyOn(console, 'log');

  beforeEach(async () => {
    printed.mockClear();
    socket = await openSocket();
    requests = [];
    respond = ({ reply }) => reply({ result: 'pong' });
    socket.on('message', (datagram, from) => {
      const request = parse(datagram, from);
      requests.push(request);
      respond(request);
    });
    engine = await connectRtpengine({
      host: '127.0.0.1',
      port: socket.address().port,
      timing: TIMING,
    });
    requests.length = 0;
  });
  afterEach(async () => {
    await engine.close();
    socket.close();
    // Whatever arrives, the package below must not print it.
    expect(printed).not.toHaveBeenCalled();
  });

  function parse(datagram: Buffer, from: RemoteInfo): Request {
    const cookie = datagram.toString('latin1', 0, 36);
    const replyRaw = (text: string): void => socket.send(text, from.port, from.address);
    return {
      cookie,
      message: decode(datagram.subarray(37)) as Record<string, unknown>,
      reply: (message) => replyRaw(`${cookie} ${encode(message).toString('latin1')}`),
      replyRaw,
    };
  }
  const offer = (): Promise<unknown> =>
    engine.offer({ 'call-id': 'c', 'from-tag': 'f', sdp: 'v=0\r\n', flags: ['trust-address'] });

  test('sends the command as it is documented', async () => {
    respond = ({ reply }) => reply({ result: 'ok', sdp: 'v=0\r\nanswer' });
    expect(await offer()).toEqual({ sdp: 'v=0\r\nanswer' });
    expect({ ...requests[0]?.message }).toEqual({
      command: 'offer',
      'call-id': 'c',
      'from-tag': 'f',
      sdp: 'v=0\r\n',
      flags: ['trust-address'],
    });
  });

  test('repeats a lost command with the same cookie', async () => {
    respond = ({ reply }) => {
      if (requests.length === 3) reply({ result: 'pong' });
    };
    await engine.ping();
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ cookie }) => cookie)).size).toBe(1);
  });

  test('gives up after the deadline and says where to look', async () => {
    respond = () => undefined;
    await expect(engine.ping()).rejects.toMatchObject({
      code: 'RTPENGINE_UNREACHABLE',
      message: expect.stringContaining(
        `127.0.0.1:${socket.address().port} (UDP) did not answer`,
      ) as string,
    });
    expect(requests).toHaveLength(4);
  });

  test('answers nobody waits for are dropped', async () => {
    respond = (request) => {
      request.reply({ result: 'pong' });
      request.reply({ result: 'pong' });
      request.replyRaw('00000000-0000-0000-0000-000000000000 d6:result4:ponge');
    };
    await engine.ping();
    await engine.ping();
  });

  test('an answer that arrives as the client closes is dropped', async () => {
    const bell = await openSocket();
    const closed = new Promise((resolve) => bell.once('message', () => resolve(engine.close())));
    respond = ({ reply }) => {
      reply({ result: 'pong' });
      // Read right after the answer, in the same turn of the event loop.
      socket.send('now', bell.address().port, '127.0.0.1');
    };
    await Promise.allSettled([engine.ping(), closed]);
    await new Promise(setImmediate);
    bell.close();
  });

  test('garbage in place of an answer is dropped, the answer after it is taken', async () => {
    respond = ({ cookie, reply, replyRaw }) => {
      replyRaw('');
      replyRaw('garbage');
      replyRaw(`${cookie} d6:result`);
      replyRaw(`${cookie} i1e`);
      replyRaw(cookie);
      reply({ result: 'pong' });
    };
    await engine.ping();
  });

  test.each([
    ['Ran out of ports', 'RTP_PORTS_EXHAUSTED'],
    ['Unknown call-id', 'RTPENGINE_REFUSED'],
  ])('the reason %j is the error %s', async (reason, code) => {
    respond = ({ reply }) => reply({ result: 'error', 'error-reason': reason });
    await expect(offer()).rejects.toMatchObject({
      name: 'BridgeError',
      code,
      message: expect.stringContaining(reason) as string,
    });
  });

  test('an engine under load refuses too', async () => {
    respond = ({ reply }) => reply({ result: 'load limit', message: 'CPU usage limit' });
    await expect(offer()).rejects.toMatchObject({
      code: 'RTPENGINE_REFUSED',
      message: expect.stringContaining('CPU usage limit') as string,
    });
  });

  test('an answer without SDP is no answer to an offer', async () => {
    respond = ({ reply }) => reply({ result: 'ok' });
    await expect(offer()).rejects.toMatchObject({ code: 'RTPENGINE_REFUSED' });
  });

  test('warnings are passed on', async () => {
    respond = ({ reply }) => reply({ result: 'ok', sdp: 'v=0', warning: 'flag x unknown' });
    expect(await offer()).toEqual({ sdp: 'v=0', warning: 'flag x unknown' });
  });

  test('calls are deleted without delay', async () => {
    respond = ({ reply }) => reply({ result: 'ok', warning: 'not found' });
    await engine.delete({ 'call-id': 'c' });
    expect({ ...requests[0]?.message }).toEqual({
      command: 'delete',
      'call-id': 'c',
      'delete-delay': 0,
    });
  });

  test('an answer is narrowed to one codec before the engine sees it', async () => {
    respond = ({ reply }) => reply({ result: 'ok', sdp: 'v=0' });
    await engine.answer({
      'call-id': 'c',
      'from-tag': 'f',
      'to-tag': 't',
      sdp: 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8 0\r\n',
    });
    expect(requests[0]?.message['sdp']).toBe('v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8\r\n');
  });

  test('closing rejects what is pending, and everything after', async () => {
    respond = () => undefined;
    const pending = expect(engine.ping()).rejects.toMatchObject({ code: 'RTPENGINE_UNREACHABLE' });
    await engine.close();
    await engine.close();
    await pending;
    await expect(engine.ping()).rejects.toMatchObject({ code: 'RTPENGINE_UNREACHABLE' });
  });

  test('connecting to nobody fails after the deadline', async () => {
    const nobody = await openSocket();
    await expect(
      connectRtpengine({ host: '127.0.0.1', port: nobody.address().port, timing: TIMING }),
    ).rejects.toMatchObject({ code: 'RTPENGINE_UNREACHABLE' });
    nobody.close();
  });
});
