/**
 * GET /api/calls/{id}/trace: every SIP message of both legs of a call. JSON unless the client
 * accepts text/plain (a ladder to read) or asks for a capture file that Wireshark opens
 * (`?format=pcap`, or Accept: application/vnd.tcpdump.pcap).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CallTrace } from '../../common/api.ts';
import { ladderOf } from '../../signaling/trace/ladder.ts';
import { pcapOf } from '../../signaling/trace/pcap.ts';
import { eventOf, TraceRing, type TraceEntry } from '../../signaling/trace/ring.ts';
import type { EventStream } from './event-stream.ts';
import { decoded } from './path.ts';

const PATH = /^\/api\/calls\/([^/]+)\/trace$/;
const PCAP = 'application/vnd.tcpdump.pcap';

/** A trace that tells of every message as it passes, when anybody listens. */
export function liveTrace(events: EventStream, heard: (entry: TraceEntry) => void): TraceRing {
  return new TraceRing({
    onEntry: (entry) => {
      heard(entry);
      if (events.heard) events.tell(eventOf(entry));
    },
  });
}

/** False when the path is another's. */
export function serveTrace(
  trace: TraceRing,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const name = PATH.exec(url.pathname)?.[1];
  if (name === undefined) return false;
  const callId = decoded(name) ?? name;
  const entries = trace.of(callId);
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Vary', 'Accept');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    send(response, 405, 'text/plain', 'Only GET.\n');
  } else if (entries.length === 0) {
    const message = `No SIP message of a call ${callId} is kept. Either its id is another one, or it is too long ago.`;
    send(response, 404, 'application/json', `${JSON.stringify({ code: 'NO_CALL', message })}\n`);
  } else {
    const format = formatOf(url.searchParams.get('format'), request.headers.accept ?? '');
    if (format === 'pcap') {
      response.setHeader('Content-Disposition', `attachment; filename="${fileName(callId)}.pcap"`);
      send(response, 200, PCAP, pcapOf(entries));
    } else if (format === 'text') send(response, 200, 'text/plain', ladderOf(callId, entries));
    else {
      const body: CallTrace = { callId, messages: entries.map(eventOf) };
      send(response, 200, 'application/json', `${JSON.stringify(body)}\n`);
    }
  }
  return true;
}

function formatOf(asked: string | null, accept: string): 'json' | 'text' | 'pcap' {
  if (asked === 'json' || asked === 'text' || asked === 'pcap') return asked;
  if (accept.includes(PCAP)) return 'pcap';
  return accept.includes('text/plain') && !accept.includes('application/json') ? 'text' : 'json';
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  const charset = typeof body === 'string' ? '; charset=utf-8' : '';
  response.writeHead(status, { 'Content-Type': `${type}${charset}` }).end(body);
}

/** A Call-ID may hold what no file name may. */
function fileName(callId: string): string {
  return callId.replace(/[^\w.-]/g, '_').slice(0, 100);
}
