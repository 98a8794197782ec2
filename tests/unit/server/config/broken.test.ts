/** Broken configurations, each with the whole message a person reads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BridgeError } from '../../../../common/errors.ts';
import { loadConfig } from '../../../../server/config/load.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bridge-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function complaint(yaml: string | undefined, argv: string[], environment: NodeJS.ProcessEnv) {
  if (yaml !== undefined) writeFileSync(join(folder, 'bridge.yaml'), yaml);
  try {
    loadConfig({ argv, environment, folder });
  } catch (error) {
    if (error instanceof BridgeError) return { code: error.code, message: error.message };
    throw error;
  }
  return undefined;
}

describe('a broken bridge.yaml', () => {
  it.each([
    ['http: {prt: 1}', 'bridge.yaml:1:8: there is no key http.prt. Did you mean port?'],
    ['htttp: {}', 'bridge.yaml:1:1: there is no key htttp. Did you mean http?'],
    ['zzz: 1', /^bridge\.yaml:1:1: there is no key zzz\. Known here: sip, http, .*\.$/],
    [
      'sip:\n  server:\n    prot: 5060',
      'bridge.yaml:3:5: there is no key sip.server.prot. Did you mean port?',
    ],
    [
      'sip: {server: {transport: sctp}}',
      'bridge.yaml:1:16: sip.server.transport "sctp": expected both, udp or tcp. Did you mean tcp?',
    ],
    [
      'http: {key: k.pem}',
      'bridge.yaml:1:1: http.certificate: expected both http.certificate and http.key, or neither.',
    ],
    ['http:\n  port: eighty', 'bridge.yaml:2:3: http.port "eighty": expected a number.'],
    ['http: {port: 80.5}', 'bridge.yaml:1:8: http.port 80.5: expected a whole number.'],
    ['http: {port: 70000}', 'bridge.yaml:1:8: http.port 70000: expected at most 65535.'],
    ['http: {port: -1}', 'bridge.yaml:1:8: http.port -1: expected at least 0.'],
    ['http: {host: ""}', 'bridge.yaml:1:8: http.host "": must not be empty.'],
    [
      'http: {host: 127}',
      'bridge.yaml:1:8: http.host 127: expected text (in quotes when it looks like a number).',
    ],
    ['http: 8080', 'bridge.yaml:1:1: http 8080: expected a section with keys of its own.'],
    ['http: [a]', 'bridge.yaml:1:1: http: expected a section with keys of its own.'],
    [
      'sip: {server: x}',
      'bridge.yaml:1:7: sip.server "x": expected a section with keys of its own.',
    ],
    [
      'sip: {auth: {enabled: yes please}}',
      'bridge.yaml:1:14: sip.auth.enabled "yes please": expected true or false.',
    ],
    [
      'sip: {auth: {enabled: true}}',
      'bridge.yaml:1:7: sip.auth.users: expected at least one user when enabled is true, e.g. agent001: secret.',
    ],
    [
      'sip: {auth: {users: {anna: 1234}}}',
      'bridge.yaml:1:22: sip.auth.users.anna: expected text (in quotes when it looks like a number).',
    ],
    [
      'sip: {auth: {users: {anna: ""}}}',
      'bridge.yaml:1:22: sip.auth.users.anna: must not be empty.',
    ],
    ['sip: {auth: {realm: ""}}', 'bridge.yaml:1:14: sip.auth.realm "": must not be empty.'],
    [
      'sip: {rtp: {port_range_start: 0}}',
      'bridge.yaml:1:13: sip.rtp.port_range_start 0: expected at least 1.',
    ],
    [
      'sip: {rtp: {port_range_start: 5000, port_range_end: 4000}}',
      'bridge.yaml:1:37: sip.rtp.port_range_end 4000: expected a port above port_range_start (5000): a call takes a pair of them.',
    ],
    [
      'sip: {timeouts: {session: 30}}',
      'bridge.yaml:1:18: sip.timeouts.session 30: expected at least 90.',
    ],
    [
      'sip: {timeouts: {registration: 5}}',
      'bridge.yaml:1:18: sip.timeouts.registration 5: expected at least min_expires (10) and at most max_expires (3600).',
    ],
    [
      'sip: {timeouts: {rtp_inactivity: -1}}',
      'bridge.yaml:1:18: sip.timeouts.rtp_inactivity -1: expected at least 0.',
    ],
    [
      'sip: {rtp: {dtmf_payload_type: 8}}',
      'bridge.yaml:1:13: sip.rtp.dtmf_payload_type 8: expected at least 96.',
    ],
    [
      'sip: {audio: {sample_rate: 44100}}',
      'bridge.yaml:1:15: sip.audio.sample_rate 44100: expected 8000 or 16000.',
    ],
    [
      'sip: {timeouts: {ring: soon}}',
      'bridge.yaml:1:18: sip.timeouts.ring "soon": expected a number.',
    ],
    [
      'sip: {timeouts: {ring: 100}}',
      'bridge.yaml:1:18: sip.timeouts.ring 100: expected at most 99.',
    ],
    [
      'agent: {url: "http://127.0.0.1:8000"}',
      'bridge.yaml:1:9: agent.url "http://127.0.0.1:8000": expected a ws:// or wss:// address.',
    ],
    [
      'agent: {url: "ws://127.0.0.1:8000/?tenant_id=1"}',
      'bridge.yaml:1:9: agent.url "ws://127.0.0.1:8000/?tenant_id=1": expected an address without a query; put that into agent.query.',
    ],
    [
      'agent: {url: "ws://127.0.0.1", dialect: talky-redy}',
      'bridge.yaml:1:32: agent.dialect "talky-redy": expected talky, talky-ready, talky-typed, json-base64 or twilio-media-streams. Did you mean talky-ready?',
    ],
    [
      'agent: {dialect: json-base64}',
      'bridge.yaml:1:9: agent.dialect "json-base64": expected an agent.url with it, for the built-in agent speaks talky.',
    ],
    [
      'agent: {output: {encoding: mp3}}',
      'bridge.yaml:1:18: agent.output.encoding "mp3": expected auto, s16le or f32le.',
    ],
    [
      'agent: {output: {sample_rate: 44100}}',
      'bridge.yaml:1:18: agent.output.sample_rate 44100: expected 8000, 16000, 24000 or 48000.',
    ],
    [
      'extensions: {"1001": {fone: x}}',
      'bridge.yaml:1:23: there is no key extensions.1001.fone. Did you mean phone?',
    ],
    [
      'extensions: {2xxx: {phone: anna, page: ben}}',
      'bridge.yaml:1:14: extensions.2xxx: expected a page or a phone, not both.',
    ],
    ['extensions: {"/9(/": {}}', 'bridge.yaml:1:14: extensions./9(/: is not a regular expression.'],
    ['sip: {calls: {per_page: 0}}', 'bridge.yaml:1:15: sip.calls.per_page 0: expected at least 1.'],
    [
      'sip: {calls: {reach: pbx.local}}',
      'bridge.yaml:1:15: sip.calls.reach "pbx.local": expected a list, such as [one, two].',
    ],
    ['drachtio: {host: 127.0.0.1}', 'bridge.yaml:1:1: drachtio.secret: missing.'],
    ['rtpengine: {port: 22222}', 'bridge.yaml:1:1: rtpengine.host: missing.'],
    ['rtpengine: {host: x, port: 0}', 'bridge.yaml:1:22: rtpengine.port 0: expected at least 1.'],
    [
      'log: {level: verbose}',
      'bridge.yaml:1:7: log.level "verbose": expected debug, info, warn or error.',
    ],
    [
      'log: {level: inf}',
      'bridge.yaml:1:7: log.level "inf": expected debug, info, warn or error. Did you mean info?',
    ],
    [
      'http: {port: 1}\nhttp: {port: 2}',
      'bridge.yaml:2:1: not valid YAML: Map keys must be unique.',
    ],
    ['http: {port: 1', /^bridge\.yaml:1:15: not valid YAML: /],
    ['http:\n\tport: 1', /^bridge\.yaml:2:1: not valid YAML: /],
    ['- a\n- b', 'bridge.yaml:1:1: expected sections such as sip: and agent:.'],
    ['just words', 'bridge.yaml:1:1: expected sections such as sip: and agent:.'],
    [
      'agent:\n  query: ${env:NOT_SET}',
      'bridge.yaml:2:10: the environment variable NOT_SET is not set, which ${env:NOT_SET} refers to.',
    ],
    ['agent:\n  query: ${file:missing.txt}', /^bridge\.yaml:2:10: \$\{file:missing\.txt\}: ENOENT/],
    [
      'http: {port: "${env:A}", prt: 1}\nagent: {query: "${env:B}"}',
      'bridge.yaml:1:14: the environment variable A is not set, which ${env:A} refers to.\n' +
        'bridge.yaml:2:16: the environment variable B is not set, which ${env:B} refers to.\n' +
        'bridge.yaml:1:26: there is no key http.prt. Did you mean port?',
    ],
    [
      'http: {prt: 1, port: x}',
      'bridge.yaml:1:16: http.port "x": expected a number.\nbridge.yaml:1:8: there is no key http.prt. Did you mean port?',
    ],
  ])('%j says where and what', (yaml, message) => {
    const told = complaint(yaml, [], {});
    expect(told?.code).toBe('BAD_CONFIG');
    if (typeof message === 'string') expect(told?.message).toBe(message);
    else expect(told?.message).toMatch(message);
  });
});

describe('a broken command line or environment', () => {
  it.each([
    [['--prot', '1'], /^Unknown option '--prot'/],
    [['start'], /^Unexpected argument 'start'/],
    [['--port', '70000'], '--port: http.port 70000: expected at most 65535.'],
    [['--sip-port', 'sip'], '--sip-port: sip.server.port "sip": expected a number.'],
    [['--rtp-ports', '5000'], '--rtp-ports 5000: expected MIN-MAX, e.g. 30000-30199.'],
    [
      ['--rtp-ports', '5001-5000'],
      '--rtp-ports: sip.rtp.port_range_end 5000: expected a port above port_range_start (5001): a call takes a pair of them.',
    ],
    [
      ['--drachtio', '127.0.0.1:9022'],
      '--drachtio …: expected HOST:PORT:SECRET, e.g. 127.0.0.1:9022:cymru.',
    ],
    [
      ['--rtpengine', 'localhost'],
      '--rtpengine localhost: expected HOST:PORT, e.g. 127.0.0.1:22222.',
    ],
    [['--agent', 'http://x'], '--agent: agent.url "http://x": expected a ws:// or wss:// address.'],
    [['--auth', 'secret'], '--auth …: expected USER:PASSWORD, e.g. agent001:secret.'],
    [
      ['--dialect', 'talky-ready'],
      '--dialect: agent.dialect "talky-ready": expected an agent.url with it, for the built-in agent speaks talky.',
    ],
    [['--ring-ms', '1s'], '--ring-ms: sip.timeouts.ring "1s": expected a number.'],
    [
      ['--agent-output', 'mp3'],
      '--agent-output: agent.output.encoding "mp3": expected auto, s16le or f32le.',
    ],
  ])('%j is a BAD_FLAG', (argv, message) => {
    const told = complaint(undefined, argv, {});
    expect(told?.code).toBe('BAD_FLAG');
    if (typeof message === 'string') expect(told?.message).toBe(message);
    else expect(told?.message).toMatch(message);
  });

  it.each([
    [
      { BRIDGE_HTTP_PRT: '1' },
      'The environment variable BRIDGE_HTTP_PRT is no setting of the bridge. Did you mean BRIDGE_HTTP_PORT?',
    ],
    [
      { BRIDGE_HTTP_PORT: 'x' },
      'BRIDGE_HTTP_PORT (environment): http.port "x": expected a number.',
    ],
  ])('%j is a BAD_CONFIG', (environment, message) => {
    expect(complaint(undefined, [], environment)).toEqual({ code: 'BAD_CONFIG', message });
  });

  it('names a file that is asked for and not there', () => {
    expect(complaint(undefined, ['--config', 'x.yaml'], {})?.message).toMatch(
      /^There is no file .*x\.yaml\. "config init" writes a bridge\.yaml to start from\.$/,
    );
  });
});
