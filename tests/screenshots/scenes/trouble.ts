/** When something is wrong: nobody at the agent's address, and a bridge that has stopped. */
import { freePort } from '../../support/free-port.ts';
import type { Camera } from '../camera.ts';
import { speech } from '../speech.ts';
import { Stage, untilPage } from '../stage.ts';

export async function troubleScenes(camera: Camera): Promise<void> {
  if (!['agent-down', 'bridge-down'].some((name) => camera.wants(name))) return;
  const stage = await Stage.open({ agentUrl: `ws://127.0.0.1:${await freePort()}/ws/voice` });
  try {
    const page = await stage.page('?start', { height: 820 });
    const phone = await stage.phone();
    const call = await phone.call({ to: '1000', play: await speech([1_000]) });
    await call.answered;
    await untilPage(page, 'bridge.calls[0]?.timeline.durationMs > 5000');
    await camera.take('agent-down', page);
    await call.hangup();
    await stage.bridge.stop();
    await untilPage(page, 'bridge.status === undefined');
    await camera.take('bridge-down', page);
  } finally {
    await stage.close();
  }
}
