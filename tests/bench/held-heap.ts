/**
 * What a process of Node still holds after a collection, in MB. Resident memory says little of a leak:
 * it is as much as V8 has found convenient. Asked by the inspector, which SIGUSR1 starts; the process needs
 * `--inspect-port=0`, so that it takes any port.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { BridgeProcess } from '../support/bridge-process.ts';
import { until } from './stage.ts';

const ADDRESS = /Debugger listening on (ws:\S+)/;

export async function heldHeap(bridge: BridgeProcess): Promise<number> {
  const address = () => ADDRESS.exec(bridge.output)?.[1];
  if (address() === undefined) process.kill(bridge.pid, 'SIGUSR1');
  await until('the inspector listens', () => address() !== undefined);
  const socket = new WebSocket(address() ?? '');
  await once(socket, 'open');
  const ask = async (id: number, method: string): Promise<string> => {
    socket.send(JSON.stringify({ id, method }));
    const [answer] = (await once(socket, 'message')) as [Buffer];
    return answer.toString();
  };
  await ask(1, 'HeapProfiler.collectGarbage');
  const usage = JSON.parse(await ask(2, 'Runtime.getHeapUsage')) as {
    result: { usedSize: number };
  };
  socket.close();
  return usage.result.usedSize / 1e6;
}
