/** What is wrong with the page for people who see, hear or move otherwise, or at another width. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const NARROW = [1_024, 400] as const;

/** What axe finds, in words: everything in light, and in dark what the other colours change. */
export async function violations(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const axe = new AxeBuilder({ page });
    const { violations } = await (
      colorScheme === 'light' ? axe.withTags(TAGS) : axe.withRules(['color-contrast'])
    ).analyze();
    for (const { id, help, nodes } of violations) {
      const where = nodes.map(({ target }) => JSON.stringify(target)).join(' ');
      found.push(`${colorScheme}: ${id} (${help}) at ${where}`);
    }
  }
  return found;
}

/** Widths at which the page has to be moved sideways to be read. */
export async function tooWide(page: Page): Promise<string[]> {
  const found: string[] = [];
  const before = page.viewportSize();
  for (const width of NARROW) {
    await page.setViewportSize({ width, height: 800 });
    const over = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    if (over > 0) found.push(`${width} px: ${over} px too wide`);
  }
  if (before !== null) await page.setViewportSize(before);
  return found;
}
