/**
 * One dialog: the state that in-dialog requests are made from. Early until a 2xx, then confirmed.
 * Its id, `<Call-ID>;from-tag=<caller's tag>`, is what the application knows it by and never
 * changes. RFC 3261 §12: https://www.rfc-editor.org/rfc/rfc3261#section-12
 */
import { Headers } from '../sip/headers.ts';
import { SipRequest, type SipMessage, type SipResponse } from '../sip/message.ts';
import { parseNameAddr, withTag } from '../sip/name-addr.ts';
import type { Flow } from '../sip/transport.ts';
import { hostOf, parseUri } from '../sip/uri.ts';
import type { App } from './admin-server.ts';
import type { SessionTimer } from './session-timer.ts';

export function dialogIdOf(callId: string, callerTag: string): string {
  return `${callId};from-tag=${callerTag}`;
}

/** A 2xx to our INVITE that the application has not acknowledged, or has. */
export interface Answered {
  /** The INVITE, whose CSeq number and credentials the ACK carries. */
  readonly invite: SipRequest;
  /** The ACK as sent, to be sent again when the 2xx comes again. */
  ack?: Buffer;
}

/** A 2xx of ours that is repeated until its ACK. */
export interface Unacknowledged {
  /** Of the INVITE, as the application knows it. */
  readonly transactionId: string;
  readonly stop: () => void;
}

interface DialogStart {
  readonly role: 'uas' | 'uac';
  /** The request that opens the dialog. */
  readonly request: SipRequest;
  readonly localTag: string;
  readonly flow: Flow;
  readonly app: App;
}

export class Dialog {
  readonly id: string;
  readonly role: 'uas' | 'uac';
  readonly method: string;
  readonly callId: string;
  readonly localTag: string;
  readonly app: App;
  /** The connection of the latest request from the peer, or the one our request went out on. */
  flow: Flow;
  state: 'early' | 'confirmed' | 'ended' = 'early';
  remoteTag: string;
  /** The URI that requests are addressed to: the peer's latest Contact. */
  remoteTarget: string;
  routeSet: string[];
  localCSeq: number;
  /** 0 until the peer has sent a request. */
  remoteCSeq: number;
  /** Where the peer really is, when its Contact does not lead there (NAT). */
  source: Flow | undefined;
  /** Our own INVITE in this dialog without a final response. */
  inviting = false;
  answered: Answered | undefined;
  /** The peer answered although we had cancelled: hung up once acknowledged. */
  cancelRace = false;
  /** Our 2xx responses that wait for their ACK, by CSeq number. */
  readonly unacknowledged = new Map<number, Unacknowledged>();
  /** What may only be sent once the peer has our 2xx: a BYE. RFC 3261 §15. */
  readonly afterAck: (() => void)[] = [];
  /** Our latest session description: a refresh by INVITE offers it again. */
  localSdp: Buffer | undefined;
  /** The methods the peer has said it takes. */
  peerAllows: readonly string[] = [];
  private session: SessionTimer | undefined;
  private readonly local: string;
  private remote: string;

  constructor(start: DialogStart) {
    const { role, request, localTag, flow, app } = start;
    const from = request.headers.get('from') ?? '';
    const to = request.headers.get('to') ?? '';
    const number = request.cseq?.number ?? 0;
    this.role = role;
    this.method = request.method;
    this.callId = request.callId;
    this.localTag = localTag;
    this.app = app;
    this.flow = flow;
    this.id = dialogIdOf(request.callId, role === 'uas' ? request.fromTag : localTag);
    this.remoteTag = role === 'uas' ? request.fromTag : '';
    this.local = role === 'uas' ? withTag(to, localTag) : from;
    this.remote = role === 'uas' ? from : to;
    this.remoteTarget = request.uri;
    this.routeSet = [];
    this.localCSeq = role === 'uac' ? number : 0;
    this.remoteCSeq = role === 'uas' ? number : 0;
    if (role === 'uas') {
      this.routeSet = request.headers.list('record-route');
      this.refresh(request, flow);
    }
  }

  /** Takes over what a response to the opening request says (UAC). */
  learn(response: SipResponse, flow: Flow): void {
    const { toTag } = response;
    if (toTag === '' || this.state !== 'early') return;
    this.remoteTag = toTag;
    this.remote = response.headers.get('to') ?? this.remote;
    this.routeSet = response.headers.list('record-route').reverse();
    if (response.status >= 200) this.state = 'confirmed';
    this.refresh(response, flow);
  }

