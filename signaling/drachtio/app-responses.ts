/**
 * The responses of the applications: completed, sent, echoed, and followed through: dialogs are made
 * and removed, 2xx responses to INVITE repeated until their ACK, contacts of connections remembered.
 * RFC 3261 §8.2.6, §13.3.1: https://www.rfc-editor.org/rfc/rfc3261#section-13.3.1
 */
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { parseNameAddr } from '../sip/name-addr.ts';
import { repeat } from '../sip/timers.ts';
import type { App } from './admin-server.ts';
import { appHeader } from './app-headers.ts';
import type { Command } from './command.ts';
import { appResponse, lacksContentType, parseStatusLine } from './compose.ts';
import { about, isTerminal, type Core } from './core.ts';
import { Dialog, dialogIdOf } from './dialog.ts';
import type { Incoming, IncomingRequests } from './incoming.ts';
import { Reliable } from './reliable.ts';
import { answerSession, type Session } from './session-timer.ts';

const UNKNOWN_TRANSACTION = 'Response not sent due to unknown transaction';

export interface ResponsesOptions {
  readonly core: Core;
  readonly incoming: IncomingRequests;
  /** Ends a dialog with a BYE of the server's own and tells the application. */
  readonly hangUp: (dialog: Dialog, reason: string) => void;
  /** Runs the session timer that a 2xx of ours has settled. */
  readonly keepSession: (dialog: Dialog, session: Session | undefined) => void;
}

export class AppResponses {
  private readonly core: Core;
  private readonly incoming: IncomingRequests;
  private readonly options: ResponsesOptions;

  constructor(options: ResponsesOptions) {
    this.core = options.core;
    this.incoming = options.incoming;
    this.options = options;
  }

  /** A response of the application. */
  respond(app: App, command: Extract<Command, { type: 'response' }>): void {
    const { id, message } = command;
    const incoming = this.incoming.get(command.transactionId);
    const line = parseStatusLine(message.startLine);
    if (incoming?.app !== app || !incoming.transaction.open) {
      app.refuse(id, UNKNOWN_TRANSACTION);
      return;
    }
    if (line === undefined) {
      app.refuse(id, 'Unknown server error sending response');
      return;
    }
    const { transaction } = incoming;
    const { request, flow } = transaction;
    if (flow.closed) {
      this.incoming.forget(incoming);
      app.refuse(id, 'transport for response has been shutdown or closed');
      return;
    }
    if (lacksContentType(message)) {
      app.refuse(id, 'missing content-type');
      return;
    }
    const reliably =
      line.status > 100 && line.status < 200 && asksForPrack(appHeader(message, 'require'));
    if (reliably && !supports(request, '100rel')) {
      app.refuse(id, 'Remote endpoint does not support 100rel');
      return;
    }
    this.fixTag(incoming, appHeader(message, 'to'), line.status);
    const { localTag, inDialog } = incoming;
    const response = appResponse({ request, flow, localTag, inDialog, line, message });
    if (!this.noteDialog(incoming, response.status)) {
      app.refuse(id, UNKNOWN_TRANSACTION);
      return;
    }
    if (reliably) this.makeReliable(incoming, response);
    this.settleSession(incoming, response);
    const data = transaction.respond(response);
    app.answer(
      id,
      [
        'OK',
        'application',
        ...about(data.length, flow, flow.remote),
        incoming.id,
        dialogIdFor(incoming),
        '',
        'Msg sent:',
        '',
      ],
      data,
    );
    incoming.stopLimit();
    if (response.status >= 200) this.finish(incoming, response, data);
  }

  /** The first response decides the tag; the application may choose it. */
  private fixTag(incoming: Incoming, to: string | undefined, status: number): void {
    if (incoming.tagFixed || status === 100) return;
    incoming.tagFixed = true;
    const chosen = to === undefined ? undefined : parseNameAddr(to)?.params.get('tag');
    if (chosen !== undefined && chosen !== '') incoming.localTag = chosen;
  }

