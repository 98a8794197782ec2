/**
 * What it costs that the agent's socket goes through the bridge: the same frames at the same pace on a
 * socket of their own and on one through /ws/voice, both ways, in turn. Added is what a frame through
 * the bridge takes longer than the median of those that go straight.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { BridgeProcess } from '../../support/bridge-process.ts';
import { TestAgent } from '../../support/test-agent.ts';
import { distribution } from '../result.ts';
import { Stack } from '../stage.ts';
import type { BenchRun, Figure, Suite } from '../suite.ts';

const FRAME = new Uint8Array(640);
const FRAME_MS = 20;
/** The first frames meet code that was never run. */
const WARM_UP = 50;

export const passThrough: Suite = {
  name: 'pass-through',
  onlyOnRequest: true,
  what: 'what the bridge adds between page and agent, both ways',
  run: async ({ seconds, say }: BenchRun, report: (figure: Figure) => void) => {
    const stack = new Stack();
    try {
      const agent = await TestAgent.start();
      stack.push(() => agent.close());
      const bridge = await BridgeProcess.start({ agentUrl: agent.url });
      stack.push(() => bridge.stop());
      const urls = {
        straight: `${agent.url}/straight`,
        through: `${bridge.url.replace('http', 'ws')}/ws/voice/through`,
      };
      say(`frames for ${seconds} s, straight and through the bridge`);
      const { up, down } = await measure(agent, urls, (seconds * 1000) / FRAME_MS, stack);
      const about = { suite: 'pass-through', unit: 'ms' };
      for (const [name, { straight, through }] of [
        ['page → agent', up],
        ['agent → page', down],
      ] as const) {
        report(distribution({ ...about, name: `${name}, straight` }, straight));
        report(distribution({ ...about, name: `${name}, through the bridge` }, through));
        const floor = median(straight);
        const bounds = [{ of: 'p95', atMost: 0.5 } as const];
        const added = through.map((ms) => ms - floor);
        report(distribution({ ...about, name: `${name}, added`, bounds }, added));
      }
    } finally {
      await stack.close();
    }
  },
};

type Ways = Record<'straight' | 'through', number[]>;

async function measure(
  agent: TestAgent,
  urls: Readonly<Record<keyof Ways, string>>,
  frames: number,
  stack: Stack,
): Promise<{ up: Ways; down: Ways }> {
  const up: Ways = { straight: [], through: [] };
  const down: Ways = { straight: [], through: [] };
  const lines = [];
  for (const way of ['straight', 'through'] as const) {
    const page = new WebSocket(urls[way], { perMessageDeflate: false });
    stack.push(async () => {
      page.terminate();
      await once(page, 'close');
    });
    const session = await agent.session();
    if (page.readyState !== WebSocket.OPEN) await once(page, 'open');
    const sentUp: number[] = [];
    const sentDown: number[] = [];
    page.on('message', () => down[way].push(performance.now() - (sentDown.shift() ?? NaN)));
    lines.push({ way, page, session, sentUp, sentDown });
  }
  // In turn, half a frame's time apart: each frame has the machine to itself.
  for (let n = 0; n < frames; n += 1) {
    for (const { page, session, sentUp, sentDown } of lines) {
      sentUp.push(performance.now());
      page.send(FRAME);
      await delay(FRAME_MS / 4);
      sentDown.push(performance.now());
      session.send(FRAME);
      await delay(FRAME_MS / 4);
    }
  }
  await delay(200);
  for (const { way, session, sentUp } of lines) {
    session.times.forEach((at, n) => up[way].push(at - (sentUp[n] ?? NaN)));
  }
  for (const times of [up.straight, up.through, down.straight, down.through]) {
    times.splice(0, WARM_UP);
  }
  return { up, down };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}
