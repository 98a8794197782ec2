/**
 * Requests from the network: 100 Trying, the choice of the application, its responses, CANCEL, and
 * what the server answers alone. 2xx responses to INVITE are repeated until their ACK.
 * RFC 3261 §8.2, §9.2, §13.3: https://www.rfc-editor.org/rfc/rfc3261#section-13.3
 */
import { responseTo } from '../sip/build.ts';
import { newTag } from '../sip/ids.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { parseNameAddr } from '../sip/name-addr.ts';
import type { ServerTransaction } from '../sip/server-transaction.ts';
import { repeat } from '../sip/timers.ts';
import { parseDecimal } from '../sip/tokens.ts';
import type { App } from './admin-server.ts';
import { appHeader } from './app-headers.ts';
import type { Command } from './command.ts';
import { appResponse, lacksContentType, parseStatusLine } from './compose.ts';
import { about, newTransactionId, UNKNOWN_TRANSACTION, type Core } from './core.ts';
import { Dialog, dialogIdOf } from './dialog.ts';
import { Reliable } from './reliable.ts';
import { answerSession, refuseShortSession, type Session } from './session-timer.ts';

/** Methods that only make sense inside a dialog. */
const DIALOG_ONLY = new Set(['BYE', 'UPDATE', 'PRACK']);
/** Methods for which a To tag of their own does not mean a dialog. */
const NEVER_IN_DIALOG = new Set(['REGISTER', 'PUBLISH']);
/** Known methods that no application asked for get 503; REFER and unknown ones 405 and 501. */
const SERVED = new Set([
  'INVITE',
  'REGISTER',
  'OPTIONS',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'INFO',
  'PUBLISH',
]);

/** A request that an application has to answer. */
interface Incoming {
  readonly id: string;
  readonly transaction: ServerTransaction;
  readonly app: App;
  /** The dialog it came in, or the one that a response to it made. */
  dialog: Dialog | undefined;
  readonly inDialog: boolean;
  localTag: string;
  tagFixed: boolean;
  reliable: Reliable | undefined;
  stopLimit: () => void;
}

export interface UasOptions {
  readonly core: Core;
  /** Ends a dialog with a BYE of the server's own and tells the application. */
  readonly hangUp: (dialog: Dialog, reason: string) => void;
  /** Runs the session timer that a 2xx of ours has settled. */
  readonly keepSession: (dialog: Dialog, session: Session | undefined) => void;
}

export class Uas {
  private readonly core: Core;
  private readonly options: UasOptions;
  private readonly incoming = new Map<string, Incoming>();
  private readonly byTransaction = new Map<ServerTransaction, Incoming>();
  /** INVITEs without a final response, by dialog id. */
  private readonly invites = new Map<string, Incoming>();