  /** Makes, confirms or removes the dialog that a response is about. False: the dialog is gone. */
  private noteDialog(incoming: Incoming, status: number): boolean {
    const { transaction, localTag, app, inDialog } = incoming;
    const { request, flow } = transaction;
    if (status === 100) return true;
    if (inDialog) {
      if (
        status >= 200 &&
        status < 300 &&
        ['INVITE', 'UPDATE', 'SUBSCRIBE'].includes(request.method)
      )
        incoming.dialog?.refresh(request, flow);
      return true;
    }
    if (request.method !== 'INVITE' && (request.method !== 'SUBSCRIBE' || status < 200))
      return true;
    if (status >= 300) {
      if (incoming.dialog !== undefined) this.core.dialogs.remove(incoming.dialog);
      return true;
    }
    if (incoming.dialog === undefined) {
      incoming.dialog = new Dialog({ role: 'uas', request, localTag, flow, app });
      this.core.dialogs.add(incoming.dialog);
    }
    if (incoming.dialog.state === 'ended') return false;
    if (status >= 200) incoming.dialog.state = 'confirmed';
    return true;
  }

  private settleSession({ transaction, dialog }: Incoming, response: SipResponse): void {
    const { request } = transaction;
    const settles = request.method === 'INVITE' || request.method === 'UPDATE';
    if (!settles || response.status < 200 || response.status >= 300) {
      response.headers.delete('session-expires');
      return;
    }
    const session = answerSession(request, response);
    if (dialog === undefined) return;
    if (response.body.length > 0) dialog.localSdp = response.body;
    this.options.keepSession(dialog, session);
  }

  private makeReliable(incoming: Incoming, response: SipResponse): void {
    const { layer } = this.core;
    incoming.reliable ??= new Reliable(layer, incoming.transaction, () =>
      this.incoming.giveUp(incoming, 504),
    );
    incoming.reliable.send(response);
  }

  private finish(incoming: Incoming, response: SipResponse, data: Buffer): void {
    const { request, flow } = incoming.transaction;
    const { method } = request;
    this.incoming.forget(incoming);
    const success = response.status < 300;
    if (method === 'INVITE' && !incoming.inDialog) {
      if (success) this.core.cdr('start', 'application', response, 'uas');
      else this.core.cdr('stop', 'application', response, 'call-rejected');
    }
    if (success && (method === 'REGISTER' || method === 'SUBSCRIBE'))
      this.core.cache.learn(request, response, flow);
    if (success && method === 'INVITE' && incoming.dialog !== undefined)
      this.awaitAck(incoming, incoming.dialog, data);
    if (method === 'NOTIFY' && incoming.dialog?.method === 'SUBSCRIBE' && isTerminal(request))
      this.core.dialogs.remove(incoming.dialog);
  }

  private awaitAck(incoming: Incoming, dialog: Dialog, data: Buffer): void {
    const { layer } = this.core;
    const { request, flow } = incoming.transaction;
    const { t1, t2 } = layer.timers;
    const stopRepeating = repeat(layer.after, t1, t2, () => layer.transmit(data, flow));
    const number = request.cseq?.number ?? 0;
    const stopWaiting = layer.after(64 * t1, () => {
      stopRepeating();
      dialog.unacknowledged.delete(number);
      if (dialog.afterAck.length > 0) for (const run of dialog.afterAck.splice(0)) run();
      else this.options.hangUp(dialog, 'ACK timeout');
    });
    dialog.unacknowledged.get(number)?.stop();
    dialog.unacknowledged.set(number, {
      transactionId: incoming.id,
      stop: () => {
        stopRepeating();
        stopWaiting();
      },
    });
  }
}

function dialogIdFor({ transaction, dialog, inDialog }: Incoming): string {
  const { request } = transaction;
  if (request.method === 'BYE') return '';
  if (dialog !== undefined && inDialog) return dialog.id;
  const opens = request.method === 'INVITE' || request.method === 'SUBSCRIBE';
  return opens ? dialogIdOf(request.callId, request.fromTag) : '';
}

function asksForPrack(require: string | undefined): boolean {
  return require?.toLowerCase().includes('100rel') ?? false;
}

function supports(request: SipRequest, option: string): boolean {
  return ['supported', 'require'].some((key) =>
    request.headers.list(key).some((value) => value.toLowerCase() === option),
  );
}
