/**
 * One request being proxied: its branches, one after the other or all at once, their responses on
 * the way back, and the one final response the caller gets.
 * RFC 3261 §16: https://www.rfc-editor.org/rfc/rfc3261#section-16
 */
import { cancelOf, responseTo } from '../sip/build.ts';
import type { ClientTransaction } from '../sip/client-transaction.ts';
import { newTag } from '../sip/ids.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { parseNameAddr } from '../sip/name-addr.ts';
import type { ServerTransaction } from '../sip/server-transaction.ts';
import { addVia } from '../sip/transaction-layer.ts';
import type { Flow } from '../sip/transport.ts';
import { parseUri, type SipUri } from '../sip/uri.ts';
import { bestOf } from './best-response.ts';
import { IGNORE, type Core } from './core.ts';
import { backward, forwarded } from './forward.ts';
import type { AppMessage } from './command.ts';
import type { Hop } from './next-hop.ts';

/** Timer C: an INVITE that rings for longer is given up. RFC 3261 §16.6, step 11. */
const RING_LIMIT_MS = 181_000;
/** Redirects included; more is a loop or a mistake. */
const MAX_BRANCHES = 32;

export interface Target {
  /** The Request-URI that is sent. */
  readonly uri: string;
  /** Where it is sent to. */
  readonly next: SipUri;
}

export interface ProxyOptions {
  readonly targets: readonly Target[];
  readonly simultaneous: boolean;
  readonly stay: boolean;
  readonly followRedirects: boolean;
  readonly provisionalMs?: number | undefined;
  readonly finalMs?: number | undefined;
  readonly added?: AppMessage;
}

export interface ProxyEvents {
  /** A request went out on a branch. */
  sent?(request: SipRequest): void;
  /** A final response of a branch, or one made up for it (no flow then). */
  final(response: SipResponse, flow: Flow | undefined): void;
  /** What the caller was told in the end. */
  done(response: SipResponse): void;
}

interface Branch {
  readonly request: SipRequest;
  readonly flow: Flow;
  transaction: ClientTransaction | undefined;
  answered: boolean;
  /** A CANCEL may only follow a provisional response. RFC 3261 §9.1. */
  cancel: 'none' | 'held' | 'sent';
  final: boolean;
  stopTimers: (() => void)[];
}

/** Who asks: the transaction that is answered, and the request as it is to be passed on. */
export interface Upstream {
  readonly transaction: ServerTransaction;
  readonly request: SipRequest;
}

export class ProxySession {
  private readonly core: Core;
  private readonly upstream: Upstream;
  private readonly options: ProxyOptions;
  private readonly events: ProxyEvents;
  private readonly waiting: Target[];
  private readonly tried = new Set<string>();
  private readonly branches: Branch[] = [];
  private readonly failures: SipResponse[] = [];
  /** Branches whose next hop is being looked up. */
  private resolving = 0;
  private decided = false;
  /** No further branch is begun: a 2xx or 6xx has come, or the caller has given up. */
  private closed = false;

  constructor(core: Core, upstream: Upstream, options: ProxyOptions, events: ProxyEvents) {
    this.core = core;
    this.upstream = upstream;
    this.options = options;
    this.events = events;
    this.waiting = [...options.targets];
  }

  start(): void {
    do this.next();
    while (this.options.simultaneous && this.waiting.length > 0);
  }

  /** The caller has given up: it gets its 487, the branches are cancelled. */
  cancel(): void {
    if (this.decided) return;
    this.finish(responseTo(this.upstream.transaction.request, 487, { toTag: newTag() }));
    this.cancelAll();
  }

  /** Ends without a word. */
  close(): void {
    this.closed = true;
    this.decided = true;
    for (const branch of this.branches) stop(branch);
  }

  private next(): void {
    const target = this.closed ? undefined : this.waiting.shift();
    if (target === undefined) {
      this.decideWhenAllFailed();
      return;
    }
    this.tried.add(target.uri);
    this.resolving++;
    this.core.nextHop.find(target.next, true, (hop) => {
      this.resolving--;
      if (this.closed) this.decideWhenAllFailed();
      else this.begin(target, hop);
    });
  }

  private begin(target: Target, hop: Hop): void {
    const { added, stay } = this.options;
    if (hop.kind !== 'flow') {
      const status = hop.kind === 'unreachable' ? hop.status : 503;
      this.failed(
        responseTo(this.upstream.transaction.request, status, {
          reason: hop.reason,
          toTag: newTag(),
        }),
      );
      return;
    }
    const { flow } = hop;
    const request = forwarded(this.upstream.request, flow, {
      uri: target.uri,
      stay,
      ...(added && { added }),
    });
    const branch: Branch = {
      request,
      flow,
      transaction: undefined,
      answered: false,
      cancel: 'none',
      final: false,
      stopTimers: [],
    };
    this.branches.push(branch);
    this.watch(branch);
    this.events.sent?.(request);
    branch.transaction = this.core.layer.request(request, flow, {
      response: (response) => this.receive(branch, response),
      timeout: () => this.madeUp(branch, 408),
      failed: () => this.madeUp(branch, flow.protocol === 'ws' ? 410 : 503),
    });
  }

