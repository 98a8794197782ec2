import { expect, it } from 'vitest';
import { shownParameters } from '../../../agent/parameters.ts';

it('shows what an agent is told in its address, and no secret', () => {
  const url =
    'wss://agent.example/ws/1?tenant_id=7&lead_id=a%20b&api_key=k1&access_token=k2&key=k3';
  expect(shownParameters(url)).toEqual({
    tenant_id: '7',
    lead_id: 'a b',
    api_key: '***',
    access_token: '***',
    key: '***',
  });
  expect(shownParameters('ws://agent/ws/1')).toEqual({});
});
