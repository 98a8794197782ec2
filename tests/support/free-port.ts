/**
 * Ports that are free on loopback, for a server that is given its port on the command line or is to come
 * back on the one it had. None is of the range from which systems deal out ports by themselves (32768 and
 * up on Linux, 49152 and up elsewhere), so that between the choice and its use no socket of anybody's
 * gets it by chance; nor of those that tests give to media engines.
 */
import { createSocket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const FIRST = 10_000;
const LAST = 18_999;
const HOST = '127.0.0.1';

/** A port free for both TCP and UDP, as SIP needs it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST + 1);
    if ((await isFreeTcp(port)) && (await isFreeUdp(port))) return port;
  }
}

function isFreeTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

function isFreeUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, HOST, () => socket.close(() => resolve(true)));
  });
}
