/**
 * Every key of `bridge.yaml`: its type, its default and a sentence about it. Files, environment and
 * flags are all checked against this one schema, and what `config init` and `config schema` print
 * is made from it, so a key exists nowhere else.
 *
 * Keys are in snake_case, as people know them from the configuration files of SIP servers.
 */
import { z } from 'zod';
import { CAPTURE_MODES } from '../../common/api.ts';
import { patternOf } from '../../signaling/extensions.ts';
import { CODEC_NAMES } from '../../signaling/sdp.ts';
import { DIALECT_NAMES } from '../../agent/dialects/registry.ts';

const port = z.int().min(0).max(65535);
const host = z.string().min(1);
const seconds = z.int().min(1).max(86_400);
const secret = z.string().min(1).meta({ secret: true });
/**
 * Sections may be left out as a whole: their defaults come from the keys in them. That each key of
 * a section has one cannot be said in its type; the first parse of an empty file would tell.
 */
const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape).prefault({} as never);

const webSocketUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^wss?:$/.test(new URL(text).protocol),
    'expected a ws:// or wss:// address',
  )
  .refine(
    (text) => !URL.canParse(text) || (!new URL(text).search && !new URL(text).hash),
    'expected an address without a query; put that into agent.query',
  )
  .transform((text) => text.replace(/\/+$/, ''));

const sip = section({
  server: section({
    host: host.default('127.0.0.1').describe('Address SIP and RTP of the phones are served on.'),
    port: port.default(5060).describe('SIP over UDP and TCP; 0 takes any free port.'),
    transport: z
      .enum(['both', 'udp', 'tcp'])
      .default('both')
      .describe('What phones may come by, beside TLS.'),
    tls: section({
      enabled: z
        .boolean()
        .optional()
        .describe('SIP over TLS for phones that want it; left out: where http.lan is.'),
      port: port.default(5061).describe('Its port.'),
    }),
  }),
  auth: section({
    enabled: z
      .boolean()
      .optional()
      .describe('Whether phones must give a password; left out: where http.lan is.'),
    realm: z.string().min(1).default('bridge').describe('Realm of the digest challenge.'),
    users: z.record(z.string(), secret).default({}).describe('user: password, as many as needed.'),
    algorithms: z
      .array(z.enum(['SHA-256', 'MD5']))
      .min(1)
      .default(['MD5'])
      .describe('Digest offered to phones, the best first; with SHA-256, some know no way in.'),
    nonce_lifetime: z.int().min(1).default(300).describe('Seconds a challenge is good for.'),
  }),
  registrar: section({
    min_expires: seconds.default(10).describe('Seconds; who asks for less is told so (423).'),
    default_expires: seconds.default(300).describe('Granted to who asks for none.'),
    max_expires: seconds.default(3600).describe('The most that is granted.'),
    file: z
      .string()
      .min(1)
      .default('.bridge/registrations.json')
      .describe('Keeps registrations over a restart of the bridge; none keeps nothing.'),
    options_interval: z
      .int()
      .min(0)
      .max(86_400)
      .default(30)
      .describe('Seconds between two OPTIONS that ask a phone whether it is there; 0 asks none.'),
  }),
  codecs: z
    .array(z.enum(CODEC_NAMES))
    .min(1)
    .optional()
    .describe('PCMU, PCMA, G722, opus by preference; left out: PCMU, PCMA in the phone’s order.'),
  rtp: section({
    port_range_start: port.min(1).default(30000).describe('First UDP port of the phones’ RTP.'),
    port_range_end: port.default(30199).describe('Last one; each call takes two.'),
    webrtc_port: port
      .min(1)
      .optional()
      .describe('One UDP port for all pages; left out: each call takes two more of the range.'),
    other_host: host
      .optional()
      .describe('Address of the other family (IPv6 beside IPv4) for phones that have only that.'),
    advertised: section({
      phone: host.optional().describe('Address phones are told in place of the host.'),
      page: host.optional().describe('Address pages are told in place of the host.'),
    }),
    dtmf_payload_type: z
      .int()
      .min(96)
      .max(127)
      .default(101)
      .describe('Understood for other servers’ files; each call settles it itself (RFC 4733).'),
    inactivity: z
      .number()
      .min(0)
      .default(0)
      .describe(
        'Seconds without RTP from the phone after which a call is ended; 0 never ends one.',
      ),
  }),
  calls: section({
    per_page: z
      .int()
      .min(1)
      .max(100)
      .default(4)
      .describe('Calls a page takes at a time; beyond: 486.'),
    reach: z
      .array(host)
      .default([])
      .describe('Hosts, or host:port, that pages may dial besides registered phones.'),
  }),
  on_page_lost: z
    .enum(['bye', 'notice'])
    .default('bye')
    .describe(
      'A page is closed or crashes in a call: hang up at once, or say so to the phone first.',
    ),
  audio: section({
    capture: z
      .enum(CAPTURE_MODES)
      .default('auto')
      .describe('How the page takes the caller’s voice out of the connection.'),
    sample_rate: z
      .literal([8000, 16000])
      .default(8000)
      .describe('16000 prefers wideband (opus, G722) where sip.codecs does not choose.'),
  }),
  timeouts: section({
    registration: seconds.optional().describe('Instead of sip.registrar.default_expires.'),
    session: z
      .int()
      .min(90)
      .max(86_400)
      .default(1800)
      .describe('Seconds in which a phone that is called refreshes its session (RFC 4028).'),
    rtp_inactivity: z.number().min(0).optional().describe('Instead of sip.rtp.inactivity.'),
    no_answer: z
      .number()
      .min(1)
      .max(300)
      .default(60)
      .describe('Seconds something rings before the caller is told that nobody answers.'),
    ring: z
      .number()
      .min(0)
      .max(99)
      .default(0)
      .describe('Seconds the page lets a call ring before it answers.'),
  }),
});

