/**
 * The types of the HTTP API (common/) once more as schemas, for the OpenAPI document and for tests that
 * hold real answers against it. The compiler keeps the two in step: a key that is missing here, too
 * many, of another type, or optional in one place only does not compile.
 */
import { z } from 'zod';
import type * as Api from '../../../common/api.ts';
import { CAPTURE_MODES } from '../../../common/api.ts';
import { ERRORS, type ErrorCode } from '../../../common/errors.ts';
import { DIALECT_NAMES } from '../../../agent/dialects/registry.ts';
import type { MediaVerdict, PageConnection } from '../../../rtpengine/diagnosis.ts';
import { callFiguresSchema, turnSchema } from '../../figures/schema.ts';
import type { Readiness } from '../health.ts';
import { object } from './shape.ts';

export const text = z.string();
export const time = z.iso.datetime().describe('ISO 8601, UTC');
export const flag = z.boolean();
const ms = z.number().describe('milliseconds');
export const callId = z.string().describe('Call-ID of the phone’s leg');
export const code = z
  .enum(Object.keys(ERRORS) as ErrorCode[])
  .describe('docs/reference/errors.md says of each what it means and what to do');
export const turn = turnSchema;

export const failure = object<{ code: ErrorCode | 'INTERNAL'; message: string }>({
  code: z.union([code, z.literal('INTERNAL')]),
  message: text.describe('What is wrong and what to do, for a person'),
});

const agentProfile = object<Api.AgentProfile>({
  path: text.describe('At the page’s own origin; the call’s id is appended, URI-encoded'),
  name: text.describe('The agent’s address as a person knows it; demo is the built-in one'),
  dialect: z.enum(DIALECT_NAMES),
  input: object<Api.AgentProfile['input']>({ sampleRate: z.number(), frameMs: ms }),
  output: object<Api.AgentProfile['output']>({
    encoding: z.enum(['auto', 's16le', 'f32le']),
    sampleRate: z.number(),
  }),
  direct: flag.describe('The page connects to the agent by itself'),
  earlyConnect: flag.describe('Connect while the phone still rings'),
});

export const pageConfig = object<Api.PageConfig>({
  version: text,
  sip: object<Api.PageConfig['sip']>({
    user: text,
    domain: text,
    path: text.describe('Of the SIP WebSocket, at the page’s own origin'),
    login: object<Api.PageConfig['sip']['login']>({ user: text, password: text }).describe(
      'What pages log in with; made for this run of the bridge',
    ),
  }),
  phone: object<Api.PageConfig['phone']>({
    server: text,
    domain: text,
    username: text,
    needsPassword: flag,
    transports: z.array(z.enum(['udp', 'tcp'])),
    tlsServer: text.describe('For phones that want SIP over TLS').exactOptional(),
  }).describe('What a person types into the phone'),
  agent: agentProfile,
  agents: z.record(z.string(), agentProfile).describe('Of extensions with an agent of their own'),
  capture: z.enum(CAPTURE_MODES),
  ringMs: ms.describe('How long the page rings before it answers'),
  recording: object<Api.PageConfig['recording']>({
    automatic: flag.describe('Every call is kept in the browser'),
    limitMb: z.number().describe('Megabytes that are kept at most; the oldest go first'),
  }),
});

const registration = object<Api.Registration>({
  aor: text,
  contact: text,
  kind: z.enum(['phone', 'page']),
  userAgent: text,
  source: text.describe('Where the REGISTER came from, address:port'),
  expiresAt: time,
  reachable: flag.describe('Whether the last OPTIONS was answered').exactOptional(),
  roundTripMs: ms.exactOptional(),
});

const callKeys = {
  callId,
  direction: z
    .enum(['inbound', 'outbound'])
    .describe('inbound: a phone dialled; outbound: the page did, or POST /api/calls'),
  extension: text.describe('Key of the extension that decided where it goes'),
  caller: text,
  dialled: text,
  state: z.enum(['ringing', 'answered', 'ended']),
  startedAt: time,
  answeredAt: time.exactOptional(),
  answeredBy: text.describe('Call-ID of the leg that got the call').exactOptional(),
  heldBy: z.array(z.enum(['phone', 'page'])).describe('Sides that have put the other on hold'),
  endedAt: time.exactOptional(),
  outcome: z
    .enum(['completed', 'busy', 'declined', 'no-answer', 'cancelled', 'failed'])
    .describe('completed = it was answered')
    .exactOptional(),
  reason: text.describe('Why it ended, for a person').exactOptional(),
  status: z.int().describe('SIP status it was refused with').exactOptional(),
};
export const callStatus = object<Api.CallStatus>(callKeys);
export const callDetails = object<Api.CallDetails>({
  ...callKeys,
  figures: z.lazy(() => figures).exactOptional(),
});

const part = object<Api.PartStatus>({
  kind: z.enum(['embedded', 'external']),
  address: text,
  ok: flag,
  problem: object<NonNullable<Api.PartStatus['problem']>>({ code, message: text }).exactOptional(),
});

const phoneSeen = object<Api.PhoneSeen>({
  user: text,
  address: text.describe('Where its SIP comes from, without the port'),
  registerStatus: z.int().describe('How its last REGISTER was answered').exactOptional(),
  calls: z.int().describe('Its answered calls that lasted for some seconds'),
  callsWithRtp: z.int().describe('Those of them in which RTP came from it'),
});

export const doctorReport = object<Api.DoctorReport>({
  ok: flag.describe('Nothing failed'),
  findings: z.array(
    object<Api.Finding>({
      check: text,
      result: z.enum(['pass', 'warn', 'fail']),
      message: text,
      code: code.exactOptional(),
      todo: text.exactOptional(),
    }),
  ),
});

export const status = object<Api.Status>({
  version: text,
  registrations: z.array(registration),
  phones: z.array(phoneSeen).describe('That have said something, registered or not'),
  calls: z.array(callStatus),
  engines: object<Api.Status['engines']>({ drachtio: part, rtpengine: part }),
  agent: part,
});

export const readiness = object<Readiness>({
  ready: flag,
  problems: z.array(text).describe('What is wrong with each part that is not well'),
  pages: z.int().min(0),
});

export const figures = callFiguresSchema;

export const mediaVerdict = object<MediaVerdict>({
  state: z.enum(['flowing', 'silent', 'failed']),
  code: code.exactOptional(),
  sentence: text,
});

export const pageConnection = object<PageConnection>({
  ice: text.describe('RTCIceTransportState'),
  dtls: text.describe('RTCDtlsTransportState'),
  received: z.number().describe('RTP packets'),
  sent: z.number(),
  taken: z.number().describe('Of those received: what has come out').exactOptional(),
  roundTripMs: ms.exactOptional(),
});

export const agentAddress = object<Api.AgentAddress>({ url: text });
export const agentRemark = object<Api.AgentRemark>({ code, sentence: text });

export const done = object<{ done: true }>({ done: z.literal(true) });
export const delivered = object<{ delivered: true }>({ delivered: z.literal(true) });
export const interrupted = object<{ callId: string }>({ callId });
