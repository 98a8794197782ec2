/**
 * Every route of the HTTP API with what it takes and answers. The servers of the routes are in the
 * files beside; a test finds each of their paths here, and real answers fit what is said.
 */
import { z } from 'zod';
import * as schemas from './schemas.ts';
import { sipEvent } from './events.ts';
import { object } from './shape.ts';

export interface Answer {
  readonly what: string;
  /** JSON of this form. */
  readonly schema?: z.ZodType;
  /** Other forms, by their media type. */
  readonly types?: readonly string[];
}

export interface Operation {
  readonly method: 'get' | 'post' | 'delete';
  readonly path: string;
  readonly what: string;
  /** `page`: the page's own; other programs have no use for it. */
  readonly group: 'bridge' | 'calls' | 'call control' | 'measurements' | 'page';
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  readonly answers: Readonly<Record<number, Answer>>;
}

const failed = (what: string): Answer => ({ what, schema: schemas.failure });
const text = (what: string, type = 'text/plain'): Answer => ({ what, types: [type] });
const NOTHING: Answer = { what: 'Taken; no body.' };
const NO_CALL = failed('NO_CALL: no call of that id is up or is remembered.');
const BAD = failed('BAD_REQUEST: the body is not what it should be.');
const DONE: Answer = { what: 'Done.', schema: schemas.done };

