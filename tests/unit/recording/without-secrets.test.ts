import { expect, it } from 'vitest';
import type { AgentProfile, PageConfig } from '../../../common/api.ts';
import { withoutSecrets } from '../../../recording/without-secrets.ts';

it('leaves out what the page logs in with and what an address may hold of credentials', () => {
  const agent = { name: 'wss://me:hunter2@agent.example/ws?token=hunter2' } as AgentProfile;
  const config = {
    version: '1',
    sip: {
      user: 'page',
      domain: 'bridge',
      path: '/sip',
      login: { user: 'p', password: 'hunter2' },
    },
    agent,
    agents: { 1001: agent },
  } as unknown as PageConfig;
  const text = JSON.stringify(withoutSecrets(config));
  expect(text).not.toContain('hunter2');
  expect(text).toContain('wss://***@agent.example/ws?***');
  expect(text).toContain('"user":"page"');
});
