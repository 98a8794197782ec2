import { expect, test } from 'vitest';
import { distribution, single } from '../../bench/result.ts';
import { table } from '../../bench/table.ts';

test('a block per suite, numbers flush right, the goal and whether it was reached', () => {
  const figures = [
    distribution(
      { suite: 'setup', name: 'INVITE', unit: 'ms', bounds: [{ of: 'p95', atMost: 250 }] },
      [100, 200],
    ),
    distribution({ suite: 'setup', name: 'packet', unit: 'ms' }, [7]),
    single(
      { suite: 'sip', name: 'calls', unit: '/s', bounds: [{ of: 'value', atLeast: 100 }] },
      99,
    ),
  ];
  expect(table(figures)).toBe(`
setup     engine  n  p50  p95  p99  max  value  unit  goal
  INVITE  -       2  200  200  200  200         ms    p95 ≤ 250  ok
  packet  -       1    7    7    7    7         ms

sip       engine  n  p50  p95  p99  max  value  unit  goal
  calls   -       1                         99  /s    ≥ 100      MISSED
`);
});

test('nothing measured is an empty table', () => {
  expect(table([])).toBe('');
});
