/**
 * The flags of `start` as a configuration layer. A flag is for what people change from day to day;
 * everything else has its key in `bridge.yaml`.
 */
import { parseArgs } from 'node:util';
import { DIALECT_NAMES } from '../../agent/dialects/registry.ts';
import { badFlag, BridgeError, messageOf } from '../../common/errors.ts';
import { dotted } from './problems.ts';
import { place, type Layer, type Path, type Tree } from './layer.ts';

/** What one flag sets: each path with its value. */
type Settings = readonly (readonly [path: string, value: unknown])[];

/** @throws BridgeError BAD_FLAG for a text that does not have the parts the flag needs. */
type Reader = (text: string) => Settings;

/** Flags without a value. */
const SWITCHES: Readonly<Record<string, Settings>> = {
  verbose: [['log.level', 'debug']],
  lan: [['http.lan', true]],
  'no-auth': [['sip.auth.enabled', false]],
  'sip-tls': [['sip.server.tls.enabled', true]],
};

const number = (text: string): unknown => (/^\d+(\.\d+)?$/.test(text) ? Number(text) : text);

const VALUES: Readonly<Record<string, Reader>> = {
  port: (text) => [['http.port', number(text)]],
  host: (text) => [
    ['http.host', text],
    ['sip.server.host', text],
  ],
  'sip-port': (text) => [['sip.server.port', number(text)]],
  'rtp-ports': (text) => {
    const { groups } = /^(?<start>\d+)-(?<end>\d+)$/.exec(text) ?? {};
    if (!groups) throw badFlag('--rtp-ports', text, 'MIN-MAX, e.g. 30000-30199');
    return [
      ['sip.rtp.port_range_start', Number(groups['start'])],
      ['sip.rtp.port_range_end', Number(groups['end'])],
    ];
  },
  drachtio: (text) => {
    const match = /^(.+:\d+):([^:]+)$/.exec(text);
    if (!match?.[1])
      throw badFlag('--drachtio', '…', 'HOST:PORT:SECRET, e.g. 127.0.0.1:9022:cymru');
    return [...address('drachtio', '--drachtio', match[1]), ['drachtio.secret', match[2]]];
  },
  rtpengine: (text) => {
    const [first = '', ...others] = text.split(',');
    for (const other of others) address('rtpengine', '--rtpengine', other);
    return [
      ...address('rtpengine', '--rtpengine', first),
      ...(others.length > 0 ? ([['rtpengine.others', others]] as const) : []),
    ];
  },
  agent: (text) => [['agent.url', text]],
  'agent-query': (text) => [['agent.query', text]],
  dialect: (text) => [['agent.dialect', text]],
  'agent-output': (text) => {
    const [encoding, rate] = text.split('@');
    return [
      ['agent.output.encoding', encoding],
      ...(rate === undefined ? [] : ([['agent.output.sample_rate', number(rate)]] as const)),
    ];
  },
  // People think of a ring in seconds and of a delay in milliseconds: this one came first.
  'ring-ms': (text) => {
    const ms = number(text);
    return [['sip.timeouts.ring', typeof ms === 'number' ? ms / 1000 : text]];
  },
  auth: (text) => {
    const match = /^([^:]+):(.+)$/.exec(text);
    // The value holds a password, so it is not repeated.
    if (!match?.[1]) throw badFlag('--auth', '…', 'USER:PASSWORD, e.g. agent001:secret');
    return [
      ['sip.auth.enabled', true],
      [`sip.auth.users.${match[1]}`, match[2]],
    ];
  },
};

/** Every flag by its name. */
export const FLAG_NAMES: readonly string[] = [...Object.keys(VALUES), ...Object.keys(SWITCHES)];

export const HELP = `Usage: npm start -- [flags]

Dial your voice agent from a softphone; a page in Chrome answers and shows the call.

  --agent URL             the agent's endpoint, e.g. ws://127.0.0.1:8000/api/v1/ws/voice
                          (default: the built-in demo agent, which repeats what you say)
  --agent-query QUERY     its query, e.g. "tenant_id=1&campaign_id=2&lead_id=3"
  --dialect NAME          how it is spoken to (default talky): ${DIALECT_NAMES.slice(0, 3).join(', ')},
                          ${DIALECT_NAMES.slice(3).join(', ')}
  --agent-output ENC@HZ   what it sends: auto, s16le or f32le at a rate (default auto@16000)
  --ring-ms N             let it ring before the page answers (default 0)
  --auth USER:PASSWORD    what phones must log in with (default: anything)
  --port N                the page (default 8080)
  --sip-port N            SIP over UDP and TCP (default 5060)
  --host ADDRESS          where everything listens (default 127.0.0.1)
  --lan                   open it to private networks: page by HTTPS with a one-time token,
                          a password for phones (made and printed unless --auth is given)
  --no-auth               phones need no password, even with --lan
  --sip-tls               SIP over TLS as well, on port 5061 (with --lan it always is)
  --rtp-ports MIN-MAX     RTP ports of the embedded media engine (default 30000-30199)
  --drachtio H:P:SECRET   use a drachtio server instead of the embedded one
  --rtpengine H:P[,H:P]   use an rtpengine, or several, instead of the embedded one
  --config FILE           the configuration file (default: bridge.yaml here, if there is one)
  --json                  one JSON object when it runs instead of the text; no keys
  -v, --verbose           log for developers of the bridge
  -h, --help              this text

Flags go before the environment, the environment before the file. "config" shows and checks it all.

Exit codes: 0 stopped, 1 it could not start, 2 the flags or the configuration are wrong, 130 a second Ctrl-C.
`;

export interface Flags extends Layer {
  /** The configuration file asked for. */
  readonly file?: string;
}

/** @throws BridgeError BAD_FLAG */
export function parseFlags(argv: readonly string[]): Flags | 'help' {
  let given;
  try {
    given = parseArgs({
      args: [...argv],
      options: {
        ...Object.fromEntries(
          Object.keys(VALUES).map((name) => [name, { type: 'string' }] as const),
        ),
        config: { type: 'string' },
        ...Object.fromEntries(
          Object.keys(SWITCHES).map((name) => [name, { type: 'boolean' }] as const),
        ),
        verbose: { type: 'boolean', short: 'v' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: false,
    }).values;
  } catch (error) {
    throw new BridgeError('BAD_FLAG', `${messageOf(error)}. See --help.`);
  }
  if (given.help === true) return 'help';
  let values: Tree = {};
  const flagOf = new Map<string, string>();
  for (const [flag, text] of Object.entries(given)) {
    const settings: Settings =
      typeof text === 'string' ? (VALUES[flag]?.(text) ?? []) : (SWITCHES[flag] ?? []);
    for (const [path, value] of settings) {
      values = place(path.split('.'), value, values);
      flagOf.set(path, flag);
    }
  }
  const file = given.config;
  return {
    values,
    where: (path: Path) => `--${flagOf.get(dotted(path)) ?? 'flags'}`,
    ...(typeof file === 'string' && { file }),
  };
}

/** Splits off the last colon, so that [::1]:5060 works as well as 127.0.0.1:5060. */
function address(section: string, flag: string, text: string): Settings {
  const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(text);
  if (!match?.[1]) throw badFlag(flag, text, 'HOST:PORT, e.g. 127.0.0.1:22222');
  return [
    [`${section}.host`, match[1]],
    [`${section}.port`, Number(match[2])],
  ];
}
