/**
 * The connection to drachtio breaks in a call, and the server goes on: whoever is in the call is hung
 * up on, and the next call is served.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { testDrachtio } from '../../support/drachtio.ts';
import { text, unique } from '../drachtio/peer.ts';
import { Scene } from './scene.ts';

/** Between the application and the server: a connection that can be cut. */
class Relay {
  readonly #server = createServer((socket) => this.#pass(socket));
  readonly #target: { host: string; port: number };
  readonly #sockets = new Set<Socket>();

  constructor(target: { host: string; port: number }) {
    this.#target = target;
  }

  async open(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #pass(near: Socket): void {
    const far = connect(this.#target);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}

let relay: Relay;
let scene: Scene;

beforeEach(async () => {
  const drachtio = await testDrachtio();
  relay = new Relay(drachtio.admin);
  const port = await relay.open();
  scene = await Scene.start({ drachtio: { ...drachtio.admin, port } }, drachtio);
});
afterEach(async () => {
  await scene.close();
  await relay.close();
});

/** What the server answers to a request outside calls. */
async function asked(method: string): Promise<number> {
  const callId = unique('asked');
  scene.phone.send(text(scene.phone, method, { callId }));
  const answer = await scene.phone.next((m) => m.kind === 'response' && m.callId === callId);
  return answer.kind === 'response' ? answer.status : 0;
}

it('the phone and the page get BYE, the media is released, and the next call is served', async () => {
  const page = await scene.page();
  const { call, leg } = await scene.answered(page);
  relay.cut();
  await Promise.all([call.asked('BYE'), leg.request('BYE')]);
  await scene.gone();
  expect(scene.signaling.endedCalls[0]).toMatchObject({ reason: 'drachtio was lost' });
  await expect.poll(() => scene.signaling.drachtio.state).toBe('connected');
  // Connected is not yet served: what is asked for has to be said to the server once more.
  await expect.poll(() => asked('OPTIONS')).toBe(200);
  const next = await scene.answered(page);
  next.call.request('BYE');
  await next.leg.request('BYE');
  await expect.poll(() => scene.signaling.calls).toEqual([]);
});
