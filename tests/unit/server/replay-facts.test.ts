import { expect, it } from 'vitest';
import { ReplayFacts } from '../../../server/replay-facts.ts';

it('knows of a replay what the page said of it, of the newest ones, and of calls nothing', () => {
  const facts = new ReplayFacts();
  facts.add('call', new URLSearchParams('caller=x'));
  expect(facts.get('call')).toBeUndefined();
  facts.add(
    'replay-1',
    new URLSearchParams({ caller: 'a'.repeat(999), dialled: '1', extension: '' }),
  );
  expect(facts.get('replay-1')).toEqual({
    caller: 'a'.repeat(200),
    dialled: '1',
    extension: 'default',
  });
  for (let i = 2; i < 60; i += 1) {
    facts.add(`replay-${i}`, new URLSearchParams({ caller: 'b', extension: '1001' }));
  }
  expect(facts.get('replay-1')).toBeUndefined();
  expect(facts.get('replay-59')).toMatchObject({ extension: '1001' });
});