const http = section({
  host: host.default('127.0.0.1').describe('Address the page is served on.'),
  port: port.default(8080).describe('Port of the page; 0 takes any free one.'),
  lan: z
    .boolean()
    .default(false)
    .describe(
      'Opens page, SIP and RTP to private networks: HTTPS, a token, a password for phones.',
    ),
  certificate: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file for HTTPS and SIP over TLS; left out: mkcert’s or a self-signed one.'),
  key: z.string().min(1).optional().describe('PEM file of its key.'),
  folder: z
    .string()
    .min(1)
    .default('.bridge')
    .describe('Keeps the certificate, the page’s key and the password made for phones.'),
});

/** What can be said of an agent, and of the one of a single extension: there without defaults. */
const agentKeys = {
  url: webSocketUrl.describe(
    'Endpoint of the agent, without the call’s id; left out: the built-in demo agent.',
  ),
  query: z
    .string()
    .transform((text) => text.replace(/^\?/, ''))
    .describe('Its query, such as tenant_id=1&campaign_id=2&phone_number={caller}.'),
  dialect: z.enum(DIALECT_NAMES).describe('How it is spoken to.'),
  headers: z
    .record(z.string(), secret)
    .describe('Headers of the connection, such as Authorization: Bearer ….'),
  frame_ms: z
    .number()
    .min(10)
    .max(1000)
    .describe('Milliseconds of the caller’s voice in one frame.'),
  direct: z.boolean().describe('The page connects to the agent by itself; without headers then.'),
  early_connect: z
    .boolean()
    .describe('Connect while the phone still rings; false waits for the answer.'),
  when_down: z
    .enum(['notice', 'reject'])
    .describe('An agent that is not there: the caller hears a notice, or gets 503.'),
  ca: z
    .string()
    .min(1)
    .describe('PEM file of the authority of its certificate (wss), beside the system’s.'),
  ping_seconds: z
    .number()
    .min(0)
    .max(3600)
    .describe('How often it is asked for a sign of life; 0 never.'),
};

const agentOutput = {
  encoding: z
    .enum(['auto', 's16le', 'f32le'])
    .describe('Samples the agent sends; auto tells the two apart.'),
  sample_rate: z
    .literal([8000, 16000, 24000, 48000])
    .describe('Their rate in Hz. Nothing in the audio tells it, so it has to be right here.'),
};

const agent = section({
  url: agentKeys.url.optional(),
  query: agentKeys.query.default(''),
  dialect: agentKeys.dialect.default('talky'),
  headers: agentKeys.headers.default({}),
  frame_ms: agentKeys.frame_ms.default(20),
  direct: agentKeys.direct.default(false),
  early_connect: agentKeys.early_connect.default(true),
  when_down: agentKeys.when_down.default('notice'),
  ca: agentKeys.ca.optional(),
  ping_seconds: agentKeys.ping_seconds.default(20),
  output: section({
    encoding: agentOutput.encoding.default('auto'),
    sample_rate: agentOutput.sample_rate.default(16000),
  }),
});

