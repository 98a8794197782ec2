/** Whether all is ready for a call, said before it comes. */
import { expect, test } from 'vitest';
import { BridgeError } from '../../../common/errors.ts';
import { readinessOf, type ReadinessFacts } from '../../../web/bridge/readiness.ts';

const READY: ReadinessFacts = {
  registration: { state: 'registered', sentence: 'Registered.' },
  unsupported: undefined,
  isSecure: true,
  hasScriptTransform: true,
  report: {
    ok: true,
    findings: [
      { check: 'Agent', result: 'pass', message: 'there' },
      { check: 'Page', result: 'warn', message: 'none', code: 'NO_PAGE', todo: 'Open it.' },
    ],
  },
};

function shown(facts: Partial<ReadinessFacts>): string[] {
  return readinessOf({ ...READY, ...facts }).map(({ check, result, code }) =>
    [result, check, code].filter(Boolean).join(' '),
  );
}

test('the page’s own checks and the bridge’s; of itself the page knows more', () => {
  expect(shown({})).toEqual([
    'pass This page',
    'pass Secure context',
    'pass Script transforms',
    'pass Agent',
  ]);
  expect(shown({ report: undefined })).toHaveLength(3);
});

test('what is wrong comes first, the worst of it before the rest', () => {
  const unsupported = new BridgeError('BROWSER_UNSUPPORTED', 'No X.');
  expect(shown({ registration: { state: 'idle', sentence: '' }, unsupported })).toEqual([
    'fail Browser BROWSER_UNSUPPORTED',
    'pass Secure context',
    'pass Agent',
  ]);
  expect(shown({ isSecure: false, hasScriptTransform: false }).slice(0, 2)).toEqual([
    'fail Secure context BROWSER_UNSUPPORTED',
    'warn Script transforms BROWSER_OLD',
  ]);
  expect(shown({ registration: { state: 'failed', sentence: 'Refused.' } })[0]).toBe(
    'fail This page NO_PAGE',
  );
});

test('everything that is not well says what to do', () => {
  for (const state of ['idle', 'connecting', 'failed'] as const) {
    const findings = readinessOf({
      ...READY,
      registration: { state, sentence: 's' },
      isSecure: false,
      hasScriptTransform: false,
    });
    for (const { result, todo, code } of findings) {
      if (result !== 'pass') expect([todo, code]).not.toContain(undefined);
    }
  }
});
