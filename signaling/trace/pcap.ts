/**
 * Traced messages as a capture file that Wireshark, tshark and sngrep open as SIP. Each becomes one
 * UDP packet between the true addresses; TCP and WebSocket messages too, since a stream would need
 * sequence numbers and handshakes that were never seen here.
 */
import { pcapHeader, pcapRecord } from '../../rtpengine/pcap.ts';
import type { TraceEntry } from './ring.ts';

export function pcapOf(entries: readonly TraceEntry[]): Buffer {
  return Buffer.concat([
    pcapHeader(),
    ...entries.map(({ at, direction, local, remote, text }) => {
      const [source, target] = direction === 'in' ? [remote, local] : [local, remote];
      return pcapRecord({ at, source, target, payload: Buffer.from(text) });
    }),
  ]);
}
