/**
 * Requests from the network that an application has to answer, and how they end when it does not.
 */
import { cancelOf, responseTo } from '../sip/build.ts';
import { newTag } from '../sip/ids.ts';
import type { SipRequest } from '../sip/message.ts';
import type { ServerTransaction } from '../sip/server-transaction.ts';
import type { App } from './admin-server.ts';
import { about, newTransactionId, type Core } from './core.ts';
import { dialogIdOf, type Dialog } from './dialog.ts';
import type { Reliable } from './reliable.ts';

/** A request that an application has to answer. */
export interface Incoming {
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
  stopWatching: () => void;
}

export class IncomingRequests {
  private readonly core: Core;
  private readonly incoming = new Map<string, Incoming>();
  private readonly byTransaction = new Map<ServerTransaction, Incoming>();
  /** INVITEs without a final response, by dialog id. */
  private readonly invites = new Map<string, Incoming>();

  constructor(core: Core) {
    this.core = core;
  }

  get(id: string): Incoming | undefined {
    return this.incoming.get(id);
  }

  of(transaction: ServerTransaction): Incoming | undefined {
    return this.byTransaction.get(transaction);
  }

  track(transaction: ServerTransaction, app: App, dialog: Dialog | undefined): Incoming {
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
      // A browser whose connection is gone cannot take the answer: as if it had hung up.
      stopWatching:
        invite && transaction.flow.protocol === 'ws'
          ? transaction.flow.onClose(() => this.cancel(incoming, 'connection closed'))
          : () => undefined,
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

  /** Ends an unanswered INVITE and tells the application as a CANCEL would. */
  cancel(incoming: Incoming, reason: string): void {
    const { transaction, dialog, app, id } = incoming;
    const { request, flow } = transaction;
    const cancel = cancelOf(request);
    cancel.headers.add('Reason', `SIP;cause=487;text="${reason}"`);
    this.giveUp(incoming, 487);
    if (!incoming.inDialog) this.core.cdr('stop', 'network', cancel, 'call-canceled');
    const data = cancel.toBuffer();
    app.event(
      ['sip', 'network', ...about(data.length, flow, flow.remote), id, dialog?.id ?? '', ''],
      data,
    );
  }

  /** Answers for the application and forgets the request. */
  giveUp(incoming: Incoming, status: number): void {
    const { transaction, localTag, dialog, inDialog } = incoming;
    if (transaction.open)
      transaction.respond(responseTo(transaction.request, status, { toTag: localTag }));
    if (dialog !== undefined && !inDialog) this.core.dialogs.remove(dialog);
    this.forget(incoming);
  }

  /** The request is answered, or no application's any more. */
  forget(incoming: Incoming): void {
    incoming.stopLimit();
    incoming.stopWatching();
    incoming.reliable?.stop();
    this.incoming.delete(incoming.id);
    this.byTransaction.delete(incoming.transaction);
    const key = inviteKey(incoming);
    if (this.invites.get(key) === incoming) this.invites.delete(key);
  }

  /** The INVITE of a dialog that the application has not answered yet. */
  inviteOf(dialog: Dialog): Incoming | undefined {
    return this.invites.get(dialog.id);
  }

  /** The same call came over two ways. RFC 3261 §8.2.2.2. */
  isMerged(request: SipRequest): boolean {
    const id = dialogIdOf(request.callId, request.fromTag);
    return this.invites.has(id) || this.core.dialogs.get(id)?.role === 'uas';
  }

  /** The application is gone: what it owes is answered for it. */
  lost(app: App): void {
    for (const incoming of [...this.incoming.values()])
      if (incoming.app === app) this.giveUp(incoming, 503);
  }

  close(): void {
    for (const incoming of [...this.incoming.values()]) this.forget(incoming);
  }
}

function inviteKey({ dialog, transaction }: Incoming): string {
  const { request } = transaction;
  return dialog?.id ?? dialogIdOf(request.callId, request.fromTag);
}
