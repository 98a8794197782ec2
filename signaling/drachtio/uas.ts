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
import { hasLooped } from './forward.ts';
import type { Proxies } from './proxy.ts';
import type { IncomingRequests } from './incoming.ts';
import { refuseShortSession } from './session-timer.ts';

/** Methods that only make sense inside a dialog. */
const DIALOG_ONLY = new Set(['BYE', 'UPDATE', 'PRACK']);
/** Methods for which a To tag of their own does not mean a dialog. */
const NEVER_IN_DIALOG = new Set(['REGISTER', 'PUBLISH']);
/** Known methods that no application asked for get 503, unknown ones 501. */
const SERVED = new Set([
  'INVITE',
  'REGISTER',
  'OPTIONS',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'INFO',
  'PUBLISH',
  'REFER',
]);
/** Every method that can be served, here or by an application. */
const ALLOWED = [...SERVED, ...DIALOG_ONLY, 'ACK', 'CANCEL'].join(', ');
/** Of other URIs no application could make anything. RFC 3261 §8.2.2.1. */
const SCHEMES = /^(?:sips?|tel):/i;

/**
 * Extensions that may be required of us: what the server does itself (100rel, timer) and what an
 * application can do on it. Others are refused for it. RFC 3261 §8.2.2.3.
 */
export const EXTENSIONS: readonly string[] = [
  ...['100rel', 'timer', 'replaces', 'norefersub', 'nosub', 'explicitsub', 'tdialog', 'join'],
  ...['path', 'outbound', 'gruu', 'from-change', 'histinfo', 'privacy', 'eventlist', 'pref'],
  ...['199', 'ice', 'trickle-ice', 'uui', 'siprec', 'record-aware', 'answermode', 'multiple-refer'],
];

export class Uas {
  private readonly core: Core;
  private readonly incoming: IncomingRequests;
  private readonly proxies: Proxies;

  constructor(core: Core, incoming: IncomingRequests, proxies: Proxies) {
    this.core = core;
    this.incoming = incoming;
    this.proxies = proxies;
  }

  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    const { method } = request;
    const unknown = method === 'CANCEL' ? [] : this.unknownExtensions(request);
    if (method === 'CANCEL') this.cancel(transaction);
    else if (hasLooped(request)) this.reject(transaction, 482);
    else if (this.proxies.follow(transaction)) return;
    else if (unknown.length > 0) {
      const refusal = responseTo(request, 420, { toTag: newTag() });
      refusal.headers.add('Unsupported', unknown.join(', '));
      transaction.respond(refusal);
    } else if (request.toTag !== '' && !NEVER_IN_DIALOG.has(method))
      this.receiveInDialog(transaction);
    else if (DIALOG_ONLY.has(method)) this.reject(transaction, 481);
    else if (!SCHEMES.test(request.uri)) this.reject(transaction, 416);
    else if (parseDecimal(request.headers.get('max-forwards') ?? '70', 255) === 0)
      this.reject(transaction, 483);
    else this.receiveNew(transaction);
  }

  /** The ACK of a 2xx: the repetitions stop, the application is told; a repeated ACK is dropped. */
  acknowledge(ack: SipRequest, flow: Flow): void {
    if (this.proxies.followAck(ack)) return;
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
      this.core.cdr('attempt', 'network', request);
    }
    if ((method === 'INVITE' || method === 'SUBSCRIBE') && this.core.isFull()) {
      const full = responseTo(request, 503, { toTag: newTag() });
      full.headers.add('Retry-After', '10');
      transaction.respond(full);
      return;
    }
    const app = this.core.appFor(method);
    if (app === undefined) {
      // Of a REFER a phone must know that it is of no use here; the others may be served later.
      const status = method === 'REFER' ? 405 : SERVED.has(method) ? 503 : 501;
      this.reject(transaction, status);
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
    // RFC 3311 §5.2. drachtio-srf has nobody to give it to while its own re-INVITE is open.
    if (method === 'UPDATE' && dialog.inviting && dialog.state === 'confirmed') {
      this.reject(transaction, 491);
      return;
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
      if (dialog.method === 'INVITE') this.core.cdr('stop', 'network', request, 'normal-release');
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
    if (incoming === undefined && invite.open) {
      transaction.respond(responseTo(request, 200, { toTag: newTag() }));
      this.proxies.cancel(invite);
      return;
    }
    transaction.respond(responseTo(request, 200, { toTag: incoming?.localTag ?? newTag() }));
    // After a final response a CANCEL has no effect. RFC 3261 §9.2.
    if (incoming === undefined || !invite.open) return;
    const dialogId = incoming.dialog?.id ?? '';
    this.incoming.giveUp(incoming, 487);
    if (!incoming.inDialog) this.core.cdr('stop', 'network', request, 'call-canceled');
    const data = request.toBuffer();
    incoming.app.event(
      ['sip', 'network', ...about(data.length, flow, flow.remote), incoming.id, dialogId, ''],
      data,
    );
  }

  private unknownExtensions(request: SipRequest): string[] {
    const { extensions } = this.core;
    return request.headers
      .list('require')
      .filter((option) => option !== '' && !extensions.has(option.toLowerCase()));
  }

  private reject(transaction: ServerTransaction, status: number, reason?: string): void {
    const response = responseTo(transaction.request, status, {
      ...(reason !== undefined && { reason }),
      toTag: newTag(),
    });
    if (status === 405 || status === 501) response.headers.add('Allow', ALLOWED);
    transaction.respond(response);
  }
}
