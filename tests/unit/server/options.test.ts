import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../../common/errors.ts';
import { parseOptions } from '../../../server/options.ts';

describe('parseOptions', () => {
  it('runs everything embedded on loopback without any flag', () => {
    expect(parseOptions([])).toEqual({
      http: { host: '127.0.0.1', port: 8080 },
      sip: { host: '127.0.0.1', port: 5060 },
      rtpPorts: { min: 30000, max: 30199 },
      agentOutput: { encoding: 'auto', sampleRate: 16000 },
      ringMs: 0,
      verbose: false,
    });
  });

  it('reads the addresses of external servers and of the agent', () => {
    expect(
      parseOptions([
        '--drachtio',
        '[::1]:9022:cymru',
        '--rtpengine',
        '192.0.2.1:22222',
        '--agent',
        'wss://agent.example/api/v1/ws/voice/',
        '--agent-query',
        '?tenant_id=1&campaign_id=2',
        '--agent-output',
        'f32le@24000',
      ]),
    ).toMatchObject({
      drachtio: { host: '::1', port: 9022, secret: 'cymru' },
      rtpengine: { host: '192.0.2.1', port: 22222 },
      agent: { url: 'wss://agent.example/api/v1/ws/voice', query: 'tenant_id=1&campaign_id=2' },
      agentOutput: { encoding: 'f32le', sampleRate: 24000 },
    });
  });

  it('speaks the dialect it is told to', () => {
    const flags = ['--agent', 'ws://127.0.0.1:8000/ws', '--dialect', 'twilio-media-streams'];
    expect(parseOptions(flags)).toMatchObject({ agent: { dialect: 'twilio-media-streams' } });
  });

  it.each([
    [['--prot', '1'], "Unknown option '--prot'"],
    [['--port', '70000'], '--port 70000: expected a port from 0 to 65535'],
    [['--sip-port', 'sip'], '--sip-port sip: expected a port'],
    [['--rtp-ports', '5000'], '--rtp-ports 5000: expected'],
    [['--rtp-ports', '5001-5000'], '--rtp-ports 5001-5000: expected'],
    [['--drachtio', '127.0.0.1:9022'], '--drachtio 127.0.0.1:9022: expected HOST:PORT:SECRET'],
    [['--rtpengine', 'localhost'], '--rtpengine localhost: expected HOST:PORT'],
    [['--agent', 'http://x'], '--agent http://x: expected a ws:// or wss:// address'],
    [['--agent', 'ws://x/?a=1'], 'put the query into --agent-query'],
    [['--dialect', 'talky'], '--dialect talky: expected an --agent with it'],
    [
      ['--agent', 'ws://x', '--dialect', 'Talky'],
      '--dialect Talky: expected one of talky, talky-ready, talky-typed, json-base64, twilio-media-streams.',
    ],
    [['--ring-ms', '1s'], '--ring-ms 1s: expected milliseconds'],
    [['--agent-output', 'mp3'], '--agent-output mp3: expected auto, s16le or f32le'],
    [['start'], "Unexpected argument 'start'"],
  ])('%j is a BAD_FLAG that says what was expected', (argv, message) => {
    const parse = () => parseOptions(argv);
    expect(parse).toThrow(BridgeError);
    expect(parse).toThrow(expect.objectContaining({ code: 'BAD_FLAG' }) as Error);
    expect(parse).toThrow(message);
  });
});
