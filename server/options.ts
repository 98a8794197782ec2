/** The command line of `start` → typed options, or a BAD_FLAG that names what is wrong. */
import { parseArgs } from 'node:util';
import { DIALECT_NAMES, isDialectName } from '../agent/dialects/registry.ts';
import type { DialectName } from '../common/api.ts';
import { badFlag, BridgeError, messageOf } from '../common/errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface BridgeOptions {
  readonly http: Address;
  readonly sip: Address;
  /** UDP ports of the phone's legs, for the embedded engine. */
  readonly rtpPorts: { readonly min: number; readonly max: number };
  /** External servers; undefined = the embedded ones. */
  readonly drachtio?: Address & { readonly secret: string };
  readonly rtpengine?: Address;
  /** External agent; undefined = the built-in demo agent. */
  readonly agent?: {
    readonly url: string;
    readonly query: string;
    /** `talky` unless told. */
    readonly dialect?: DialectName;
  };
  readonly agentOutput: {
    readonly encoding: 'auto' | 's16le' | 'f32le';
    readonly sampleRate: number;
  };
  /** How long the page lets a call ring. */
  readonly ringMs: number;
  /** What phones must log in as; undefined = as anybody. */
  readonly auth?: { readonly user: string; readonly password: string };
  readonly verbose: boolean;
}

const FLAGS = {
  port: { type: 'string', default: '8080' },
  host: { type: 'string', default: '127.0.0.1' },
  'sip-port': { type: 'string', default: '5060' },
  'rtp-ports': { type: 'string', default: '30000-30199' },
  drachtio: { type: 'string' },
  rtpengine: { type: 'string' },
  agent: { type: 'string' },
  'agent-query': { type: 'string', default: '' },
  dialect: { type: 'string' },
  'agent-output': { type: 'string', default: 'auto@16000' },
  'ring-ms': { type: 'string', default: '0' },
  auth: { type: 'string' },
  verbose: { type: 'boolean', short: 'v', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

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
  --rtp-ports MIN-MAX     RTP ports of the embedded media engine (default 30000-30199)
  --drachtio H:P:SECRET   use a drachtio server instead of the embedded one
  --rtpengine H:P         use an rtpengine instead of the embedded one
  -v, --verbose           log for developers of the bridge
  -h, --help              this text
`;

/** @throws BridgeError BAD_FLAG */
export function parseOptions(argv: readonly string[]): BridgeOptions | 'help' {
  let values;
  try {
    ({ values } = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: false }));
  } catch (error) {
    throw new BridgeError('BAD_FLAG', `${messageOf(error)}. See --help.`);
  }
  if (values.help) return 'help';
  if (values.dialect !== undefined && values.agent === undefined) {
    throw badFlag(
      '--dialect',
      values.dialect,
      'an --agent with it (the built-in agent speaks talky)',
    );
  }
  const host = values.host;
  return {
    http: { host, port: portOf('--port', values.port) },
    sip: { host, port: portOf('--sip-port', values['sip-port']) },
    rtpPorts: rangeOf('--rtp-ports', values['rtp-ports']),
    ...(values.drachtio !== undefined && { drachtio: drachtioOf(values.drachtio) }),
    ...(values.rtpengine !== undefined && {
      rtpengine: addressOf('--rtpengine', values.rtpengine),
    }),
    ...(values.agent !== undefined && {
      agent: {
        url: agentUrlOf(values.agent),
        query: queryOf(values['agent-query']),
        dialect: dialectNameOf(values.dialect ?? 'talky'),
      },
    }),
    agentOutput: outputOf(values['agent-output']),
    ringMs: ringOf(values['ring-ms']),
    ...(values.auth !== undefined && { auth: authOf(values.auth) }),
    verbose: values.verbose,
  };
}

function portOf(flag: string, value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : NaN;
  if (!(port <= 65535)) throw badFlag(flag, value, 'a port from 0 to 65535 (0 = any free one)');
  return port;
}

function rangeOf(flag: string, value: string): { min: number; max: number } {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(value);
  const range = { min: Number(match?.[1]), max: Number(match?.[2]) };
  if (!(range.min > 0 && range.max > range.min && range.max <= 65535)) {
    throw badFlag(flag, value, 'MIN-MAX with room for a pair of ports, e.g. 30000-30199');
  }
  return range;
}

function ringOf(value: string): number {
  if (!/^\d{1,5}$/.test(value)) throw badFlag('--ring-ms', value, 'milliseconds from 0 to 99999');
  return Number(value);
}

/** A password may hold colons, a user cannot. */
function authOf(value: string): { user: string; password: string } {
  const match = /^([^:]+):(.+)$/.exec(value);
  // The value holds a password, so it is not repeated.
  if (!match?.[1] || !match[2]) throw badFlag('--auth', '…', 'USER:PASSWORD, e.g. agent001:secret');
  return { user: match[1], password: match[2] };
}

/** Splits off the last colon, so that [::1]:5060 works as well as 127.0.0.1:5060. */
function addressOf(flag: string, value: string): Address {
  const match = /^\[?([^\]]+?)\]?:(\d+)$/.exec(value);
  if (!match?.[1] || !match[2]) throw badFlag(flag, value, 'HOST:PORT, e.g. 127.0.0.1:22222');
  return { host: match[1], port: portOf(flag, match[2]) };
}

function drachtioOf(value: string): Address & { secret: string } {
  const match = /^(.+:\d+):([^:]+)$/.exec(value);
  if (!match?.[1] || !match[2]) {
    throw badFlag('--drachtio', value, 'HOST:PORT:SECRET, e.g. 127.0.0.1:9022:cymru');
  }
  return { ...addressOf('--drachtio', match[1]), secret: match[2] };
}

function agentUrlOf(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'ws:' && url?.protocol !== 'wss:') {
    throw badFlag('--agent', value, 'a ws:// or wss:// address');
  }
  if (url.search || url.hash) {
    throw badFlag('--agent', value, 'an address without a query; put the query into --agent-query');
  }
  return value.replace(/\/+$/, '');
}

function dialectNameOf(value: string): DialectName {
  if (!isDialectName(value))
    throw badFlag('--dialect', value, `one of ${DIALECT_NAMES.join(', ')}`);
  return value;
}

function queryOf(value: string): string {
  return value.replace(/^\?/, '');
}

function outputOf(value: string): BridgeOptions['agentOutput'] {
  const match = /^(auto|s16le|f32le)(?:@(8000|16000|24000|48000))?$/.exec(value);
  if (!match) {
    throw badFlag(
      '--agent-output',
      value,
      'auto, s16le or f32le, with @8000, @16000, @24000 or @48000',
    );
  }
  return {
    encoding: match[1] as 'auto' | 's16le' | 'f32le',
    sampleRate: Number(match[2] ?? 16000),
  };
}
