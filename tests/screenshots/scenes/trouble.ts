/** When something is wrong: nobody at the agent's address, a bridge that has stopped, another browser. */
import { freePort } from '../../support/free-port.ts';
import type { Camera } from '../camera.ts';
import { speech } from '../speech.ts';
import { Stage, untilPage } from '../stage.ts';

const NAMES = ['agent-down', 'agent-down-dark', 'bridge-down', 'unsupported'];

export async function troubleScenes(camera: Camera): Promise<void> {
  if (!NAMES.some((name) => camera.wants(name))) return;
  const stage = await Stage.open({ agentUrl: `ws://127.0.0.1:${await freePort()}/ws/voice` });
  try {
    const page = await stage.page('?start', { height: 820 });
    const phone = await stage.phone();
    const call = await phone.call({ to: '1000', play: await speech([1_000]) });
    await call.answered;
    await untilPage(page, 'bridge.calls[0]?.timeline.durationMs > 5000');
    await camera.take('agent-down', page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await camera.take('agent-down-dark', page);
    await page.emulateMedia({ colorScheme: 'light' });
    await call.hangup();
    // As Firefox and Safari are.
    const other = await stage.page('', { height: 720, lacks: 'MediaStreamTrackGenerator' });
    await other.getByText('This browser cannot be the bridge').waitFor();
    await camera.take('unsupported', other);
    await other.close();
    await stage.bridge.stop();
    await untilPage(page, 'bridge.status === undefined');
    await page.setViewportSize({ width: 1_280, height: 700 });
    await camera.take('bridge-down', page);
  } finally {
    await stage.close();
  }
}
