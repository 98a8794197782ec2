/**
 * Requests under way: their transactions, what their responses mean for the dialog, CANCEL, and the
 * final responses made up for requests that nobody answers.
 * RFC 3261 §8.1, §9.1, §13.2: https://www.rfc-editor.org/rfc/rfc3261#section-13.2
 */
import { cancelOf, responseTo } from '../sip/build.ts';
import type { ClientTransaction } from '../sip/client-transaction.ts';
import { newTag } from '../sip/ids.ts';
import { Headers } from '../sip/headers.ts';
import { SipRequest, type SipResponse } from '../sip/message.ts';
import { addVia } from '../sip/transaction-layer.ts';
import type { Flow } from '../sip/transport.ts';
import type { App } from './admin-server.ts';
import { about, IGNORE, isTerminal, newTransactionId, stackTime, type Core } from './core.ts';
import { Dialog } from './dialog.ts';
import { answeredSession, type Session } from './session-timer.ts';

/** How long a request that cannot be sent waits for its failure. */
const UNREACHABLE_AFTER_MS = 20;

/** A request of an application, or of the server on its behalf, without a final response. */
export interface Outgoing {
  readonly id: string;
  /** As it is under way now: another try has another Via. */
  request: SipRequest;
  flow: Flow;
  /** Ways to try when this one fails before anybody has answered. RFC 3263 §4.3. */
  readonly alternatives: (() => Flow | undefined)[];
  /** Undefined once the application is gone, and for requests of the server's own. */
  app: App | undefined;
  readonly dialog: Dialog | undefined;
  /** The request opened its dialog. */
  readonly opens: boolean;
  /** A session refresh of the server's own. */
  readonly refresh: boolean;
  transaction: ClientTransaction | undefined;
  provisional: boolean;
  cancelled: boolean;
  heldCancel: SipRequest | undefined;
  /** Of the timer that ends the request when nobody answers. */
  stopTimer: () => void;
}

/** What follows from responses and is sent by the server itself. */
export interface OutgoingHooks {
  readonly hangUp: (dialog: Dialog, reason: string, tell?: boolean) => void;
  readonly acknowledge: (dialog: Dialog, invite: SipRequest) => void;
  readonly keepSession: (dialog: Dialog, session: Session | undefined) => void;
}

export class OutgoingRequests {
  private readonly core: Core;
  private readonly hooks: OutgoingHooks;
  private readonly outgoing = new Map<string, Outgoing>();

  constructor(core: Core, hooks: OutgoingHooks) {
    this.core = core;
    this.hooks = hooks;
  }

  get(id: string): Outgoing | undefined {
    return this.outgoing.get(id);
  }

  track(
    start: Pick<Outgoing, 'request' | 'flow' | 'app' | 'dialog' | 'opens' | 'refresh'> &
      Partial<Pick<Outgoing, 'alternatives'>>,
  ): Outgoing {
    const out: Outgoing = {
      alternatives: [],
      ...start,
      id: newTransactionId(),
      transaction: undefined,
      provisional: false,
      cancelled: false,
      heldCancel: undefined,
      stopTimer: () => undefined,
    };
    this.outgoing.set(out.id, out);
    return out;
  }

  start(out: Outgoing): void {
    out.transaction = this.core.layer.request(out.request, out.flow, {
      response: (response) => this.receive(out, response),
      timeout: () => {
        if (!this.tryAnother(out)) this.fail(out, 408, 'Request Timeout');
      },
      failed: () => {
        if (this.tryAnother(out)) return;
        // A browser cannot be connected to again: its contact is gone with the connection.
        if (out.flow.protocol === 'ws') this.failSoon(out, 410, 'Gone');
        else this.failSoon(out, 503, 'Service Unavailable');
      },
    });
  }

  /** Sends the request to the next place, as a transaction of its own. */
  private tryAnother(out: Outgoing): boolean {
    if (out.provisional || out.cancelled) return false;
    const flow = out.alternatives.shift()?.();
    if (flow === undefined) return false;
    const { method, uri, headers, body } = out.request;
    out.request = new SipRequest(method, uri, new Headers([...headers]).deleteFirst('via'), body);
    addVia(out.request, flow);
    out.flow = flow;
    if (out.dialog !== undefined) out.dialog.flow = flow;
    this.start(out);
    return true;
  }

  /**
   * Not in the same segment as the answer to the command: drachtio-srf hands the request over by a
   * promise, and a response that follows at once finds no listener yet.
   */
  failSoon(out: Outgoing, status: number, reason: string): void {
    out.stopTimer();
    out.stopTimer = this.core.layer.after(UNREACHABLE_AFTER_MS, () =>
      this.fail(out, status, reason),
    );
  }

  /** True when it left at once. */
  sendCancel(invite: Outgoing, cancel: SipRequest): boolean {
    const { after, timers } = this.core.layer;
    invite.cancelled = true;
    // RFC 3261 §9.1: without a final response in 64·T1 the INVITE counts as cancelled.
    invite.stopTimer = after(64 * timers.t1, () => {
      invite.transaction?.terminate();
      this.fail(invite, 487, 'Request Terminated');
    });
    if (!invite.provisional) {
      invite.heldCancel = cancel;
      return false;
    }
    this.core.layer.request(cancel, invite.flow, IGNORE);
    return true;
  }

