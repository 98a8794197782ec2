import { describe, expect, test } from 'vitest';
import { Call, type Names, type Pair } from '../../../rtpengine/embedded/call.ts';

const offered = (call: Call, names: Names): Pair => call.pairOfOffer(names, 0);

describe('who a command is about', () => {
  test('an offer makes two parties, an answer names the second', () => {
    const call = new Call('c', 0);
    const { from, to } = offered(call, { fromTag: 'a' });
    expect(call.pairOfAnswer({ fromTag: 'a', toTag: 'b' })).toEqual({ from, to });
    expect([from.tag, to.tag, from.peer, to.peer]).toEqual(['a', 'b', to, from]);
    expect(call.parties).toEqual([from, to]);
  });

  test('re-offers find them again, from either side', () => {
    const call = new Call('c', 0);
    const { from, to } = offered(call, { fromTag: 'a' });
    call.pairOfAnswer({ fromTag: 'a', toTag: 'b' });
    expect(offered(call, { fromTag: 'a', toTag: 'b' })).toEqual({ from, to });
    expect(offered(call, { fromTag: 'b', toTag: 'a' })).toEqual({ from: to, to: from });
    expect(call.pairOfAnswer({ fromTag: 'b', toTag: 'a' })).toEqual({ from: to, to: from });
    expect(call.parties).toHaveLength(2);
  });

  test('every branch has a callee of its own, and the same one again', () => {
    const call = new Call('c', 0);
    const one = offered(call, { fromTag: 'a', viaBranch: '1' });
    const two = offered(call, { fromTag: 'a', viaBranch: '2' });
    expect(two.from).toBe(one.from);
    expect(two.to).not.toBe(one.to);
    expect(offered(call, { fromTag: 'a', viaBranch: '1' }).to).toBe(one.to);
    expect(call.pairOfAnswer({ fromTag: 'a', toTag: 'b', viaBranch: '1' })?.to).toBe(one.to);
    expect(one.from.peer).toBe(one.to);
    // Who has answered stays the one the caller hears while it rings elsewhere.
    offered(call, { fromTag: 'a', viaBranch: '3' });
    expect(one.from.peer).toBe(one.to);
  });

  test('a callee whose tag nobody has named may still answer', () => {
    const call = new Call('c', 0);
    const { to } = offered(call, { fromTag: 'a' });
    call.pairOfAnswer({ fromTag: 'a', toTag: 'b' });
    expect(call.pairOfAnswer({ fromTag: 'a', toTag: 'other' })?.to).toBe(to);
    expect(call.pairOfAnswer({ fromTag: 'nobody', toTag: 'b' })).toBeUndefined();
  });

  test.each<[string, Names, string]>([
    ['no name ends everybody', {}, 'a b c'],
    ['a branch ends its callee', { fromTag: 'a', viaBranch: '1' }, 'b'],
    ['a callee by its tag', { fromTag: 'a', toTag: 'c' }, 'c'],
    ['the caller, and who has nobody left', { fromTag: 'a' }, 'a b c'],
    ['a stranger ends nobody', { fromTag: 'x' }, ''],
    ['nor does a stranger who names somebody', { fromTag: 'x', toTag: 'b' }, ''],
    ['nor a stranger who is named', { fromTag: 'a', toTag: 'x' }, ''],
  ])('delete: %s', (_, names, ended) => {
    const call = new Call('c', 0);
    for (const [viaBranch, toTag] of [
      ['1', 'b'],
      ['2', 'c'],
    ]) {
      offered(call, { fromTag: 'a', viaBranch });
      call.pairOfAnswer({ fromTag: 'a', toTag, viaBranch });
    }
    const tags = call.partiesOfDelete(names).map(({ tag }) => tag);
    expect(tags.sort().join(' ')).toBe(ended);
  });

  test('the last callee takes the caller along', () => {
    const call = new Call('c', 0);
    const { from, to } = offered(call, { fromTag: 'a', viaBranch: '1' });
    expect(call.partiesOfDelete({ fromTag: 'a', viaBranch: '1' })).toEqual([to, from]);
    // Deleted before its tag was known.
    expect(call.partiesOfDelete({ fromTag: 'a', toTag: 'late' })).toEqual([from, to]);
  });
});
