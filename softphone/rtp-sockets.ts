/**
 * The even port for RTP and the odd one above it for RTCP (RFC 3550 section 11), bound together or
 * not at all. A port given by the caller is taken as it is; else the system picks, and odd picks or
 * taken neighbours are tried again.
 */
import { createSocket, type Socket } from 'node:dgram';
import { BridgeError, messageOf } from '../common/errors.ts';

const ATTEMPTS = 50;

export interface RtpSockets {
  readonly rtp: Socket;
  readonly rtcp: Socket;
  readonly port: number;
}

export async function bindRtpSockets(host: string, port?: number): Promise<RtpSockets> {
  let reason: unknown;
  for (let attempt = 0; attempt < (port === undefined ? ATTEMPTS : 1); attempt += 1) {
    try {
      const rtp = await bind(host, port ?? 0);
      const bound = rtp.address().port;
      if (port === undefined && bound % 2 !== 0) {
        await closeSocket(rtp);
        continue;
      }
      try {
        return { rtp, rtcp: await bind(host, bound + 1), port: bound };
      } catch (error) {
        await closeSocket(rtp);
        throw error;
      }
    } catch (error) {
      reason = error;
    }
  }
  throw new BridgeError(
    'PORT_IN_USE',
    port === undefined
      ? `No pair of UDP ports for RTP could be bound on ${host}: ${messageOf(reason)}. Is it an address of this machine?`
      : `RTP ports ${port} and ${port + 1} on ${host} cannot be bound: ${messageOf(reason)}. Leave the port out to have one picked.`,
    { cause: reason },
  );
}

export function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch {
      // Closed before.
      resolve();
    }
  });
}

/** Addresses are numeric here: skipping the resolver sends in the same turn of the event loop. */
function numeric(
  hostname: string,
  _options: unknown,
  done: (error: null, address: string, family: number) => void,
): void {
  done(null, hostname, 4);
}

function bind(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', lookup: numeric });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind(port, host, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}