  /** A request from the peer that came before any response to ours (NOTIFY before 2xx). */
  adopt(request: SipRequest): void {
    if (this.remoteTag !== '') return;
    this.remoteTag = request.fromTag;
    this.remote = request.headers.get('from') ?? this.remote;
    this.refresh(request, this.flow);
  }

  /** A target refresh: later requests go to the Contact of this message. */
  refresh(message: SipMessage, flow: Flow): void {
    const uri = parseNameAddr(message.headers.list('contact')[0] ?? '')?.uri;
    if (uri !== undefined) this.remoteTarget = uri;
    const allows = message.headers.list('allow');
    if (allows.length > 0) this.peerAllows = allows;
    this.noteSource(message, flow);
  }

  /** A request of ours in this dialog, complete but for Via, Contact and content. */
  request(method: string, cseq: number, uri?: string): SipRequest {
    const headers = new Headers();
    let target = uri ?? this.remoteTarget;
    const routes = [...this.routeSet];
    const first = routes[0];
    if (first !== undefined && !isLoose(first)) {
      // A strict router wants its own URI in the request line. RFC 3261 §12.2.1.1.
      routes.shift();
      routes.push(`<${target}>`);
      target = parseNameAddr(first)?.uri ?? target;
    }
    for (const route of routes) headers.add('Route', route);
    headers.add('Max-Forwards', '70');
    headers.add('From', this.local);
    headers.add('To', this.remote);
    headers.add('Call-ID', this.callId);
    headers.add('CSeq', `${cseq} ${method}`);
    return new SipRequest(method, target, headers);
  }

  nextCSeq(): number {
    if (this.localCSeq === 0) this.localCSeq = 1;
    return ++this.localCSeq;
  }

  /** The tags are this dialog's, seen from the peer's side. */
  matches(request: SipRequest): boolean {
    if (request.toTag !== this.localTag) return false;
    return this.remoteTag === request.fromTag || (this.role === 'uac' && this.remoteTag === '');
  }

  /** Starts the session timer anew, or stops it. */
  keepSession(timer: SessionTimer | undefined): void {
    this.session?.stop();
    this.session = timer;
  }

  end(): void {
    this.state = 'ended';
    for (const { stop } of this.unacknowledged.values()) stop();
    this.unacknowledged.clear();
    this.keepSession(undefined);
    // A BYE that was held back still needs its response; the peer will say 481.
    for (const run of this.afterAck.splice(0)) run();
  }

  /**
   * A peer behind a NAT writes a Contact that cannot be reached: requests then go to where its
   * message came from. Not with a Record-Route (a proxy knows the way) nor over connections.
   */
  private noteSource(message: SipMessage, flow: Flow): void {
    this.source = undefined;
    if (flow.protocol !== 'udp' || this.routeSet.length > 0) return;
    const uri = parseUri(this.remoteTarget);
    if (uri === undefined) return;
    const { address, port } = flow.remote;
    const elsewhere = uri.host !== hostOf(address).toLowerCase();
    const otherPort = message.kind === 'request' && uri.port !== undefined && uri.port !== port;
    if (elsewhere || otherPort) this.source = flow;
  }
}

function isLoose(route: string): boolean {
  return parseUri(parseNameAddr(route)?.uri ?? '')?.params.has('lr') ?? true;
}

/** All dialogs, found by id for the application and by tags for the network. */
export class Dialogs {
  private readonly byId = new Map<string, Dialog>();

  get size(): number {
    return this.byId.size;
  }

  [Symbol.iterator](): IterableIterator<Dialog> {
    return this.byId.values();
  }

  get(id: string): Dialog | undefined {
    return this.byId.get(id);
  }

  add(dialog: Dialog): void {
    this.byId.get(dialog.id)?.end();
    this.byId.set(dialog.id, dialog);
  }

  /** The dialog a request from the network belongs to, whoever of the two called. */
  of(request: SipRequest): Dialog | undefined {
    for (const callerTag of [request.fromTag, request.toTag]) {
      const dialog = this.byId.get(dialogIdOf(request.callId, callerTag));
      if (dialog?.matches(request)) return dialog;
    }
    return undefined;
  }

  remove(dialog: Dialog): void {
    dialog.end();
    if (this.byId.get(dialog.id) === dialog) this.byId.delete(dialog.id);
  }

  clear(): void {
    for (const dialog of [...this.byId.values()]) this.remove(dialog);
  }
}
