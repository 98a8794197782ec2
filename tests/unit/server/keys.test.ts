/** Keys in a terminal: each press does its one thing, and no press while the last is at work. */
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { listenForKeys } from '../../../server/keys.ts';

function terminal() {
  const raw: boolean[] = [];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => raw.push(on),
  }) as unknown as NodeJS.ReadStream & PassThrough;
  const output = new PassThrough();
  const press = async (keys: string) => {
    input.write(keys);
    await turn();
  };
  return {
    input,
    output: output as unknown as NodeJS.WriteStream,
    raw,
    press,
    text: () => String(output.read() ?? ''),
  };
}

describe('listenForKeys', () => {
  it('does what each key is for, lists them at h and ignores the others', async () => {
    const { input, output, raw, press, text } = terminal();
    const done: string[] = [];
    const keys = listenForKeys(input, output, {
      o: { what: 'open the page', do: () => done.push('open') },
      q: { what: 'quit', do: () => done.push('quit') },
    });
    expect(text()).toContain('press h for help');
    await press('oxo');
    await press('h');
    expect(text()).toBe('  o  open the page\n  q  quit\n  h  this help\n\n');
    await press('q');
    expect(done).toEqual(['open', 'quit']);
    keys?.close();
    await press('o');
    expect(done).toHaveLength(2);
    expect(raw).toEqual([true, false]);
  });

  it('does one thing at a time, and survives one that fails', async () => {
    const { input, output, press, text } = terminal();
    let finish: (() => void) | undefined;
    let started = 0;
    const work = () => {
      started += 1;
      return new Promise<void>((_resolve, reject) => {
        finish = () => reject(new Error('no page is open'));
      });
    };
    listenForKeys(input, output, { d: { what: 'dial', do: work } });
    await press('d');
    await press('d');
    expect(started).toBe(1);
    finish?.();
    await turn();
    expect(text()).toContain('no page is open');
    await press('d');
    expect(started).toBe(2);
  });

  it('reads nothing without a terminal', () => {
    const input = Object.assign(new PassThrough(), { isTTY: false });
    const { output } = terminal();
    expect(listenForKeys(input as unknown as NodeJS.ReadStream, output, {})).toBeUndefined();
    expect(input.listenerCount('data')).toBe(0);
  });
});
