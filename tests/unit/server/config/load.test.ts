/** What a configuration turns into: the layers over each other, and the options made of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../../../server/config/load.ts';
import { printed, settingsOf } from '../../../../server/config/print.ts';
import { configSchema } from '../../../../server/config/schema.ts';
import { template } from '../../../../server/config/template.ts';
import { optionsOf } from '../../../../server/options.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function load(argv: string[], environment: NodeJS.ProcessEnv = {}, yaml?: string): LoadedConfig {
  if (yaml !== undefined) writeFileSync(join(folder, 'bridge.yaml'), yaml);
  const loaded = loadConfig({ argv, environment, folder });
  if (loaded === 'help') throw new Error('help');
  return loaded;
}

describe('loadConfig', () => {
  it('runs everything embedded on loopback without any setting', () => {
    expect(optionsOf(load([]).config)).toMatchObject({
      http: { host: '127.0.0.1', port: 8080 },
      sip: { host: '127.0.0.1', port: 5060 },
      rtpPorts: { min: 30000, max: 30199 },
      ringMs: 0,
      log: { level: 'info' },
    });
    expect(Object.keys(optionsOf(load([]).config))).not.toContain('auth');
  });

  it('reads the addresses of external servers and of the agent from flags', () => {
    const { config } = load([
      ...['--drachtio', '[::1]:9022:cymru', '--rtpengine', '192.0.2.1:22222'],
      ...['--agent', 'wss://agent.example/api/v1/ws/voice/'],
      ...['--agent-query', '?tenant_id=1&campaign_id=2', '--agent-output', 'f32le@24000'],
      ...['--ring-ms', '1500', '--auth', 'agent001:a:b', '-v'],
    ]);
    expect(optionsOf(config)).toMatchObject({
      drachtio: { host: '::1', port: 9022, secret: 'cymru' },
      rtpengines: [{ host: '192.0.2.1', port: 22222 }],
      agent: {
        url: 'wss://agent.example/api/v1/ws/voice',
        query: { tenant_id: '1', campaign_id: '2' },
        output: { encoding: 'f32le', sampleRate: 24000 },
      },
      ringMs: 1500,
      auth: { realm: 'bridge', users: new Map([['agent001', 'a:b']]) },
      log: { level: 'debug' },
    });
  });

  it('reads files as Windows writes them: UTF-16 of PowerShell’s >, a mark before UTF-8, CRLF', () => {
    const yaml =
      'agent:\r\n  query: lead_id=Müller\r\n  headers: { X-Key: "${file:secret.txt}" }\r\n';
    const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le');
    writeFileSync(join(folder, 'secret.txt'), utf16('s3cret\r\n'));
    for (const bytes of [utf16(yaml), Buffer.from(`\ufeff${yaml}`)]) {
      writeFileSync(join(folder, 'bridge.yaml'), bytes);
      expect(load([]).config.agent).toMatchObject({
        query: 'lead_id=Müller',
        headers: { 'X-Key': 's3cret' },
      });
    }
  });

  it('reads extensions, the numbers before the patterns', () => {
    const { config } = load(
      [],
      {},
      'extensions:\n  2xxx: {page: anna}\n  "/^agent/": {phone: "{dialled}", no_answer: 20}\n  "1001":\n  default: {}\n',
    );
    expect(optionsOf(config).extensions).toEqual([
      { key: '1001', to: { kind: 'page' } },
      { key: '2xxx', to: { kind: 'page', user: 'anna' } },
      { key: '/^agent/', to: { kind: 'phone', user: '{dialled}' }, ringMs: 20_000 },
      { key: 'default', to: { kind: 'page' } },
    ]);
  });

  it('gives an extension an agent that differs in what it says', () => {
    const { config } = load(
      [],
      {},
      'agent: {url: "ws://127.0.0.1:8000/ws", query: tenant_id=1}\n' +
        'extensions:\n  "1002": {agent: {query: "campaign_id=2&phone_number={caller}", output: {encoding: f32le, sample_rate: 24000}}}\n  "1003": {}\n',
    );
    expect(optionsOf(config).agents).toEqual({
      '1002': {
        query: { campaign_id: '2', phone_number: '{caller}' },
        output: { encoding: 'f32le', sampleRate: 24_000 },
      },
    });
  });

  it('puts flags before the environment, the environment before the file, and says so', () => {
    const loaded = load(
      ['--port', '1'],
      { BRIDGE_HTTP_PORT: '2', BRIDGE_SIP_SERVER_PORT: '2', PATH: '/bin' },
      'http: {port: 3}\nsip:\n  server:\n    port: 3\n    host: 127.0.0.3\n',
    );
    expect(loaded.config.http.port).toBe(1);
    expect(loaded.config.sip.server).toMatchObject({ host: '127.0.0.3', port: 2 });
    expect(loaded.whereFrom(['http', 'port'])).toBe('--port');
    expect(loaded.whereFrom(['sip', 'server', 'port'])).toBe(
      'BRIDGE_SIP_SERVER_PORT (environment)',
    );
    expect(loaded.whereFrom(['sip', 'server', 'host'])).toBe('bridge.yaml:5:5');
    expect(loaded.whereFrom(['http', 'host'])).toBe('default');
  });

  it('takes secrets from the environment and from files, and prints none of them', () => {
    writeFileSync(join(folder, 'password.txt'), 'from-a-file\n');
    const loaded = load(
      [],
      { SECRET: 'from-env', QUERY: 'tenant_id=7' },
      'sip: {auth: {enabled: true, users: {anna: "${env:SECRET}", ben: "${file:password.txt}", carl: in-the-file}}}\n' +
        'agent:\n  query: ${env:QUERY}\n',
    );
    expect(loaded.config.sip.auth.users).toEqual({
      anna: 'from-env',
      ben: 'from-a-file',
      carl: 'in-the-file',
    });
    expect(loaded.config.agent.query).toBe('tenant_id=7');
    const text = printed(loaded);
    expect(text).not.toMatch(/from-env|from-a-file|in-the-file|tenant_id=7/);
    expect(settingsOf(loaded)).toContainEqual({
      key: 'sip.auth.users.anna',
      value: '******',
      from: 'bridge.yaml:1:37',
    });
  });

  it('reads the file it is told to, by flag or variable', () => {
    writeFileSync(join(folder, 'other.yaml'), 'http: {port: 4}\n');
    expect(load(['--config', 'other.yaml']).config.http.port).toBe(4);
    expect(load([], { BRIDGE_CONFIG: 'other.yaml' }).config.http.port).toBe(4);
  });

  it('takes an empty file and empty sections for what they are', () => {
    expect(load([], {}, '').config).toEqual(load([], {}, 'sip:\nagent:\n  output:\n').config);
  });

  it('writes a template that changes nothing, and means the defaults when uncommented', () => {
    expect(load([], {}, template()).config).toEqual(configSchema.parse({}));
    const uncommented = template()
      .split('\n')
      .filter((line) => !/^# (Configuration|Secrets)/.test(line))
      .map((line) => line.replace(/^# /, ''))
      .join('\n');
    expect(
      load([], {}, uncommented.replace(/^(drachtio|rtpengine):\n( .*\n)*/gm, '')).config,
    ).toEqual(configSchema.parse({}));
  });
});