  constructor(options: UasOptions) {
    this.core = options.core;
    this.options = options;
  }

  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { method } = request;
    if (method === 'CANCEL') this.cancel(transaction);
    else if (request.toTag !== '' && !NEVER_IN_DIALOG.has(method))
      this.receiveInDialog(transaction);
    else if (DIALOG_ONLY.has(method)) this.reject(transaction, 481);
    else if (parseDecimal(request.headers.get('max-forwards') ?? '70', 255) === 0)
      this.reject(transaction, 483);
    else this.receiveNew(transaction);
  }

  /** The ACK of a 2xx: the repetitions stop, the application is told; a repeated ACK is dropped. */
  acknowledge(ack: SipRequest, flow: ServerTransaction['flow']): void {
    const dialog = this.core.dialogs.of(ack);
    const number = ack.cseq?.number ?? 0;
    const waiting = dialog?.unacknowledged.get(number);
    if (dialog === undefined || waiting === undefined) return;
    waiting.stop();
    dialog.unacknowledged.delete(number);
    const data = ack.toBuffer();
    dialog.app.event(
      [
        'sip',
        'network',
        ...about(data.length, flow, flow.remote),
        waiting.transactionId,
        dialog.id,
        '',
      ],
      data,
    );
    for (const run of dialog.afterAck.splice(0)) run();
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
      this.forget(incoming);
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

  /** The application is gone: what it owes is answered for it. */
  lost(app: App): void {
    for (const incoming of [...this.incoming.values()])
      if (incoming.app === app) this.giveUp(incoming, 503);
  }

  close(): void {
    for (const incoming of [...this.incoming.values()]) this.forget(incoming);
  }

  private receiveNew(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const { method } = request;
    if (method === 'INVITE') {
      const short = refuseShortSession(request, newTag());
      if (short !== undefined) {
        transaction.respond(short);
        return;
      }
      if (this.isMerged(transaction)) {
        this.reject(transaction, 482);
        return;
      }
      transaction.respond(responseTo(request, 100));
    }
    const app = this.core.appFor(method);
    if (app === undefined) {
      this.reject(transaction, SERVED.has(method) ? 503 : method === 'REFER' ? 405 : 501);
      return;
    }
    const incoming = this.track(transaction, app, undefined);
    const data = request.toBuffer();
    const { address, port } = flow.local;
    app.event(
      [
        'sip',
        'network',
        ...about(data.length, flow, flow.remote),
        incoming.id,
        '',
        address,
        port,
        '',
      ],
      data,
    );
  }

  private receiveInDialog(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const { method } = request;
    const { dialogs } = this.core;
    const dialog = dialogs.of(request);
    if (dialog === undefined || dialog.app.closed) {
      if (dialog !== undefined) dialogs.remove(dialog);
      this.reject(transaction, 481);
      return;
    }
    const number = request.cseq?.number ?? 0;
    if (number < dialog.remoteCSeq) {
      this.reject(transaction, 500, 'CSeq out of order');
      return;
    }
    dialog.remoteCSeq = number;
    dialog.adopt(request);
    if (flow.protocol !== 'udp') dialog.flow = flow;
    if (method === 'INVITE') {
      // RFC 3261 §14.2: one INVITE at a time, from either side.
      if (dialog.inviting) {
        this.reject(transaction, 491);
        return;
      }
      if (this.inviteOf(dialog) !== undefined) {
        const busy = responseTo(request, 500, { toTag: newTag() });
        busy.headers.add('Retry-After', String(1 + Math.floor(Math.random() * 10)));
        transaction.respond(busy);
        return;
      }
      transaction.respond(responseTo(request, 100));
    }
    if (method === 'INVITE' || method === 'UPDATE') {
      const short = refuseShortSession(request, dialog.localTag);
      if (short !== undefined) {
        transaction.respond(short);
        return;
      }
    }
    if (method === 'PRACK' && this.inviteOf(dialog)?.reliable?.acknowledge(request) !== true) {
      this.reject(transaction, 481);
      return;
    }
    if (method === 'BYE') {
      const invite = this.inviteOf(dialog);
      if (invite !== undefined && !invite.inDialog) {
        this.byeBeforeAnswer(transaction, invite);
        return;
      }
      if (invite !== undefined) this.giveUp(invite, 487);
      dialogs.remove(dialog);
    }
    const incoming = this.track(transaction, dialog.app, dialog);
    const data = request.toBuffer();
    dialog.app.event(
      ['sip', 'network', ...about(data.length, flow, flow.remote), incoming.id, dialog.id, ''],
      data,
    );
  }

  private cancel(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const invite = this.core.layer.inviteOf(request);
    if (invite === undefined) {
      this.reject(transaction, 481);
      return;
    }
    const incoming = this.byTransaction.get(invite);
    transaction.respond(responseTo(request, 200, { toTag: incoming?.localTag ?? newTag() }));
    // After a final response a CANCEL has no effect. RFC 3261 §9.2.
    if (incoming === undefined || !invite.open) return;
    const dialogId = incoming.dialog?.id ?? '';
    this.giveUp(incoming, 487);
    const data = request.toBuffer();
    incoming.app.event(
      ['sip', 'network', ...about(data.length, flow, flow.remote), incoming.id, dialogId, ''],
      data,
    );
  }

  /** A caller may hang up an unanswered call by BYE; the application hears of a cancelled INVITE. */
  private byeBeforeAnswer(transaction: ServerTransaction, invite: Incoming): void {
    const { request, flow } = transaction;
    transaction.respond(responseTo(request, 200));
    const dialogId = invite.dialog?.id ?? '';
    this.giveUp(invite, 487);
    const text = request
      .toString()
      .replace(/^BYE /, 'CANCEL ')
      .replace(/\r\nCSeq:[^\r]*/i, () => {
        const number = invite.transaction.request.cseq?.number ?? 0;
        return `\r\nCSeq: ${number} CANCEL`;
      });
    invite.app.event(
      ['sip', 'network', ...about(text.length, flow, flow.remote), invite.id, dialogId, ''],
      Buffer.from(text),
    );
  }

  private track(transaction: ServerTransaction, app: App, dialog: Dialog | undefined): Incoming {
    const { layer } = this.core;
    const { t1 } = layer.timers;
    const invite = transaction.request.method === 'INVITE';
    const incoming: Incoming = {
      id: newTransactionId(),
      transaction,
      app,
      dialog,
      inDialog: dialog !== undefined,
      localTag: dialog?.localTag ?? newTag(),
      tagFixed: dialog !== undefined,
      reliable: undefined,
      // 64 s with the default timers, until the application says something.
      stopLimit: layer.after((invite ? 128 : 64) * t1, () => {
        this.core.log('warn', 'The application did not answer a request in time.', {
          callId: transaction.request.callId,
          method: transaction.request.method,
        });
        this.giveUp(incoming, invite ? 504 : 500);
      }),
    };
    this.incoming.set(incoming.id, incoming);
    this.byTransaction.set(transaction, incoming);
    if (invite) this.invites.set(inviteKey(incoming), incoming);
    return incoming;
  }

  /** Answers for the application and forgets the request. */
  private giveUp(incoming: Incoming, status: number): void {
    const { transaction, localTag, dialog, inDialog } = incoming;
    if (transaction.open)
      transaction.respond(responseTo(transaction.request, status, { toTag: localTag }));
    if (dialog !== undefined && !inDialog) this.core.dialogs.remove(dialog);
    this.forget(incoming);
  }

  private forget(incoming: Incoming): void {
    incoming.stopLimit();
    incoming.reliable?.stop();
    this.incoming.delete(incoming.id);
    this.byTransaction.delete(incoming.transaction);
    const key = inviteKey(incoming);
    if (this.invites.get(key) === incoming) this.invites.delete(key);
  }

  private reject(transaction: ServerTransaction, status: number, reason?: string): void {
    const response = responseTo(transaction.request, status, {
      ...(reason !== undefined && { reason }),
      toTag: newTag(),
    });
    if (status === 405)
      response.headers.add('Allow', [...SERVED, 'ACK', 'BYE', 'CANCEL'].join(', '));
    transaction.respond(response);
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
      this.giveUp(incoming, 504),
    );
    incoming.reliable.send(response);
  }

  private finish(incoming: Incoming, response: SipResponse, data: Buffer): void {
    const { request, flow } = incoming.transaction;
    const { method } = request;
    this.forget(incoming);
    const success = response.status < 300;
    if (success && (method === 'REGISTER' || method === 'SUBSCRIBE'))
      this.core.cache.learn(request, response, flow);
    if (success && method === 'INVITE' && incoming.dialog !== undefined)
      this.awaitAck(incoming, incoming.dialog, data);
    if (method === 'NOTIFY' && incoming.dialog?.method === 'SUBSCRIBE' && endsSubscription(request))
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

  /** The INVITE of a dialog that the application has not answered yet. */
  private inviteOf(dialog: Dialog): Incoming | undefined {
    return this.invites.get(dialog.id);
  }

  /** The same call came over two ways. RFC 3261 §8.2.2.2. */
  private isMerged(transaction: ServerTransaction): boolean {
    const { request } = transaction;
    const id = dialogIdOf(request.callId, request.fromTag);
    return this.invites.has(id) || this.core.dialogs.get(id)?.role === 'uas';
  }
}

function inviteKey({ dialog, transaction }: Incoming): string {
  const { request } = transaction;
  return dialog?.id ?? dialogIdOf(request.callId, request.fromTag);
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

function endsSubscription(notify: SipRequest): boolean {
  return /^terminated\b/i.test(notify.headers.get('subscription-state') ?? '');
}
