/**
 * `/ws/voice/{id}`: the page's agent socket, passed through to the agent of that call. The page then
 * needs neither the agent's address nor its credentials, and a refusal that a browser would hide
 * behind close code 1006 arrives there as a sentence.
 *
 * Whether a call's agent is there at all can be asked before the call is answered (`ready`). Where no
 * page has connected it by then, it is connected: its socket waits, unread, for the page, and is
 * closed when the call ends first.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { explainClose } from '../../agent/dialects/closes.ts';
import { shownParameters } from '../../agent/parameters.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { AgentLinkEvent } from '../../common/events.ts';
import type { Log } from '../../common/log.ts';
import type { AgentTarget } from '../agents.ts';
import { connectAgent, type AgentFailure } from './agent-connection.ts';
import { letFlow, VoiceLink } from './voice-link.ts';

/** One second of 20 ms frames: the newest are kept while the agent's socket opens. */
const MAX_WAITING_FRAMES = 50;
/** What a dialect opens with comes first, as text, and is never given up: at most two messages. */
const OPENING_MESSAGES = 2;
/** An agent this far behind is worth a remark; every further remark at twice the distance. */
const LAG_MS = 1000;
/** Time for goodbyes at the end. */
const CLOSE_GRACE_MS = 500;

export interface VoiceSocketOptions {
  /** Where the call with this id goes. */
  readonly target: (id: string) => AgentTarget;
  /** Of the call's trace, for the log. */
  readonly traceIdOf?: (id: string) => string | undefined;
  /** A page says whose session it is about to open, should that be of no call: a replay's. */
  readonly announce?: (id: string, facts: URLSearchParams) => void;
  readonly log: Log;
  readonly tell: (event: AgentLinkEvent) => void;
  /** What the agent's socket did, for the status: undefined = it opened. */
  readonly outcome: (problem: { code: ErrorCode; message: string } | undefined) => void;
}

interface VoiceCall {
  readonly id: string;
  readonly agent: WebSocket;
  /** Resolves when it is open, or with the reason why it is not. */
  readonly opened: Promise<AgentFailure | undefined>;
  /** Undefined while the agent waits for one. */
  page: WebSocket | undefined;
  /** Nobody waits for the agent any more: that it never opened is no fault of its own. */
  isGivenUp: boolean;
}

export class VoiceSocket {
  readonly #options: VoiceSocketOptions;
  readonly #server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  readonly #calls = new Set<VoiceCall>();

  constructor(options: VoiceSocketOptions) {
    this.#options = options;
  }

  /** @param id the call's id, already URI-decoded. */
  upgrade(id: string, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (page) => {
      page.on('error', () => undefined);
      const waiting = [...this.#calls].find((call) => call.id === id && isFree(call));
      this.#options.announce?.(id, new URL(request.url ?? '/', 'ws://bridge').searchParams);
      if (waiting === undefined) this.#connect(page, id);
      else {
        waiting.page = page;
        this.#join(waiting, page);
        letFlow(waiting.agent);
      }
    });
  }