  cancelInvites(dialog: Dialog): void {
    if (!dialog.inviting) return;
    for (const out of this.outgoing.values())
      if (out.dialog === dialog && out.request.method === 'INVITE' && !out.cancelled)
        this.sendCancel(out, cancelOf(out.request));
  }

  /** The application is gone: nobody hears the responses, and its INVITEs are cancelled. */
  lost(app: App): void {
    for (const out of this.outgoing.values()) {
      if (out.app !== app) continue;
      out.app = undefined;
      if (out.request.method === 'INVITE' && !out.cancelled)
        this.sendCancel(out, cancelOf(out.request));
    }
  }

  close(): void {
    for (const out of this.outgoing.values()) out.stopTimer();
    this.outgoing.clear();
  }

  private receive(out: Outgoing, response: SipResponse): void {
    const { status } = response;
    if (status < 200) {
      this.noteProvisional(out);
      if (status === 100) return;
    }
    const { dialog, request } = out;
    const invite = request.method === 'INVITE';
    if (invite && status >= 200 && status < 300 && !this.outgoing.has(out.id)) {
      this.repeatedAnswer(out, response);
      return;
    }
    if (dialog !== undefined) this.noteDialog(out, dialog, response);
    this.pass(out, response.toBuffer());
    if (status < 200) return;
    this.forget(out);
    if (dialog === undefined) return;
    if (invite && status < 300 && out.app === undefined) {
      this.hooks.acknowledge(dialog, request);
      if (!out.refresh) this.hooks.hangUp(dialog, 'application disconnected', false);
    }
  }

  private noteProvisional(out: Outgoing): void {
    out.provisional = true;
    const held = out.heldCancel;
    if (held === undefined) return;
    out.heldCancel = undefined;
    this.core.layer.request(held, out.flow, IGNORE);
  }

  /** Follows the dialog through a response to a request of ours. */
  private noteDialog(out: Outgoing, dialog: Dialog, response: SipResponse): void {
    const { status } = response;
    const { method } = out.request;
    if (out.opens) {
      if (method === 'INVITE' && status >= 200) this.record(out, response);
      if (status < 300) dialog.learn(response, out.flow);
      else this.core.dialogs.remove(dialog);
    } else if (status >= 200) {
      if (method === 'INVITE') dialog.inviting = false;
      if (status < 300 && (method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE'))
        dialog.refresh(response, out.flow);
      const challenged = status === 401 || status === 407;
      if (method === 'BYE' && !challenged) this.core.dialogs.remove(dialog);
      if (method === 'NOTIFY' && dialog.method === 'SUBSCRIBE' && isTerminal(out.request))
        this.core.dialogs.remove(dialog);
    }
    if ((method === 'INVITE' || method === 'UPDATE') && status >= 200 && status < 300) {
      if (out.request.body.length > 0) dialog.localSdp = out.request.body;
      this.hooks.keepSession(dialog, answeredSession(response));
    }
    if (out.refresh && (status === 408 || status === 481))
      this.hooks.hangUp(dialog, 'Session timer expired');
    if (method === 'INVITE' && status >= 200 && status < 300) {
      dialog.answered = { invite: out.request };
      if (out.cancelled) dialog.cancelRace = true;
    }
  }

  private record(out: Outgoing, response: SipResponse): void {
    const { cdr } = this.core;
    if (response.status < 300) cdr('start', 'network', response, 'uac');
    else cdr('stop', 'network', response, out.cancelled ? 'call-canceled' : 'call-rejected');
  }

  /**
   * The 2xx again: our ACK was lost. Another To tag: a fork answered too, and is hung up; the
   * application gets to see the answer, and need do nothing about it.
   */
  private repeatedAnswer(out: Outgoing, response: SipResponse): void {
    const { dialog, request, flow } = out;
    if (dialog === undefined) return;
    if (response.toTag === dialog.remoteTag) {
      const { answered } = dialog;
      if (answered?.invite === request && answered.ack !== undefined)
        this.core.layer.transmit(answered.ack, flow);
      return;
    }
    const fork = new Dialog({
      role: 'uac',
      request,
      localTag: dialog.localTag,
      flow,
      app: dialog.app,
    });
    fork.learn(response, flow);
    this.pass(out, response.toBuffer());
    const { callId } = request;
    this.core.log('info', 'a second device answered an INVITE, and is hung up on', { callId });
    this.hooks.acknowledge(fork, request);
    this.hooks.hangUp(fork, 'another branch answered first', false);
  }

  /** A final response of the server's own, for a request that nobody answers. */
  private fail(out: Outgoing, status: number, reason: string): void {
    if (!this.outgoing.has(out.id)) return;
    const response = responseTo(out.request, status, { reason, toTag: newTag() });
    if (out.dialog !== undefined) this.noteDialog(out, out.dialog, response);
    this.pass(out, response.toBuffer(), true);
    this.forget(out);
  }

  private pass(out: Outgoing, data: Buffer, local = false): void {
    const { app, flow, dialog } = out;
    const dialogId = dialog?.id ?? '';
    const fields = local
      ? [0, flow.protocol === 'ws' ? 'tcp' : flow.protocol, '', 0, stackTime()]
      : about(data.length, flow, flow.remote);
    app?.event(['sip', 'network', ...fields, out.id, dialogId, ''], data);
  }

  private forget(out: Outgoing): void {
    out.stopTimer();
    this.outgoing.delete(out.id);
  }
}
