/** When the bridge says that it would carry a call. */
import { describe, expect, it } from 'vitest';
import type { PartStatus, Status } from '../../../common/api.ts';
import { readinessOf } from '../../../server/http/health.ts';

const well: PartStatus = { kind: 'embedded', address: 'x', ok: true };
const down: PartStatus = {
  kind: 'external',
  address: 'x',
  ok: false,
  problem: { code: 'RTPENGINE_UNREACHABLE', message: 'It does not answer.' },
};
const status = (over: Partial<Status>): Status => ({
  version: '0',
  registrations: [],
  phones: [],
  calls: [],
  engines: { drachtio: well, rtpengine: well },
  agent: well,
  ...over,
});

describe('readinessOf', () => {
  it('needs both engines', () => {
    expect(readinessOf(status({}))).toEqual({ ready: true, problems: [], pages: 0 });
    expect(readinessOf(status({ engines: { drachtio: well, rtpengine: down } }))).toEqual({
      ready: false,
      problems: ['RTPENGINE_UNREACHABLE: It does not answer.'],
      pages: 0,
    });
  });

  it('tells of an agent that is down, and stays ready', () => {
    expect(readinessOf(status({ agent: down }))).toMatchObject({
      ready: true,
      problems: [expect.stringContaining('does not answer')],
    });
  });
});