  private watch(branch: Branch): void {
    const { after } = this.core.layer;
    const { provisionalMs, finalMs } = this.options;
    const invite = branch.request.method === 'INVITE';
    const limit = finalMs ?? (invite ? RING_LIMIT_MS : undefined);
    if (provisionalMs !== undefined)
      branch.stopTimers.push(
        after(provisionalMs, () => {
          if (!branch.answered) this.giveUp(branch);
        }),
      );
    if (limit !== undefined) branch.stopTimers.push(after(limit, () => this.giveUp(branch)));
  }

  /** A branch takes too long: as if it had answered 408. */
  private giveUp(branch: Branch): void {
    if (branch.final) return;
    this.cancelBranch(branch);
    this.madeUp(branch, 408);
  }

  private receive(branch: Branch, response: SipResponse): void {
    const { status } = response;
    branch.answered = true;
    if (branch.cancel === 'held') this.cancelBranch(branch);
    if (status < 200) {
      // RFC 3261 §16.7: 100 is ours alone; a provisional response puts Timer C off.
      if (status > 100 && !branch.final && !this.decided)
        this.upstream.transaction.respond(backward(response));
      return;
    }
    if (status < 300) {
      this.succeeded(branch, response);
      return;
    }
    if (branch.final) return;
    stop(branch);
    this.events.final(response, branch.flow);
    this.failed(response, branch);
  }

  /** Every 2xx to an INVITE is passed on, also a second one of a fork and each repetition. */
  private succeeded(branch: Branch, response: SipResponse): void {
    const first = !branch.final;
    stop(branch);
    const invite = branch.request.method === 'INVITE';
    if (first) this.events.final(response, branch.flow);
    if (this.decided) {
      if (invite) this.upstream.transaction.respond(backward(response));
      return;
    }
    this.closed = true;
    this.finish(backward(response));
    this.cancelAll();
  }

  private madeUp(branch: Branch, status: number): void {
    if (branch.final) return;
    stop(branch);
    const response = responseTo(this.upstream.transaction.request, status, { toTag: newTag() });
    this.events.final(response, undefined);
    this.failures.push(response);
    this.next();
  }

  private failed(response: SipResponse, branch?: Branch): void {
    if (branch === undefined) this.events.final(response, undefined);
    if (branch !== undefined && response.status < 400 && this.redirected(response)) {
      this.next();
      return;
    }
    this.failures.push(branch === undefined ? response : backward(response));
    const { status } = response;
    // Nobody else is asked after a global refusal; a challenge is the caller's to answer first.
    if (status >= 600 || status === 401 || status === 407) this.waiting.length = 0;
    if (status >= 600) {
      this.closed = true;
      this.cancelAll();
    }
    this.next();
  }

  /** Takes the Contacts of a 3xx up as targets. True when there was a new one. */
  private redirected(response: SipResponse): boolean {
    if (!this.options.followRedirects) return false;
    const fresh = response.headers.list('contact').flatMap((contact) => {
      const uri = parseNameAddr(contact)?.uri ?? '';
      const next = parseUri(uri);
      const known = this.tried.has(uri) || this.waiting.some((target) => target.uri === uri);
      return next === undefined || known ? [] : [{ uri, next }];
    });
    const room = MAX_BRANCHES - this.branches.length - this.waiting.length;
    this.waiting.unshift(...fresh.slice(0, Math.max(0, room)));
    if (this.options.simultaneous) while (this.waiting.length > 1) this.next();
    return fresh.length > 0 && room > 0;
  }

  private decideWhenAllFailed(): void {
    if (this.decided || this.resolving > 0 || this.waiting.length > 0) return;
    if (this.branches.some(({ final }) => !final)) return;
    const { request } = this.upstream.transaction;
    this.finish(bestOf(this.failures) ?? responseTo(request, 408, { toTag: newTag() }));
  }

  private finish(response: SipResponse): void {
    this.decided = true;
    this.upstream.transaction.respond(response);
    this.events.done(response);
  }

  private cancelAll(): void {
    this.closed = true;
    this.waiting.length = 0;
    for (const branch of this.branches) if (!branch.final) this.cancelBranch(branch);
  }

  private cancelBranch(branch: Branch): void {
    if (branch.request.method !== 'INVITE' || branch.cancel === 'sent') return;
    if (!branch.answered) {
      branch.cancel = 'held';
      return;
    }
    branch.cancel = 'sent';
    const cancel = cancelOf(branch.request);
    this.core.layer.request(cancel, branch.flow, IGNORE);
    // RFC 3261 §9.1: without a final response the INVITE counts as cancelled.
    const { after, timers } = this.core.layer;
    branch.stopTimers.push(after(64 * timers.t1, () => branch.transaction?.terminate()));
  }
}

function stop(branch: Branch): void {
  branch.final = true;
  for (const cancel of branch.stopTimers.splice(0)) cancel();
}

/** An ACK for a 2xx on its way through: without a transaction of its own. RFC 3261 §16.11. */
export function forwardAck(core: Core, ack: SipRequest, next: SipUri): void {
  core.nextHop.find(next, true, (hop) => {
    if (hop.kind !== 'flow') return;
    addVia(ack, hop.flow);
    core.layer.send(ack, hop.flow);
  });
}
