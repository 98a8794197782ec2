/**
 * The built-in demo agent: a WebSocket server that speaks the agent's side of a dialect, `talky`
 * unless told otherwise, so that the bridge can be tried, shown and tested without an agent of one's
 * own. It says back what the caller says: whoever hears their own words has heard every link of the
 * chain work.
 */
import type { WebSocket } from 'ws';
import type { DialectName } from '../../common/api.ts';
import { silent, type Log } from '../../common/log.ts';
import { Line } from '../endpoint/line.ts';
import { endpointOf } from '../endpoint/registry.ts';
import { startAgentServer } from '../endpoint/server.ts';
import type { Tts } from '../endpoint/types.ts';
import type { Greeting } from './greeting.ts';
import { DemoSession } from './session.ts';

/** What an endpoint of the talky family asks for in the query. */
const REQUIRED = ['tenant_id', 'campaign_id', 'lead_id'];
/** Sessions that can be looked at after their end. */
const KEPT_SESSIONS = 100;

export interface DemoAgentOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly log?: Log;
  readonly dialect?: DialectName;
  /** What its voice comes as, where the dialect leaves that open. */
  readonly tts?: Tts;
  /** From the end of the caller's speech to the answer; the turn detection alone takes 240. */
  readonly delayMs?: number;
  /** Answers faster than real time, as text-to-speech does; false sends them live. */
  readonly burst?: boolean;
  /** Idle time before a heartbeat. */
  readonly heartbeatMs?: number;
  /** Keep the received frames, for tests. */
  readonly record?: boolean;
  /** Said to every caller at once. */
  readonly greeting?: Greeting;
}

export interface DemoAgent {
  /** The base URL; a call's id is appended. */
  readonly url: string;
  readonly port: number;
  /** The last sessions, oldest first, ended ones included. */
  readonly sessions: readonly DemoSession[];
  readonly close: () => Promise<void>;
}

export async function startDemoAgent(options: DemoAgentOptions): Promise<DemoAgent> {
  const { host, port, log = silent, delayMs = 300, burst = true } = options;
  const { heartbeatMs = 30_000, record = false, dialect = 'talky' } = options;
  const { tts = { encoding: 's16le', sampleRate: 16_000 } } = options;
  const sessions: DemoSession[] = [];

  const accept = (socket: WebSocket, id: string, query: URLSearchParams) => {
    const missing = REQUIRED.filter((name) => !query.get(name));
    if (dialect !== 'twilio-media-streams' && missing.length > 0) {
      const message = `Missing required query parameters: ${missing.join(', ')}`;
      log('warn', `Demo agent: ${message}`, { callId: id });
      socket.on('error', () => undefined);
      socket.send(JSON.stringify({ type: 'error', message }));
      socket.close(4000, 'Missing required query parameters');
      return;
    }
    const line = new Line(socket, { id, endpoint: endpointOf(dialect, id, tts), log });
    sessions.push(
      new DemoSession(line, {
        query,
        delayMs,
        burst,
        heartbeatMs,
        record,
        log,
        greeting: options.greeting,
      }),
    );
    if (sessions.length > KEPT_SESSIONS) {
      const ended = sessions.findIndex(({ closed }) => closed !== undefined);
      if (ended !== -1) sessions.splice(ended, 1);
    }
  };
  const goodbye = () => {
    for (const session of sessions) {
      if (session.closed === undefined) session.end(1001, 'agent_stopped');
    }
  };

  const server = await startAgentServer({ host, port, accept, goodbye });
  return { ...server, sessions };
}
