/** The page's log: bounded, filtered, searched, copied; and what its codes mean. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ERRORS } from '../../../common/errors.ts';
import { EventLog, filterLog, formatLog, logAsJson } from '../../../web/bridge/event-log.ts';
import { errorsPage } from '../../../tools/errors-page.ts';
import { readExplanations } from '../../../web/bridge/explanations.ts';

function logOf(count: number): { readonly log: EventLog; readonly changes: () => number } {
  let changes = 0;
  const log = new EventLog(
    () => (changes += 1),
    () => new Date(0),
  );
  for (let n = 0; n < count; n += 1) log.add('info', `${n}`);
  return { log, changes: () => changes };
}

describe('the log', () => {
  test('keeps the newest thousand entries and copies as text', () => {
    const { log, changes } = logOf(1_010);
    log.add('warn', 'Lost.', { code: 'AGENT_CLOSED', callId: 'a@b' });
    expect(changes()).toBe(1_011);
    expect(log.entries).toHaveLength(1_000);
    expect(formatLog(log.entries.slice(-2))).toBe(
      '1970-01-01T00:00:00.000Z INFO  1009\n' +
        '1970-01-01T00:00:00.000Z WARN  Lost. [AGENT_CLOSED] a@b',
    );
  });

  test('copies as JSON', () => {
    const { log } = logOf(0);
    log.add('error', 'No route.', { code: 'MEDIA_NO_ICE', callId: 'x' });
    expect(JSON.parse(logAsJson(log.entries))).toEqual([
      {
        at: '1970-01-01T00:00:00.000Z',
        level: 'error',
        kind: 'media',
        text: 'No route.',
        code: 'MEDIA_NO_ICE',
        callId: 'x',
      },
    ]);
  });

  test('is filtered by level and kind, and searched in text, code and call', () => {
    const { log } = logOf(0);
    log.add('debug', 'phone → bridge: INVITE', { callId: 'one', kind: 'sip' });
    log.add('info', 'Registered.');
    log.add('info', 'Answered.', { callId: 'one' });
    log.add('warn', 'It is slow.', { callId: 'two', code: 'AGENT_SLOW' });
    log.add('error', 'No DTLS.', { callId: 'two', code: 'MEDIA_NO_DTLS' });
    const shown = (filter: Partial<Parameters<typeof filterLog>[1]>) =>
      filterLog(log.entries, { lowest: 'debug', search: '', ...filter }).map(({ text }) => text);
    expect(shown({ lowest: 'warn' })).toEqual(['It is slow.', 'No DTLS.']);
    expect(shown({ kind: 'sip' })).toEqual(['phone → bridge: INVITE']);
    expect(shown({ kind: 'page' })).toEqual(['Registered.']);
    expect(shown({ kind: 'call' })).toEqual(['Answered.']);
    expect(shown({ kind: 'agent' })).toEqual(['It is slow.']);
    expect(shown({ search: ' agent_S ' })).toEqual(['It is slow.']);
    expect(shown({ search: 'TWO', kind: 'media' })).toEqual(['No DTLS.']);
    expect(shown({ search: 'one', lowest: 'info' })).toEqual(['Answered.']);
  });
});

test('every code is explained from the one table, in plain words', () => {
  const page = new URL('../../../docs/reference/errors.md', import.meta.url);
  const table = readExplanations(readFileSync(page, 'utf8'));
  expect([...table.keys()].toSorted()).toEqual(Object.keys(ERRORS).toSorted());
  for (const { means, todo } of table.values()) {
    expect(means).toMatch(/^[^`*[]+$/);
    expect(todo).toMatch(/^[^`*]+$/);
  }
  expect(table.get('DRACHTIO_REFUSED')).toEqual({
    means:
      'The drachtio server refused the secret. Cause: another --secret in its command or configuration.',
    todo: 'Correct the third part of --drachtio HOST:PORT:SECRET.',
  });
});

test('the error reference of the page has every code, to link to, and no marks left of its source', () => {
  const file = new URL('../../../web/errors.html', import.meta.url);
  const html = errorsPage(readFileSync(file, 'utf8'));
  const ids = [...html.matchAll(/<section id="([a-z_]+)">/g)].map(([, id]) => id);
  expect(ids.toSorted()).toEqual(
    Object.keys(ERRORS)
      .map((code) => code.toLowerCase())
      .toSorted(),
  );
  expect(html).not.toMatch(/`|\*\*|\]\(|<!--/);
  expect(html).toContain(
    '<section id="drachtio_refused"><h2><a href="#drachtio_refused">DRACHTIO_REFUSED</a></h2>' +
      '<p><strong>Means:</strong> the drachtio server refused the secret.</p>' +
      '<p><strong>Cause:</strong> another <code>--secret</code> in its command or configuration.</p>' +
      '<p><strong>Do:</strong> correct the third part of <code>--drachtio HOST:PORT:SECRET</code>.</p></section>',
  );
});
