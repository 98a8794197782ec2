/**
 * The Docker files name the same settings and ports in several places; these tests hold the places
 * together. Whether the containers run is for a machine with Docker to say.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../server/config/load.ts';
import { root } from '../../../server/root.ts';

const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const compose = read('docker-compose.yml');
const guide = read('docs', 'guides', 'docker.md');
const matches = (text: string, pattern: RegExp) =>
  new Set([...text.matchAll(pattern)].map(([, name]) => name));

describe('docker-compose.yml', () => {
  it('takes exactly the settings that .env.example explains, each with its default', () => {
    const explained = matches(read('.env.example'), /^([A-Z_]+=.*)$/gm);
    const taken = matches(compose, /\$\{([A-Z_]+:-[^}]*)\}/g);
    expect([...taken].map((setting) => setting?.replace(':-', '=')).sort()).toEqual(
      [...explained].sort(),
    );
  });

  it('publishes the same few RTP ports inside and out, the ones rtpengine uses', () => {
    const [, outside, inside] = /:(30000-\d+):(30000-\d+)\/udp/.exec(compose) ?? [];
    expect(outside).toBe(inside);
    const [min = 0, max = 0] = (inside ?? '').split('-').map(Number);
    expect(max - min + 1).toBeLessThanOrEqual(40);
    expect(read('rtpengine', 'entrypoint.sh')).toContain(`RTP_PORT_MIN:-${min}`);
    expect(read('rtpengine', 'entrypoint.sh')).toContain(`RTP_PORT_MAX:-${max}`);
    expect(read('rtpengine', 'Dockerfile')).toContain(`${min}-${max}/udp`);
    expect(guide).toContain(`${min} to ${max}`);
  });

  it('pins what it does not build, and publishes the page on loopback only', () => {
    for (const [, image = ''] of compose.matchAll(/image: (.*\/.*)$/gm)) {
      expect(image).toMatch(/:\d+\.\d+\.\d+$/);
    }
    expect(compose).toContain("'127.0.0.1:${HTTP_PORT:-8080}:8080'");
  });

  it('starts the bridges with flags they understand', () => {
    const env: Record<string, string> = {
      DRACHTIO_SECRET: 'secret',
      HTTP_PORT: '8080',
      AGENT_OUTPUT: 'auto@16000',
      AGENT_URL: 'ws://host.docker.internal:8000/api/v1/ws/voice',
      AGENT_QUERY: 'tenant_id=1&lead_id=2',
    };
    const commands = [...compose.matchAll(/cli\.js start ([\s\S]*?)\n {4}command:/g)];
    expect(commands).toHaveLength(2);
    for (const [, flags = ''] of commands) {
      const argv = flags
        .replace(/\$\$\{AGENT_URL:\+(.*)\}/, '$1')
        .replace(/\$\$([A-Z_]+)/g, (_, name: string) => env[name] ?? '')
        .replaceAll('"', '')
        .trim()
        .split(/\s+/);
      expect(loadConfig({ argv, environment: {}, folder: root })).toMatchObject({
        config: {
          drachtio: { port: 9022, secret: 'secret' },
          rtpengine: { port: 22222 },
          agent: { url: env['AGENT_URL'], query: env['AGENT_QUERY'] },
        },
      });
    }
  });
});

describe('Dockerfile', () => {
  it('puts into the image what the package holds, so that no file is named twice', () => {
    const [, build = '', image = ''] = read('Dockerfile').split(/^FROM /m);
    expect(build).toContain('npm pack');
    expect([...image.matchAll(/^COPY (.*)$/gm)].map(([, what]) => what)).toEqual([
      '--from=build /packed .',
    ]);
  });

  it('runs as nobody in particular, from a stage without compilers, and says whether it is well', () => {
    const stages = read('Dockerfile').split(/^FROM /m);
    expect(stages).toHaveLength(3);
    expect(stages[2]).toMatch(/^USER node$/m);
    expect(stages[2]).toContain('HEALTHCHECK');
    expect(stages[2]).not.toMatch(/^RUN/m);
  });
});
