/**
 * What a page gets to know of being hidden: the state, no frames to draw in, timers of a second.
 * A browser without a screen hides no tab by itself, neither behind another one nor minimised
 * (`document.visibilityState` stays `visible`), so that opening another tab would show nothing.
 */
import type { Page } from 'playwright';

export async function hide(page: Page): Promise<void> {
  await page.evaluate(`{
    Object.defineProperty(document, 'hidden', { value: true });
    Object.defineProperty(document, 'visibilityState', { value: 'hidden' });
    globalThis.requestAnimationFrame = () => 0;
    const soon = globalThis.setTimeout;
    globalThis.setTimeout = (act, ms = 0, ...rest) => soon(act, Math.max(ms, 1000), ...rest);
    document.dispatchEvent(new Event('visibilitychange'));
  }`);
}