const extension = z
  .strictObject({
    page: z.string().min(1).optional().describe('Only pages registered under this name.'),
    phone: z
      .string()
      .min(1)
      .optional()
      .describe('A registered phone; {dialled} stands for the number that was dialled.'),
    agent: z
      .strictObject({ ...agentKeys, output: z.strictObject(agentOutput) })
      .partial()
      .optional()
      .describe(
        'Where the agent of this extension differs; single query parameters and headers too.',
      ),
    no_answer: z.number().min(1).max(300).optional().describe('Instead of sip.timeouts.no_answer.'),
  })
  .refine(
    ({ page, phone }) => page === undefined || phone === undefined,
    'expected a page or a phone, not both',
  );

const extensionKey = z
  .string()
  .refine(
    (key) => !/^\/.*\/$/.test(key) || patternOf(key) !== undefined,
    'is not a regular expression',
  );

const extensions = z
  .record(extensionKey, extension)
  .default({})
  .describe(
    'What a dialled number means: 1001, 2xxx (x = any digit), /^9/ (a regular expression) or default.',
  );

const external = {
  host: host.describe('Where it listens.'),
  port: port.min(1),
};

const drachtio = z
  .strictObject({ ...external, port: external.port.default(9022), secret })
  .optional()
  .describe('A drachtio server to use instead of the embedded one.');

const rtpengine = z
  .strictObject({
    ...external,
    port: external.port.default(22222),
    others: z
      .array(z.string().regex(/^\S+:\d{1,5}$/, 'expected HOST:PORT, e.g. 10.0.0.5:22222'))
      .default([])
      .describe('More rtpengines as HOST:PORT; calls are dealt out to those that answer.'),
  })
  .optional()
  .describe('An rtpengine to use instead of the embedded media engine.');

const recording = section({
  dir: z
    .string()
    .min(1)
    .optional()
    .describe('Every call is recorded into this folder; left out: none is.'),
  format: z
    .enum(['wav', 'pcap'])
    .default('wav')
    .describe('wav: caller left, called side right. pcap: the packets, for Wireshark.'),
  page: z
    .enum(['off', 'on'])
    .default('off')
    .describe('on: the page keeps every call in the browser, to play, send on and replay.'),
  page_limit_mb: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1024)
    .describe('Megabytes the page keeps at most; the oldest recordings go first.'),
});

const log = section({
  level: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('debug tells every SIP message.'),
  format: z
    .enum(['text', 'json'])
    .default('text')
    .describe('On standard error: lines for people, or JSON.'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe('Also into this file, as JSON; a new one every 10 MB, five are kept.'),
});

export const configSchema = z
  .strictObject({ sip, http, agent, extensions, drachtio, rtpengine, recording, log })
  .superRefine((config, context) => {
    const { port_range_start: start, port_range_end: end } = config.sip.rtp;
    if (end <= start) {
      context.addIssue({
        code: 'custom',
        path: ['sip', 'rtp', 'port_range_end'],
        message: `expected a port above port_range_start (${start}): a call takes a pair of them`,
      });
    }
    const { min_expires: min, default_expires: usual, max_expires: max } = config.sip.registrar;
    if (!(min <= usual && usual <= max)) {
      context.addIssue({
        code: 'custom',
        path: ['sip', 'registrar', 'default_expires'],
        message: `expected min_expires (${min}) ≤ default_expires (${usual}) ≤ max_expires (${max})`,
      });
    }
    const { registration } = config.sip.timeouts;
    if (registration !== undefined && !(min <= registration && registration <= max)) {
      context.addIssue({
        code: 'custom',
        path: ['sip', 'timeouts', 'registration'],
        message: `expected at least min_expires (${min}) and at most max_expires (${max})`,
      });
    }
    if (config.agent.url === undefined && config.agent.dialect !== 'talky') {
      context.addIssue({
        code: 'custom',
        path: ['agent', 'dialect'],
        message: 'expected an agent.url with it, for the built-in agent speaks talky',
      });
    }
    if ((config.http.certificate === undefined) !== (config.http.key === undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['http', config.http.key === undefined ? 'key' : 'certificate'],
        message: 'expected both http.certificate and http.key, or neither',
      });
    }
    const hasNoUsers = Object.keys(config.sip.auth.users).length === 0;
    // On a network a password is made where none is given.
    if (config.sip.auth.enabled && hasNoUsers && !config.http.lan) {
      context.addIssue({
        code: 'custom',
        path: ['sip', 'auth', 'users'],
        message: 'expected at least one user when enabled is true, e.g. agent001: secret',
      });
    }
  });

export type Config = z.output<typeof configSchema>;

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** For editors, and for everything here that has to know the keys. */
export function jsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-7' });
}
