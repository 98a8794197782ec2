/**
 * A call with the demo agent: questions, answers, one of them interrupted, a key. First as it goes on,
 * then as it is kept: recorded, opened again.
 */
import type { Page } from 'playwright';
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
  'network',
  'ladder',
  'ladder-dark',
  'event-log',
  'shortcuts',
  'recording',
  'recording-dark',
  'replay',
  'replay-dark',
];

export async function callScenes(camera: Camera): Promise<void> {
  if (!NAMES.some((name) => camera.wants(name))) return;
  const stage = await Stage.open();
  try {
    const page = await stage.page('?start', { height: 900 });
    const phone = await stage.phone();
    await page.getByTestId('record-all').check();
    const call = await phone.call({ to: '1000', play: await speech([2_500, 7_000, 3_000]) });
    await call.answered;
    await untilPage(page, 'bridge.calls[0]?.timeline.entries.some((e) => e.kind === "barge-in")');
    // In the pause after the third sentence, where nothing else happens.
    await untilPage(page, 'bridge.calls[0].timeline.durationMs > 13_000');
    await call.sendDtmf('5');
    await untilPage(
      page,
      'bridge.calls[0].timeline.durationMs > 19_000 && bridge.calls[0].timeline.turns.filter((t) => t.latencyMs !== undefined).length >= 3 &&' +
        ' bridge.calls[0].timeline.entries.some((e) => e.kind === "dtmf")',
    );
    await liveScenes(camera, page);
    await call.hangup();
    await page.getByTestId('call-card').waitFor({ state: 'detached' });
    await keptScenes(camera, page);
  } finally {
    await stage.close();
  }
}

async function liveScenes(camera: Camera, page: Page): Promise<void> {
  await camera.take('in-call', page);
  await dark(page, true);
  await camera.take('in-call-dark', page);
  await camera.take('timeline-dark', page, page.locator('timeline-view'));
  await dark(page, false);
  await page.getByTestId('fit-button').click();
  await page.getByTestId('timeline').hover({ position: { x: 150, y: 252 } });
  await camera.take('timeline', page, page.locator('timeline-view'));
  await page.getByTestId('spectrogram-button').click();
  await camera.take('spectrogram', page, page.locator('timeline-view'));
  await page.getByTestId('spectrogram-button').click();
  await camera.take('turn-table', page, page.locator('turn-table'));
  await page.getByTestId('network').locator('summary').click();
  await page.locator('[data-testid^="chart-"] canvas').first().waitFor();
  await camera.take('network', page, page.locator('network-charts'));
  await page.getByTestId('network').locator('summary').click();
  await camera.take('event-log', page, page.locator('event-log-view'));
  await page.getByTestId('ladder-button').click();
  await page.getByTestId('rung').first().click();
  const ladder = page.getByTestId('ladder-dialog');
  await camera.take('ladder', page, ladder);
  await dark(page, true);
  await camera.take('ladder-dark', page, ladder);
  await dark(page, false);
  await page.keyboard.press('Escape');
  await page.getByTestId('shortcuts-button').click();
  await camera.take('shortcuts', page, page.getByTestId('shortcuts'));
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 400, height: 960 });
  await page.locator('call-card').evaluate(scrollUp);
  await camera.take('in-call-400', page);
  await page.setViewportSize({ width: 1_280, height: 900 });
}

async function keptScenes(camera: Camera, page: Page): Promise<void> {
  await page.getByTestId('recording-open').first().click();
  const bundle = page.getByTestId('bundle-view');
  await bundle.getByTestId('turns').waitFor();
  await bundle.scrollIntoViewIfNeeded();
  await camera.take('recording', page, bundle);
  await dark(page, true);
  await camera.take('recording-dark', page, bundle);
  await dark(page, false);
  if (!camera.wants('replay') && !camera.wants('replay-dark')) return;
  // Its caller once more, at the pace of the call, and both side by side.
  await bundle.getByTestId('replay-button').click();
  await page.getByTestId('comparison').waitFor();
  await page.getByTestId('turn-pair').first().waitFor();
  await page.setViewportSize({ width: 1_280, height: 800 });
  await page.getByTestId('comparison').evaluate(scrollUp);
  await camera.take('replay', page);
  await dark(page, true);
  await camera.take('replay-dark', page);
  await dark(page, false);
}

function scrollUp(element: { scrollIntoView(): void }): void {
  element.scrollIntoView();
}

function dark(page: Page, on: boolean): Promise<void> {
  return page.emulateMedia({ colorScheme: on ? 'dark' : 'light' });
}
