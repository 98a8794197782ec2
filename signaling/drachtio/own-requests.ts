/**
 * Requests that no application asked for: the BYE of a call that cannot go on, the ACK of an answer
 * nobody wants any more, and session refreshes.
 * RFC 3261 §15, RFC 4028 §7.4: https://www.rfc-editor.org/rfc/rfc3261#section-15
 */
import type { SipRequest } from '../sip/message.ts';
import { addVia } from '../sip/transaction-layer.ts';
import type { Flow } from '../sip/transport.ts';
import { ownContact } from './app-headers.ts';
import { reasonOfOwn } from './cdr.ts';
import { about, IGNORE, type Core } from './core.ts';
import type { Dialog } from './dialog.ts';
import { routeOf } from './dialog-route.ts';
import type { OutgoingRequests } from './outgoing.ts';
import { MIN_SE, SessionTimer, type Session } from './session-timer.ts';

const SESSION_EXPIRED = 'Session timer expired';

export class OwnRequests {
  private readonly core: Core;
  private readonly outgoing: () => OutgoingRequests;

  constructor(core: Core, outgoing: () => OutgoingRequests) {
    this.core = core;
    this.outgoing = outgoing;
  }

  /** A BYE of the server's own; the application hears of it as `unsolicited`. */
  hangUp(dialog: Dialog, reason: string, tell = true): void {
    if (dialog.state === 'ended') return;
    if (dialog.unacknowledged.size > 0) {
      dialog.afterAck.push(() => this.hangUp(dialog, reason, tell));
      return;
    }
    const request = dialog.request('BYE', dialog.nextCSeq());
    request.headers.add('Reason', `SIP;cause=200;text="${reason}"`);
    this.outgoing().cancelInvites(dialog);
    this.core.dialogs.remove(dialog);
    routeOf(dialog, this.core.nextHop, (hop) => {
      // Nobody can be told any more, but the application has to know.
      const flow =
        hop.kind === 'flow' ? hop.flow : hop.kind === 'unreachable' ? hop.via : dialog.flow;
      addVia(request, flow);
      if (dialog.method === 'INVITE')
        this.core.cdr('stop', 'application', request, reasonOfOwn(reason));
      if (hop.kind === 'flow') this.core.layer.request(request, flow, IGNORE);
      if (!tell) return;
      const data = request.toBuffer();
      dialog.app.event(
        [
          'sip',
          'application',
          ...about(data.length, flow, flow.local),
          'unsolicited',
          dialog.id,
          '',
        ],
        data,
      );
    });
  }

  /** Runs the session timer that was settled, or none. */
  keepSession(dialog: Dialog, session: Session | undefined): void {
    if (dialog.state === 'ended') return;
    const timer =
      session &&
      new SessionTimer(this.core.layer.after, session, {
        refresh: () => this.refresh(dialog, session.seconds),
        expire: () => this.hangUp(dialog, SESSION_EXPIRED),
      });
    dialog.keepSession(timer);
  }

  /** An ACK that no application asked for. */
  acknowledge(dialog: Dialog, invite: SipRequest): void {
    const ack = dialog.request('ACK', invite.cseq?.number ?? 0);
    routeOf(dialog, this.core.nextHop, (hop) => {
      if (hop.kind === 'flow') this.transmitAck(dialog, ack, hop.flow, true);
    });
  }

  transmitAck(dialog: Dialog, ack: SipRequest, flow: Flow, reachable: boolean): void {
    addVia(ack, flow);
    const data = ack.toBuffer();
    if (dialog.answered !== undefined) dialog.answered.ack = data;
    if (reachable) this.core.layer.transmit(data, flow);
  }

  /** By UPDATE where the peer takes it, else by an INVITE with the same description. */
  private refresh(dialog: Dialog, seconds: number): void {
    // An INVITE that is under way refreshes as well.
    if (dialog.inviting || dialog.state === 'ended') return;
    const method = dialog.peerAllows.includes('UPDATE') ? 'UPDATE' : 'INVITE';
    routeOf(dialog, this.core.nextHop, (hop) => {
      if (hop.kind !== 'flow') return;
      const { flow } = hop;
      const request = dialog.request(method, dialog.nextCSeq());
      request.headers
        .add('Contact', ownContact(flow))
        .add('Supported', 'timer')
        .add('Session-Expires', `${seconds};refresher=uac`)
        .add('Min-SE', String(MIN_SE));
      if (method === 'INVITE') {
        dialog.inviting = true;
        if (dialog.localSdp !== undefined) {
          request.headers.add('Content-Type', 'application/sdp');
          request.body = dialog.localSdp;
        }
      }
      addVia(request, flow);
      const outgoing = this.outgoing();
      outgoing.start(
        outgoing.track({ request, flow, app: undefined, dialog, opens: false, refresh: true }),
      );
    });
  }
}
