/** A call with the demo agent: questions, answers, one of them interrupted, a key, a hold. */
import type { Camera } from '../camera.ts';
import { speech } from '../speech.ts';
import { Stage, untilPage } from '../stage.ts';

const NAMES = [
  'in-call',
  'in-call-dark',
  'in-call-400',
  'timeline',
  'timeline-dark',
  'spectrogram',
  'turn-table',
];

export async function callScenes(camera: Camera): Promise<void> {
  if (!NAMES.some((name) => camera.wants(name))) return;
  const stage = await Stage.open();
  try {
    const page = await stage.page();
    const phone = await stage.phone();
    const call = await phone.call({ to: '1000', play: await speech([2_500, 7_000, 3_000]) });
    await call.answered;
    await untilPage(page, 'bridge.calls[0]?.timeline.entries.some((e) => e.kind === "barge-in")');
    await call.sendDtmf('5');
    await untilPage(
      page,
      'bridge.calls[0].timeline.turns.filter((t) => t.latencyMs !== undefined).length >= 3 &&' +
        ' bridge.calls[0].timeline.entries.some((e) => e.kind === "dtmf")',
    );
    await camera.take('in-call', page);
    await page.emulateMedia({ colorScheme: 'dark' });
    await camera.take('in-call-dark', page);
    await camera.take('timeline-dark', page, page.locator('timeline-view'));
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByTestId('fit-button').click();
    await page.getByTestId('timeline').hover({ position: { x: 300, y: 128 } });
    await camera.take('timeline', page, page.locator('timeline-view'));
    await page.getByTestId('spectrogram-button').click();
    await camera.take('spectrogram', page, page.locator('timeline-view'));
    await camera.take('turn-table', page, page.locator('turn-table'));
    await page.getByTestId('spectrogram-button').click();
    await page.setViewportSize({ width: 400, height: 900 });
    await camera.take('in-call-400', page);
    await call.hangup();
  } finally {
    await stage.close();
  }
}
