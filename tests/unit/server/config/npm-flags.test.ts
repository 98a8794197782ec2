import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../server/config/load.ts';
import { root } from '../../../../server/root.ts';

const load =
  (environment: NodeJS.ProcessEnv, ...argv: string[]) =>
  () =>
    loadConfig({ argv, environment, folder: `${root}/tests` });

describe('flags that npm has kept for itself', () => {
  it('are refused with the way that works, instead of a start without them', () => {
    // npm start --agent ws://x, as npm.ps1 leaves it of npm start -- --agent ws://x
    const environment = { npm_lifecycle_event: 'start', npm_config_agent: 'true' };
    expect(load(environment, 'ws://x')).toThrow('PowerShell takes that away');
    expect(load(environment)).toThrow('write npm.cmd start -- --agent');
    const doctor = { npm_lifecycle_event: 'doctor', npm_config_sip_port: '5070' };
    expect(load(doctor)).toThrow('npm.cmd run doctor -- --sip-port');
    const lan = { npm_lifecycle_event: 'start', npm_config_long: 'true', npm_config_all: 'true' };
    expect(load(lan)).toThrow('npm has kept --lan for itself');
  });

  it('are none where npm is set up as usual, or has no part in it', () => {
    const usual = { npm_lifecycle_event: 'start', npm_config_cache: '/x', npm_config_noproxy: '' };
    expect(load(usual)).not.toThrow();
    expect(load({ npm_config_port: '80' })).not.toThrow();
  });
});
