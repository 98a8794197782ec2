import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../../audio/g711.ts';
import { parseRtcp } from '../../../softphone/rtcp.ts';
import { parseRtp, writeRtpHeader } from '../../../softphone/rtp-packet.ts';
import { RtpSession, type RtpSessionOptions } from '../../../softphone/rtp-session.ts';
import { bindRtpSockets, closeSocket } from '../../../softphone/rtp-sockets.ts';
import type { RemoteMedia } from '../../../softphone/sdp.ts';

const HOST = '127.0.0.1';
const PCMU = { codec: 'pcmu', payloadType: 0, eventPayloadType: 101 } as const;

const sessions: RtpSession[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  await Promise.all(sessions.splice(0).map((session) => session.close()));
  await Promise.all(sockets.splice(0).map(closeSocket));
});

async function open(options: Partial<RtpSessionOptions> = {}): Promise<RtpSession> {
  const session = await RtpSession.open({ host: HOST, ...options });
  sessions.push(session);
  session.expect([PCMU], 101);
  return session;
}

async function bare(): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind(0, HOST);
  await once(socket, 'listening');
  return { socket, port: socket.address().port };
}

function remote(port: number, rtcpPort = port + 1): RemoteMedia {
  return {
    address: HOST,
    port,
    rtcpAddress: HOST,
    rtcpPort,
    formats: [{ codec: 'pcmu', payloadType: 0 }],
    eventPayloadType: 101,
    direction: 'sendrecv',
  };
}

/** What the far end hears of `samples`: once through G.711. */
function throughG711(samples: Int16Array): Int16Array {
  const code = new Uint8Array(samples.length);
  const heard = new Int16Array(samples.length);
  encodeG711('pcmu', samples, code);
  decodeG711('pcmu', code, heard);
  return heard;
}

describe('RTP session', () => {
  it('carries every sample both ways', async () => {
    const speech = Int16Array.from({ length: 3200 }, (_, n) => ((n * 7919) % 20_000) - 10_000);
    let done: () => void = () => undefined;
    const received = new Promise<void>((resolve) => (done = resolve));
    let heard = 0;
    const openedMs = performance.now();
    const caller = await open({ play: speech });
    const callee = await open({
      play: (frame) => frame.fill(1000),
      onPacketReceived: () => {
        heard += 1;
        if (heard === 20) done();
      },
    });
    caller.negotiate(remote(callee.port), PCMU);
    callee.negotiate(remote(caller.port), PCMU);
    caller.start();
    callee.start();
    await received;

    const { samples, packets } = callee.recording(openedMs, 0);
    const first = packets[0]?.sample ?? -1;
    expect(samples.subarray(first, first + 3200)).toEqual(throughG711(speech));
    expect(callee.statistics.received).toMatchObject({ packets: 20, lost: 0, outOfOrder: 0 });
    const answer = caller.recording(openedMs, 0).samples;
    expect(answer.at(-1)).toBe(throughG711(Int16Array.of(1000))[0]);
  });

  it('binds an even port and the odd one above it, or says which is taken', async () => {
    const session = await open();
    expect(session.port % 2).toBe(0);
    await expect(bindRtpSockets(HOST, session.port)).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    await expect(bindRtpSockets(HOST, session.port + 1)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
    });
    const { port } = session;
    await session.close();
    await session.close();
    const again = await bindRtpSockets(HOST, port);
    await Promise.all([closeSocket(again.rtp), closeSocket(again.rtcp)]);
  });

  it('follows the source of what it hears, after ten packets', async () => {
    const session = await open();
    const announced = await bare();
    const real = await bare();
    session.negotiate(remote(announced.port), PCMU);
    session.start();
    const arrived = once(real.socket, 'message');
    const packet = Buffer.alloc(172, 0xff);
    for (let n = 0; n < 10; n += 1) {
      writeRtpHeader(packet, {
        ...{ payloadType: 0, marker: n === 0, sequence: n, timestamp: n * 160, ssrc: 3 },
      });
      real.socket.send(Buffer.from(packet), session.port, HOST);
    }
    const [datagram] = (await arrived) as [Buffer];
    expect(parseRtp(datagram)?.ssrc).toBe(session.ssrc);
  });

  it('says BYE by RTCP with its report', async () => {
    const session = await open();
    const far = await bare();
    const farRtcp = await bare();
    session.negotiate(remote(far.port, farRtcp.port), PCMU);
    session.start();
    await once(far.socket, 'message');
    const arrived = once(farRtcp.socket, 'message');
    await session.close();
    const [datagram] = (await arrived) as [Buffer];
    expect(datagram[1]).toBe(200);
    expect(datagram.readUInt32BE(4)).toBe(session.ssrc);
    expect(datagram.readUInt32BE(20)).toBe(session.statistics.sent.packets);
    expect(parseRtcp(datagram, 0)).toMatchObject({ bye: true });
  });

  it('sends digits the far end reads', async () => {
    const caller = await open();
    const callee = await open();
    caller.negotiate(remote(callee.port), PCMU);
    callee.negotiate(remote(caller.port), PCMU);
    await expect(caller.sendDigit('1')).rejects.toMatchObject({ code: 'CALL_FAILED' });
    caller.start();
    await Promise.all(['1', '1', '#'].map((digit) => caller.sendDigit(digit, 40)));
    const seen = await new Promise<string>((resolve) => {
      const look = (): void => {
        const { digits } = callee.statistics.received;
        if (digits.length < 3) setImmediate(look);
        else resolve(digits);
      };
      look();
    });
    expect(seen).toBe('11#');
  });
});