const trace = object<{ callId: string; messages: readonly z.output<typeof sipEvent>[] }>({
  callId: schemas.callId,
  messages: z.array(sipEvent),
});

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/api/status',
    what: 'How things are: registrations, live calls, engines, agent',
    group: 'bridge',
    answers: { 200: { what: 'A snapshot.', schema: schemas.status } },
  },
  {
    method: 'get',
    path: '/api/config',
    what: 'What a page needs to register and to talk to the agent, and a person for the phone',
    group: 'bridge',
    answers: { 200: { what: 'It holds for calls to come.', schema: schemas.pageConfig } },
  },
  {
    method: 'get',
    path: '/api/events',
    what: 'Server-sent events: `status` (Status) on each change, and every BridgeEvent under its type',
    group: 'bridge',
    answers: { 200: text('Until the client closes.', 'text/event-stream') },
  },
  {
    method: 'get',
    path: '/api/doctor',
    what: 'What stands in the way of calls, as far as the bridge can see',
    group: 'bridge',
    answers: { 200: { what: 'Every check.', schema: schemas.doctorReport } },
  },
  {
    method: 'get',
    path: '/api/openapi.json',
    what: 'This document',
    group: 'bridge',
    answers: { 200: { what: 'OpenAPI 3.1.', types: ['application/json'] } },
  },
  {
    method: 'get',
    path: '/healthz',
    what: 'Whether the process still works',
    group: 'bridge',
    answers: { 200: text('ok') },
  },
  {
    method: 'get',
    path: '/readyz',
    what: 'Whether a call that comes now would be carried',
    group: 'bridge',
    answers: {
      200: { what: 'Both engines answer.', schema: schemas.readiness },
      503: { what: 'One does not.', schema: schemas.readiness },
    },
  },
  {
    method: 'get',
    path: '/metrics',
    what: 'Counters and histograms',
    group: 'measurements',
    answers: { 200: text('Prometheus’ text format.') },
  },
  {
    method: 'get',
    path: '/api/calls',
    what: 'The live calls',
    group: 'calls',
    query: { ended: 'also the last hundred that ended' },
    answers: { 200: { what: 'Oldest first.', schema: z.array(schemas.callStatus) } },
  },
  {
    method: 'post',
    path: '/api/calls',
    what: 'Calls a phone; an open page makes the call and connects the agent to who answers',
    group: 'calls',
    query: { wait: 'answer once it is answered or has ended' },
    body: object<{ to: string; extension?: string }>({
      to: schemas.text.describe('User of a registered phone, or a sip: address at a host of reach'),
      extension: schemas.text.describe('Whose agent it gets; left out: default').exactOptional(),
    }),
    answers: {
      200: { what: 'With wait: how it went.', schema: schemas.callDetails },
      202: { what: 'It rings; Location names it.', schema: schemas.callStatus },
      400: BAD,
      403: failed('NOT_REACHABLE: the host is none that may be called.'),
      404: failed('NOT_REGISTERED, or there is no such extension.'),
      409: failed('NO_PAGE or PAGE_BUSY: no page can make it now.'),
    },
  },
  {
    method: 'get',
    path: '/api/calls/{id}',
    what: 'One call, also when it has ended, with what its page has measured',
    group: 'calls',
    answers: { 200: { what: 'The call.', schema: schemas.callDetails }, 404: NO_CALL },
  },
  {
    method: 'delete',
    path: '/api/calls/{id}',
    what: 'Hangs up, or stops ringing',
    group: 'calls',
    answers: { 200: { what: 'How it ended.', schema: schemas.callDetails }, 404: NO_CALL },
  },
  {
    method: 'post',
    path: '/api/calls/{id}/hold',
    what: 'Puts the phone on hold, or takes it off; the agent hears silence meanwhile',
    group: 'call control',
    body: object<{ on: boolean }>({ on: schemas.flag }),
    answers: { 200: DONE, 400: BAD, 404: NO_CALL, 502: failed('HOLD_REFUSED') },
  },
  {
    method: 'post',
    path: '/api/calls/{id}/dtmf',
    what: 'Presses keys towards the phone, one SIP INFO each',
    group: 'call control',
    body: object<{ digits: string }>({ digits: schemas.text.describe('0-9 * # A-D') }),
    answers: { 200: DONE, 400: BAD, 404: NO_CALL, 502: failed('DTMF_REFUSED') },
  },
  {
    method: 'post',
    path: '/api/calls/{id}/transfer',
    what: 'Has the phone dial another number (REFER); answered when it is through',
    group: 'call control',
    body: object<{ to: string }>({ to: schemas.text }),
    answers: { 200: DONE, 400: BAD, 404: NO_CALL, 502: failed('TRANSFER_FAILED') },
  },
  {
    method: 'post',
    path: '/api/calls/{id}/interrupt',
    what: 'Cuts what the agent is saying, as its own barge_in does',
    group: 'call control',
    answers: {
      202: { what: 'The page is told.', schema: schemas.interrupted },
      404: NO_CALL,
    },
  },
  {
    method: 'post',
    path: '/api/messages',
    what: 'An instant message to the phones registered under a name',
    group: 'call control',
    body: object<{ to: string; text: string }>({ to: schemas.text, text: schemas.text }),
    answers: {
      200: { what: 'A phone has taken it.', schema: schemas.delivered },
      400: BAD,
      404: failed('NO_PHONE: none is registered under that name.'),
      502: failed('MESSAGE_REFUSED'),
      503: failed('DRACHTIO_UNREACHABLE'),
    },
  },
  {
    method: 'get',
    path: '/api/calls/{id}/trace',
    what: 'Every SIP message of all legs of a call',
    group: 'measurements',
    query: { format: 'json, text (a ladder to read) or pcap (for Wireshark); else by Accept' },
    answers: {
      200: {
        what: 'In the order in which they passed.',
        schema: trace,
        types: ['text/plain', 'application/vnd.tcpdump.pcap'],
      },
      404: NO_CALL,
    },
  },
  {
    method: 'get',
    path: '/api/calls/{id}/media',
    what: 'Whether the audio of a call flows, and if not, why',
    group: 'measurements',
    answers: { 200: { what: 'The verdict.', schema: schemas.mediaVerdict }, 404: NO_CALL },
  },
  {
    method: 'get',
    path: '/api/calls/{id}/figures',
    what: 'What the page of a call has measured; of the last 200 calls',
    group: 'measurements',
    answers: {
      200: { what: 'At most two seconds old.', schema: schemas.figures },
      404: NO_CALL,
    },
  },
  {
    method: 'post',
    path: '/api/calls/{id}/figures',
    what: 'The page’s measurements, every two seconds',
    group: 'page',
    body: schemas.figures,
    answers: { 204: NOTHING, 400: BAD, 404: NO_CALL },
  },
  {
    method: 'post',
    path: '/api/calls/{id}/media',
    what: 'The page’s view of its connection',
    group: 'page',
    body: schemas.pageConnection,
    answers: { 204: NOTHING, 400: BAD, 404: NO_CALL },
  },
  {
    method: 'post',
    path: '/api/calls/{id}/dtmf/heard',
    what: 'A key that the page has heard among the audio',
    group: 'page',
    body: object<{ digit: string; durationMs: number; from?: 'phone' | 'page' }>({
      digit: schemas.text,
      durationMs: z.number().min(0).max(60_000),
      from: z.enum(['phone', 'page']).exactOptional(),
    }),
    answers: { 200: DONE, 400: BAD, 404: NO_CALL },
  },
  {
    method: 'get',
    path: '/api/agent/{id}',
    what: 'Where the page finds an agent that it connects to by itself (agent.direct)',
    group: 'page',
    answers: {
      200: { what: 'Its address for this call.', schema: schemas.agentAddress },
      404: text('The bridge connects to it.'),
    },
  },
  {
    method: 'post',
    path: '/api/agent/{id}',
    what: 'What the page has noticed about the agent of a call',
    group: 'page',
    body: schemas.agentRemark,
    answers: { 204: NOTHING, 400: { what: 'No remark.' } },
  },
];
