/**
 * The least any bridge could take: the same softphone's packets, received, decoded and written to
 * the same kind of agent socket by one process, with no SIP, no encryption, no browser between.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { decodeG711 } from '../../audio/g711.ts';
import { Resampler } from '../../audio/resampler.ts';
import type { AgentFrame } from '../../server/demo/measure.ts';
import { RtpSession, type PacketSent } from '../../softphone/rtp-session.ts';
import { openSocket } from '../support/rtp.ts';
import { TestAgent } from '../support/test-agent.ts';
import { framesOf } from './caller.ts';
import type { Stack } from './stage.ts';

const RTP_HEADER = 12;
const FRAME_SAMPLES = 160;

/** Sends `samples` in real time; resolves with what the agent received. */
export async function floorCall(
  samples: Int16Array,
  onPacketSent: PacketSent,
  stack: Stack,
): Promise<AgentFrame[]> {
  const agent = await TestAgent.start();
  stack.push(() => agent.close());
  const socket = new WebSocket(`${agent.url}/floor`);
  await once(socket, 'open');
  const session = await agent.session();

  const receiver = await openSocket();
  const up = new Resampler({ from: 8000, to: 16_000 });
  const decoded = new Int16Array(FRAME_SAMPLES);
  receiver.on('message', (packet) => {
    decodeG711('pcmu', packet.subarray(RTP_HEADER), decoded);
    const wide = up.process(decoded);
    socket.send(new Uint8Array(wide.buffer, wide.byteOffset, wide.byteLength));
  });
  stack.push(() => new Promise<void>((resolve) => receiver.close(() => resolve())));

  const phone = await RtpSession.open({ host: '127.0.0.1', play: samples, onPacketSent });
  stack.push(() => phone.close());
  const { port } = receiver.address();
  phone.negotiate(
    {
      address: '127.0.0.1',
      port,
      rtcpAddress: '127.0.0.1',
      rtcpPort: port + 1,
      formats: [{ codec: 'pcmu', payloadType: 0 }],
      eventPayloadType: undefined,
      direction: 'sendrecv',
    },
    { codec: 'pcmu', payloadType: 0, eventPayloadType: undefined },
  );
  phone.start();
  await new Promise((resolve) => setTimeout(resolve, samples.length / 8));
  await phone.close();
  return framesOf(session);
}
