/** Log entries on their way out: the lines people read, the JSON machines do, and the file. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { openLog } from '../../../server/log.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function sink() {
  const stream = new PassThrough();
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    lines: () =>
      String(stream.read() ?? '')
        .split('\n')
        .filter((line) => line !== ''),
  };
}

describe('openLog', () => {
  it('writes lines for people, the call named on each', async () => {
    const { stream, lines } = sink();
    const { log } = await openLog({ level: 'info', format: 'text' }, stream);
    log('info', 'answered', { callId: 'a1@phone', ms: 84 });
    log('debug', 'not told');
    const [line, ...others] = lines();
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}answered callId=a1@phone ms=84$/);
    expect(others).toEqual([]);
  });

  it('writes JSON for machines', async () => {
    const { stream, lines } = sink();
    const { log } = await openLog({ level: 'debug', format: 'json' }, stream);
    log('warn', 'no page', { code: 'NO_PAGE', callId: 'a1@phone' });
    expect(lines().map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        code: 'NO_PAGE',
        callId: 'a1@phone',
        msg: 'no page',
      },
    ]);
  });

  it('takes another level while it runs', async () => {
    const { stream, lines } = sink();
    const { log, setLevel } = await openLog({ level: 'error', format: 'text' }, stream);
    log('info', 'before');
    setLevel('debug');
    log('debug', 'after');
    expect(lines()).toEqual([expect.stringContaining('debug after')]);
  });

  it('keeps a copy in a file, complete once it is closed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bridge-log-'));
    folders.push(folder);
    const { stream } = sink();
    const file = join(folder, 'logs', 'bridge.log');
    const { log, close } = await openLog({ level: 'info', format: 'text', file }, stream);
    for (let index = 0; index < 100; index += 1) log('info', 'line', { index });
    await close();
    const [name = ''] = readdirSync(join(folder, 'logs'));
    const kept = readFileSync(join(folder, 'logs', name), 'utf8')
      .trim()
      .split('\n');
    expect(kept.map((line) => (JSON.parse(line) as { index: number }).index)).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    );
  });

  it('says which file cannot be written', async () => {
    const { stream } = sink();
    await expect(
      openLog({ level: 'info', format: 'text', file: '/dev/null/logs/x.log' }, stream),
    ).rejects.toMatchObject({
      code: 'BAD_CONFIG',
      message: /^log\.file \/dev\/null\/logs\/x\.log: /,
    });
  });
});
