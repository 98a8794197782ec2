import { expect, test } from 'vitest';
import { help, parseBenchOptions } from '../../bench/options.ts';

const KNOWN = ['latency', 'setup', 'sip'];

test('without flags: every suite, both engines', () => {
  expect(parseBenchOptions([], KNOWN)).toEqual({
    suites: KNOWN,
    engines: ['embedded', 'rtpengine'],
    seconds: 10,
  });
});

test('suites run in the order of the registry, whatever the order of --only', () => {
  const argv = ['--only', 'sip, latency', '--engine', 'embedded', '--seconds', '5'];
  expect(parseBenchOptions([...argv, '--calls', '9', '--json', 'out.json'], KNOWN)).toEqual({
    suites: ['latency', 'sip'],
    engines: ['embedded'],
    seconds: 5,
    calls: 9,
    json: 'out.json',
  });
});

test('a suite of minutes runs on request only', () => {
  expect(parseBenchOptions([], KNOWN, ['setup'])).toMatchObject({ suites: ['latency', 'sip'] });
  expect(parseBenchOptions(['--only', 'setup'], KNOWN, ['setup'])).toMatchObject({
    suites: ['setup'],
  });
});

test.each([
  [['--only', 'latncy'], /no such suite.*latency, setup, sip/],
  [['--engine', 'asterisk'], /embedded, rtpengine or both/],
  [['--seconds', '0'], /from 1 to 600/],
  [['--seconds', '1e9'], /from 1 to 600/],
  [['--calls', 'many'], /--calls/],
  [['--fast'], /--fast/],
])('%j is refused with a reason', (argv, reason) => {
  expect(() => parseBenchOptions(argv, KNOWN)).toThrow(reason);
});

test('--help names every suite', () => {
  expect(parseBenchOptions(['--only', 'x', '-h'], KNOWN)).toBe('help');
  expect(help(new Map(KNOWN.map((name) => [name, `about ${name}`])))).toContain('about setup');
});
