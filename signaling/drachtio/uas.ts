/**
 * Requests from the network: 100 Trying at once, the choice of the application, the dialog they
 * belong to, CANCEL, and what the server answers alone.
 * RFC 3261 §8.2, §9.2, §12.2.2: https://www.rfc-editor.org/rfc/rfc3261#section-8.2
 */
import { responseTo } from '../sip/build.ts';
import { newTag } from '../sip/ids.ts';
import type { SipRequest } from '../sip/message.ts';
import type { ServerTransaction } from '../sip/server-transaction.ts';
import { parseDecimal } from '../sip/tokens.ts';
import type { Flow } from '../sip/transport.ts';
import { about, type Core } from './core.ts';
import type { IncomingRequests } from './incoming.ts';
import { refuseShortSession } from './session-timer.ts';

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

export class Uas {
  private readonly core: Core;
  private readonly incoming: IncomingRequests;

  constructor(core: Core, incoming: IncomingRequests) {
    this.core = core;
    this.incoming = incoming;
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
  acknowledge(ack: SipRequest, flow: Flow): void {
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

  private receiveNew(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const { method } = request;
    if (method === 'INVITE') {
      const short = refuseShortSession(request, newTag());
      if (short !== undefined) {
        transaction.respond(short);
        return;
      }
      if (this.incoming.isMerged(request)) {
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
    const incoming = this.incoming.track(transaction, app, undefined);
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
      if (this.incoming.inviteOf(dialog) !== undefined) {
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
    if (
      method === 'PRACK' &&
      this.incoming.inviteOf(dialog)?.reliable?.acknowledge(request) !== true
    ) {
      this.reject(transaction, 481);
      return;
    }
    if (method === 'BYE') {
      const invite = this.incoming.inviteOf(dialog);
      if (invite !== undefined && !invite.inDialog) {
        // A caller may also hang up an unanswered call by BYE. RFC 3261 §15.1.2.
        transaction.respond(responseTo(request, 200));
        this.incoming.cancel(invite, 'BYE before the answer');
        return;
      }
      if (invite !== undefined) this.incoming.giveUp(invite, 487);
      dialogs.remove(dialog);
    }
    const incoming = this.incoming.track(transaction, dialog.app, dialog);
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
    const incoming = this.incoming.of(invite);
    transaction.respond(responseTo(request, 200, { toTag: incoming?.localTag ?? newTag() }));
    // After a final response a CANCEL has no effect. RFC 3261 §9.2.
    if (incoming === undefined || !invite.open) return;
    const dialogId = incoming.dialog?.id ?? '';
    this.incoming.giveUp(incoming, 487);
    const data = request.toBuffer();
    incoming.app.event(
      ['sip', 'network', ...about(data.length, flow, flow.remote), incoming.id, dialogId, ''],
      data,
    );
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
}
