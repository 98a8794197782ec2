/** The sections `agent`, what the voice agent is, and `extensions`, each of which may differ from it. */
import { z } from 'zod';
import { DIALECT_NAMES } from '../../agent/dialects/registry.ts';
import { patternOf } from '../../signaling/extensions.ts';
import { secret, section } from './kinds.ts';

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

export const agent = section({
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

export const extensions = z
  .record(extensionKey, extension)
  .default({})
  .describe(
    'What a dialled number means: 1001, 2xxx (x = any digit), /^9/ (a regular expression) or default.',
  );
