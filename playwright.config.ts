/**
 * End-to-end tests: a real softphone, the bridge as `npm start` runs it, a real browser. Each test
 * runs once per media engine; the projects differ in nothing else.
 */
import { defineConfig } from 'playwright/test';
import { BROWSER_ARGS, findBrowser } from './server/browser.ts';
import type { EngineOption } from './tests/e2e/fixtures.ts';

const executablePath = findBrowser();

export default defineConfig<EngineOption>({
  testDir: 'tests/e2e',
  // They catch what hangs, and nothing that is slow.
  timeout: 400_000,
  expect: { timeout: 60_000 },
  // Calls are measured against a clock; two at a time on a small machine would measure each other.
  workers: 1,
  forbidOnly: Boolean(process.env['CI']),
  reporter: [['list']],
  use: {
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      args: [...BROWSER_ARGS],
    },
  },
  projects: [
    { name: 'embedded', use: { engine: 'embedded' } },
    { name: 'rtpengine', use: { engine: 'rtpengine' } },
  ],
});
