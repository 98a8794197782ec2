/** The events of GET /api/events (common/events.ts) as schemas, by their type. */
import { z } from 'zod';
import type {
  AgentLinkEvent,
  BridgeEvent,
  BridgeEventType,
  CallEvent,
  ConfigEvent,
  DtmfEvent,
  InstantMessageEvent,
  InterruptEvent,
  MediaEvent,
  NetworkEvent,
  RtpArrival,
  SipEvent,
  TurnEvent,
} from '../../../common/events.ts';
import { callId, callStatus, code, text, time, turn } from './schemas.ts';
import { object } from './shape.ts';

const at = time;

export const sipEvent = object<SipEvent>({
  type: z.literal('sip'),
  at,
  callId,
  sipCallId: text.describe('The Call-ID in the message: each leg of a call has its own'),
  leg: z.enum(['phone', 'page']),
  direction: z.enum(['in', 'out']).describe('in is from the phone or the page'),
  transport: z.enum(['udp', 'tcp', 'ws']),
  local: text,
  remote: text,
  summary: text.describe('The message in a line'),
  text: text.describe('The whole message; secrets are masked by *'),
});

const arrival = z.strictObject({
  lossPercent: z.number(),
  jitterMs: z.number(),
}) satisfies z.ZodType<RtpArrival>;

type Schemas = { readonly [T in BridgeEventType]: z.ZodType<Extract<BridgeEvent, { type: T }>> };

export const EVENTS: Schemas = {
  call: object<CallEvent>({ type: z.literal('call'), at, callId, call: callStatus }),
  agent: object<AgentLinkEvent>({
    type: z.literal('agent'),
    at,
    callId,
    what: z.enum(['connected', 'failed', 'closed', 'remark']),
    sentence: text,
    code: code.exactOptional(),
    tookMs: z.number().describe('How long the connection took to open').exactOptional(),
    parameters: z
      .record(z.string(), text)
      .describe('Those in the agent’s address; what may be a secret is masked')
      .exactOptional(),
  }),
  media: object<MediaEvent>({
    type: z.literal('media'),
    at,
    callId,
    state: z.enum(['flowing', 'silent', 'failed']),
    code: code.exactOptional(),
    sentence: text,
  }),
  network: object<NetworkEvent>({
    type: z.literal('network'),
    at,
    callId,
    phone: arrival.exactOptional(),
    page: arrival.exactOptional(),
  }),
  turn: object<TurnEvent>({ type: z.literal('turn'), at, callId, turn }),
  dtmf: object<DtmfEvent>({
    type: z.literal('dtmf'),
    at,
    callId,
    digit: text,
    durationMs: z.number(),
    source: z.enum(['rtp', 'info']),
    from: z.enum(['phone', 'page']),
  }),
  message: object<InstantMessageEvent>({
    type: z.literal('message'),
    at,
    from: text,
    to: text,
    text,
  }),
  interrupt: object<InterruptEvent>({ type: z.literal('interrupt'), at, callId }),
  config: object<ConfigEvent>({ type: z.literal('config'), at }),
  sip: sipEvent,
};
