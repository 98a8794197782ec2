/** A UDP socket that only holds a port: it proves that the port is free and keeps it so. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** Rejects with EADDRINUSE and the like when the port cannot be had. */
export async function bindPort(port: number, address: string): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  try {
    const bound = once(socket, 'listening');
    socket.bind({ port, address, exclusive: true });
    await bound;
    return socket;
  } catch (error) {
    await closeSocket(socket);
    throw error;
  }
}

/** Resolves when the port is free again. */
export async function closeSocket(socket: Socket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}
