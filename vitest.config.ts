import { defineConfig } from 'vitest/config';

/**
 * Unit tests are pure and quick; integration tests open sockets and start real servers. The limits
 * catch what hangs, and nothing that is slow.
 */
const PATIENCE = {
  testTimeout: 120_000,
  hookTimeout: 120_000,
  expect: { poll: { timeout: 60_000 } },
};

export default defineConfig({
  test: {
    projects: [
      { test: { ...PATIENCE, name: 'unit', include: ['tests/unit/**/*.test.ts'] } },
      {
        test: {
          ...PATIENCE,
          name: 'integration',
          include: ['tests/integration/**/*.test.ts'],
          fileParallelism: false,
        },
      },
    ],
  },
});
