/**
 * Proxying on behalf of applications: the `proxy` command, which hands a pending request over for
 * good, and the requests of dialogs in whose route we have stayed. The application hears of the final
 * responses and of nothing else; what follows is the server's affair.
 * RFC 3261 §16: https://www.rfc-editor.org/rfc/rfc3261#section-16
 */
import { responseTo } from '../sip/build.ts';
import { newTag } from '../sip/ids.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { parseNameAddr } from '../sip/name-addr.ts';
import type { ServerTransaction } from '../sip/server-transaction.ts';
import { parseDecimal } from '../sip/tokens.ts';
import type { Flow } from '../sip/transport.ts';
import { parseUri } from '../sip/uri.ts';
import type { App } from './admin-server.ts';
import type { ProxyCommand } from './command.ts';
import { about, stackTime, type Core } from './core.ts';
import { isOwnRoute, nextOf, withoutOwnRoutes } from './forward.ts';
import type { IncomingRequests } from './incoming.ts';
import { forwardAck, ProxySession, type ProxyEvents, type Target } from './proxy-session.ts';

export class Proxies {
  private readonly core: Core;
  private readonly incoming: IncomingRequests;
  private readonly sessions = new Map<ServerTransaction, ProxySession>();

  constructor(core: Core, incoming: IncomingRequests) {
    this.core = core;
    this.incoming = incoming;
  }

  /** The application hands a request over. */
  proxy(app: App, command: ProxyCommand): void {
    const { id, transactionId, fullResponse } = command;
    const incoming = this.incoming.get(transactionId);
    if (incoming?.app !== app || !incoming.transaction.open) {
      app.refuse(id, `Unknown transaction id: ${transactionId}`);
      return;
    }
    const { transaction } = incoming;
    const { request } = transaction;
    const targets = this.targetsOf(request, command.destinations);
    if (targets === undefined) {
      app.refuse(id, 'error proxying request to an invalid uri');
      return;
    }
    this.incoming.forget(incoming);
    const { cdr } = this.core;
    const invite = request.method === 'INVITE';
    this.begin(
      transaction,
      { ...command, targets, added: command.message },
      {
        sent: (sent) => {
          if (invite) cdr('attempt', 'application', sent);
        },
        final: (response, flow) => {
          if (fullResponse) report(app, id, response, flow);
          if (invite && response.status < 300) cdr('start', 'network', response, 'proxy-uac');
        },
        done: (response) => {
          if (fullResponse) app.answer(id, ['OK', 'done']);
          if (!invite) return;
          if (response.status < 300) cdr('start', 'application', response, 'proxy-uas');
          else
            cdr(
              'stop',
              'application',
              response,
              response.status === 487 ? 'call-canceled' : 'call-rejected',
            );
        },
      },
    );
    if (!fullResponse) app.answer(id, ['OK', 'done']);
  }

  /** Passes on what belongs to a route that we are in. False: it does not. */
  follow(transaction: ServerTransaction): boolean {
    const { request } = transaction;
    if (!isOwnRoute(request)) return false;
    const onward = withoutOwnRoutes(request);
    const next = nextOf(onward);
    const refusal =
      parseDecimal(request.headers.get('max-forwards') ?? '70', 255) === 0
        ? 483
        : next === undefined
          ? 416
          : undefined;
    if (refusal !== undefined || next === undefined) {
      transaction.respond(responseTo(request, refusal ?? 416, { toTag: newTag() }));
      return true;
    }
    if (request.method === 'BYE') this.core.cdr('stop', 'network', request, 'normal-release');
    if (request.method === 'INVITE') transaction.respond(responseTo(request, 100));
    this.begin(
      transaction,
      {
        targets: [{ uri: onward.uri, next }],
        simultaneous: false,
        stay: false,
        followRedirects: false,
      },
      { final: () => undefined, done: () => undefined },
      onward,
    );
    return true;
  }

  /** The same for an ACK, which has no transaction. */
  followAck(ack: SipRequest): boolean {
    if (!isOwnRoute(ack)) return false;
    const onward = withoutOwnRoutes(ack);
    const next = nextOf(onward);
    const hops = parseDecimal(ack.headers.get('max-forwards') ?? '70', 255) ?? 70;
    if (next === undefined || hops === 0) return true;
    onward.headers.set('Max-Forwards', String(hops - 1));
    forwardAck(this.core, onward, next);
    return true;
  }

  /** The caller of a proxied INVITE has given up. False: it is not proxied. */
  cancel(invite: ServerTransaction): boolean {
    const session = this.sessions.get(invite);
    session?.cancel();
    return session !== undefined;
  }

  close(): void {
    for (const session of this.sessions.values()) session.close();
    this.sessions.clear();
  }

  private begin(
    transaction: ServerTransaction,
    options: ConstructorParameters<typeof ProxySession>[2],
    events: ProxyEvents,
    onward = transaction.request,
  ): void {
    const stopWatching = transaction.flow.onClose(() => session.cancel());
    const session = new ProxySession(this.core, { transaction, request: onward }, options, {
      ...events,
      done: (response) => {
        stopWatching();
        this.sessions.delete(transaction);
        events.done(response);
      },
    });
    this.sessions.set(transaction, session);
    session.start();
  }

  /**
   * A Request-URI that names us is replaced by the destination; any other stays, and the destination
   * is only the way. RFC 3261 §16.5.
   */
  private targetsOf(request: SipRequest, destinations: readonly string[]): Target[] | undefined {
    const uri = parseUri(request.uri);
    const ours = uri === undefined || this.core.nextHop.isLocal(uri);
    const targets: Target[] = [];
    for (const destination of destinations) {
      const address = parseNameAddr(destination)?.uri ?? destination;
      const next = parseUri(address);
      if (next === undefined) return undefined;
      targets.push({ uri: ours ? address : request.uri, next });
    }
    return targets;
  }
}

/** One final response of one branch, for the application; more follow until `done`. */
function report(app: App, commandId: string, response: SipResponse, flow: Flow | undefined): void {
  const data = response.toBuffer();
  const fields = flow ? about(data.length, flow, flow.remote) : [0, 'udp', '', 0, stackTime()];
  app.answer(commandId, ['OK', 'network', ...fields, '', '', 'continue'], data);
}