  /** @returns why the call's agent is not there; undefined when it is. */
  async ready(id: string): Promise<AgentFailure | undefined> {
    const known = [...this.#calls].find((call) => call.id === id);
    if (known !== undefined && (await known.opened) === undefined) return undefined;
    return new Promise((resolve) => {
      const call = this.#open(id, {
        onOpen: () => {
          call.agent.pause();
          resolve(undefined);
        },
        onFailed: resolve,
      });
    });
  }

  /** Closes what belongs to calls that are over and still waits, or hangs. */
  release(isOver: (id: string) => boolean): void {
    for (const call of this.#calls) {
      const { id, agent, page } = call;
      if (!isOver(id)) continue;
      letFlow(agent);
      if (page === undefined) {
        call.isGivenUp = true;
        agent.close(1000);
      } else letFlow(page);
    }
  }

  async close(): Promise<void> {
    const gone = [...this.#calls].map((call) => {
      const { agent } = call;
      call.isGivenUp = true;
      letFlow(agent);
      const closed = new Promise((resolve) => agent.once('close', resolve));
      agent.close(1001);
      return closed;
    });
    for (const page of this.#server.clients) page.terminate();
    this.#server.close();
    const grace = setTimeout(() => {
      for (const { agent } of this.#calls) agent.terminate();
    }, CLOSE_GRACE_MS);
    await Promise.all(gone);
    clearTimeout(grace);
  }

  #connect(page: WebSocket, id: string): void {
    const waiting: { data: Buffer; binary: boolean }[] = [];
    let lost = 0;
    const wait = (data: unknown, binary: boolean) => {
      if (waiting.length === MAX_WAITING_FRAMES) {
        waiting.splice(waiting[0]?.binary === false ? OPENING_MESSAGES : 0, 1);
        lost += 1;
      }
      waiting.push({ data: data as Buffer, binary });
    };
    page.on('message', wait);
    const giveUp = () => {
      call.isGivenUp = true;
      call.agent.terminate();
    };
    page.once('close', giveUp);
    const call = this.#open(id, {
      onOpen: () => {
        page.off('message', wait);
        page.off('close', giveUp);
        for (const { data, binary } of waiting.splice(0)) call.agent.send(data, { binary });
        if (lost > 0) {
          const message = `${lost} frames of the caller were lost until the agent had accepted`;
          this.#options.log('warn', message, { callId: id });
        }
        this.#join(call, page);
      },
      onFailed: ({ close }) => page.close(close.code, close.reason),
    });
    call.page = page;
  }

  /** `onOpen` and `onFailed` come after the log has it. */
  #open(id: string, events: Parameters<typeof connectAgent>[1]): VoiceCall {
    const { target, log, outcome } = this.#options;
    let opened: (failure?: AgentFailure) => void = () => undefined;
    const outcomeOf = new Promise<AgentFailure | undefined>((resolve) => (opened = resolve));
    const begunAt = performance.now();
    const address = target(id);
    const agent = connectAgent(address, {
      onOpen: () => {
        outcome(undefined);
        const traceId = this.#options.traceIdOf?.(id);
        log('info', 'the agent is connected', { callId: id, ...(traceId && { traceId }) });
        const tookMs = Math.round((performance.now() - begunAt) * 10) / 10;
        this.#tell(id, 'connected', 'The agent is connected.', {
          tookMs,
          parameters: shownParameters(address.url),
        });
        opened();
        events.onOpen();
      },
      onFailed: (failure) => {
        const { code, message } = failure;
        if (call.isGivenUp) {
          opened(failure);
          events.onFailed(failure);
          return;
        }
        log('warn', message, { code, callId: id });
        outcome({ code, message });
        this.#tell(id, 'failed', message, { code });
        opened(failure);
        events.onFailed(failure);
      },
    });
    const call: VoiceCall = { id, agent, opened: outcomeOf, page: undefined, isGivenUp: false };
    this.#calls.add(call);
    agent.once('close', () => {
      this.#calls.delete(call);
      // Terminated before anything came of it; else this is late and means nothing.
      opened();
    });
    return call;
  }

  #join({ id, agent }: VoiceCall, page: WebSocket): void {
    const { target, log } = this.#options;
    let remarkAt = LAG_MS;
    new VoiceLink({
      page,
      agent,
      pingMs: target(id).pingMs,
      onLag: (ms) => {
        if (ms < remarkAt) return;
        remarkAt = 2 * ms;
        const message = `The agent reads too slowly: it is ${(ms / 1000).toFixed(1)} s behind the caller.`;
        log('warn', message, { code: 'AGENT_SLOW', callId: id });
        this.#tell(id, 'remark', message, { code: 'AGENT_SLOW' });
      },
      onAgentClosed: (code, reason) => {
        const message = explainClose(code, reason);
        log('info', message, { callId: id, closeCode: code });
        this.#tell(id, 'closed', message);
      },
    });
  }

  #tell(
    callId: string,
    what: AgentLinkEvent['what'],
    sentence: string,
    more: Pick<AgentLinkEvent, 'code' | 'tookMs' | 'parameters'> = {},
  ): void {
    const at = new Date().toISOString();
    this.#options.tell({ type: 'agent', at, callId, what, sentence, ...more });
  }
}

function isFree({ page, agent }: VoiceCall): boolean {
  return page === undefined && agent.readyState === WebSocket.OPEN;
}
