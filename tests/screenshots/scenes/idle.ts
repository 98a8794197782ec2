/** Before the first call: the page alone, in both schemes, and narrow. */
import type { Camera } from '../camera.ts';
import { Stage } from '../stage.ts';

export async function idleScenes(camera: Camera): Promise<void> {
  if (!['idle', 'idle-dark', 'idle-400'].some((name) => camera.wants(name))) return;
  const stage = await Stage.open();
  try {
    const page = await stage.page();
    await page.getByTestId('setup-card').waitFor();
    await camera.take('idle', page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await camera.take('idle-dark', page);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 400, height: 900 });
    await camera.take('idle-400', page);
  } finally {
    await stage.close();
  }
}
