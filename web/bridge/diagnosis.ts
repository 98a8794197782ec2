/**
 * What is odd about a call, said in a sentence with its cause and cure. The figures alone make people
 * suspect the bridge when the agent is silent, and the agent when the phone is.
 */
import type { MediaCounters, SocketStatus } from '../media/report.ts';
import { formatMs } from './format.ts';

export interface CallFacts {
  readonly answeredMs: number;
  readonly counters: MediaCounters;
  readonly socket: SocketStatus;
  readonly frameMs: number;
}

/** An agent that has not said a byte by then deserves a remark. */
const SILENT_AGENT_MS = 8_000;
const NO_PACKETS_MS = 3_000;
const SLOW_SOCKET_BYTES = 64_000;

export function diagnose({ answeredMs, counters, socket, frameMs }: CallFacts): readonly string[] {
  const found: string[] = [];
  if (socket.state === 'reconnecting') found.push(socket.sentence);
  if (answeredMs > NO_PACKETS_MS && counters.packets === 0) {
    found.push(
      'No audio arrives from the phone: no RTP packet since the answer. A firewall between phone' +
        ' and bridge, or a phone that sends to another address, is the usual cause.',
    );
  }
  const sentMs = counters.framesToAgent * frameMs;
  if (socket.state === 'open' && sentMs >= SILENT_AGENT_MS && counters.bytesFromAgent === 0) {
    found.push(
      `The agent accepted ${formatMs(sentMs)} of audio and sent 0 bytes. The bridge is delivering;` +
        ' look at the agent’s own log for its speech recognition and its audio sender.',
    );
  }
  if (counters.socketBacklogBytes > SLOW_SOCKET_BYTES) {
    found.push('The agent does not keep up: it reads slower than the caller speaks.');
  }
  return found;
}
