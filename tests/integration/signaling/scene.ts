/**
 * The signaling application on a real drachtio server, with a page and a phone made of bytes and a
 * media engine that does what a test tells it: every message of a call and every engine command is
 * the test's to say and to see.
 */
import { expect } from 'vitest';
import type { BridgeEvent } from '../../../common/events.ts';
import { Signaling, type SignalingOptions } from '../../../signaling/application.ts';
import type { CallMedia, MediaLeg, MediaPeer } from '../../../signaling/media.ts';
import type { SipMessage, SipRequest, SipResponse } from '../../../signaling/sip/message.ts';
import { parseChallenge, writeAuthorization, type Challenge } from '../../../softphone/digest.ts';
import { testDrachtio, type TestDrachtio } from '../../support/drachtio.ts';
import { SDP, text, udpPeer, unique, wsPeer, type Peer } from '../drachtio/peer.ts';

/** What pages log in with. */
export const PAGE_LOGIN = { user: 'page-of-this-run', password: 'page secret' };

/** What the scripted engine makes of the phone's offer and of the page's answer. */
export const PAGE_OFFER = SDP.replace('4000', '6000');
export const PAGE_ANSWER = SDP.replace('4000', '6002');
export const PHONE_ANSWER = SDP.replace('4000', '6004');

/** Answers at once unless a test puts its own function in place; remembers what it was asked. */
export class ScriptedMedia implements CallMedia {
  readonly asked: string[] = [];
  /** The same with everything that was said. */
  readonly said: { what: string; leg: MediaLeg; sdp?: string; to?: MediaPeer | undefined }[] = [];
  onOffer: () => Promise<string> = () => Promise.resolve(PAGE_OFFER);
  onAnswer: () => Promise<string> = () => Promise.resolve(PHONE_ANSWER);
  onRelease: () => Promise<void> = () => Promise.resolve();

  offer(leg: MediaLeg, sdp: string, to?: MediaPeer): Promise<string> {
    this.#note('offer', { leg, sdp, to });
    return this.onOffer();
  }

  answer(leg: MediaLeg, sdp: string, to?: MediaPeer): Promise<string> {
    this.#note('answer', { leg, sdp, to });
    return this.onAnswer();
  }

  release(leg: MediaLeg): Promise<void> {
    this.#note('release', { leg });
    return this.onRelease();
  }

  #note(what: string, rest: { leg: MediaLeg; sdp?: string; to?: MediaPeer | undefined }): void {
    this.asked.push(what);
    this.said.push({ what, ...rest });
  }
}

/** A promise that a test settles when it wants to. */
export function held<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: Error) => void;
} {
  const hold: { resolve?: (value: T) => void; reject?: (error: Error) => void } = {};
  const promise = new Promise<T>((resolve, reject) => Object.assign(hold, { resolve, reject }));
  return {
    promise,
    resolve: (value) => hold.resolve?.(value),
    reject: (error) => hold.reject?.(error),
  };
}

export class Scene {
  readonly media = new ScriptedMedia();
  readonly log: string[] = [];
  readonly events: BridgeEvent[] = [];
  readonly drachtio: TestDrachtio;
  readonly signaling: Signaling;
  readonly phone: Peer;
  private readonly peers: Peer[];

  private constructor(drachtio: TestDrachtio, phone: Peer, options: Partial<SignalingOptions>) {
    this.drachtio = drachtio;
    this.phone = phone;
    this.peers = [phone];
    this.signaling = new Signaling({
      drachtio: drachtio.admin,
      media: this.media,
      pageUrl: () => 'http://localhost:1',
      pages: PAGE_LOGIN,
      // A slow machine is no frozen page.
      pageReactionMs: 60_000,
      log: (level, message) => this.log.push(`${level} ${message}`),
      changed: () => undefined,
      tell: (event) => this.events.push(event),
      ...options,
    });
  }

  static async start(
    options: Partial<SignalingOptions> = {},
    server: Parameters<typeof testDrachtio>[0] | TestDrachtio = {},
  ): Promise<Scene> {
    const drachtio = 'admin' in server && 'sip' in server ? server : await testDrachtio(server);
    const scene = new Scene(drachtio, await udpPeer(drachtio.sip('udp')), options);
    await scene.signaling.connect();
    return scene;
  }

  async close(): Promise<void> {
    for (const peer of this.peers) peer.agrees = true;
    await this.signaling.close();
    await Promise.all(this.peers.map((peer) => peer.close()));
    await this.drachtio.close();
  }

  /** A connection as a page makes one. */
  async webSocket(): Promise<Peer> {
    const peer = await wsPeer(this.drachtio.sip('ws'));
    this.peers.push(peer);
    return peer;
  }

  /** A page, connected and registered. */
  async page(): Promise<WebPage> {
    const page = new WebPage(await this.webSocket());
    await page.register();
    return page;
  }

  /** The phone registers as that user, to be called. */
  async registerPhone(user = 'agent001', phone = this.phone): Promise<void> {
    const { port } = phone.local;
    phone.send(
      text(phone, 'REGISTER', {
        to: `<sip:${user}@127.0.0.1>`,
        headers: [`Contact: <sip:${user}@127.0.0.1:${port};ob>`, 'Expires: 300'],
      }),
    );
    await phone.response(200, 'REGISTER');
  }

  /** A second phone, registered, to be called by the first. */
  async otherPhone(user: string): Promise<{ rung(): Promise<PhoneLeg> }> {
    const phone = await udpPeer(this.drachtio.sip('udp'));
    this.peers.push(phone);
    await this.registerPhone(user, phone);
    return { rung: async () => new PhoneLeg(phone, await phone.request('INVITE')) };
  }

  /** The phone is rung. */
  async phoneRung(): Promise<PhoneLeg> {
    return new PhoneLeg(this.phone, await this.phone.request('INVITE'));
  }

  /** A call of the same phone to a number. */
  dialTo(number: string, fromTag: string, headers: readonly string[] = []): PhoneCall {
    const call = new PhoneCall(this.phone, { fromTag });
    call.invite(headers, number);
    return call;
  }

  dial(options: { callId?: string; fromTag?: string; sdp?: string } = {}): PhoneCall {
    const call = new PhoneCall(this.phone, options);
    call.invite([], 'app', options.sdp);
    return call;
  }

  /** The ends of an answered call. */
  async answered(page: WebPage): Promise<{ call: PhoneCall; leg: PageLeg }> {
    const call = this.dial();
    const leg = await page.rung();
    leg.answer(200, PAGE_ANSWER);
    const ok = await call.response(200);
    expect(ok.body.toString()).toBe(PHONE_ANSWER);
    call.request('ACK');
    await leg.request('ACK');
    await expect.poll(() => this.signaling.calls[0]?.state).toBe('answered');
    return { call, leg };
  }

  /** Nothing of any call is left, and the engine was told once. */
  async gone(): Promise<void> {
    await expect.poll(() => this.signaling.calls).toEqual([]);
    const released = this.media.said.filter(
      ({ what, leg }) => what === 'release' && leg.branch === undefined,
    );
    expect(released).toHaveLength(1);
  }
}

export class WebPage {
  readonly peer: Peer;
  readonly uri = `sip:${unique('page')}@browser.invalid;transport=ws`;
  #challenge: Challenge | undefined;
  #nonceCount = 0;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  /** Without credentials, and then with those asked for. */
  async register(
    headers: readonly string[] = ['Expires: 300'],
    password = PAGE_LOGIN.password,
  ): Promise<void> {
    const callId = unique('registration');
    this.#register(callId, 1, headers);
    const refusal = await this.peer.response(401, 'REGISTER');
    this.#challenge = parseChallenge(refusal.headers.get('www-authenticate') ?? '');
    this.#register(callId, 2, [...headers, this.login('REGISTER', 'sip:app@127.0.0.1', password)]);
    const answer = (await this.peer.next((m) => m.kind === 'response')) as SipResponse;
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.reason}`);
  }

  /** The header that a request needs; a nonce serves as often as its count goes up. */
  login(method: string, uri: string, password = PAGE_LOGIN.password): string {
    if (!this.#challenge) throw new Error('no challenge');
    const request = { method, uri, cnonce: 'c', nonceCount: ++this.#nonceCount };
    const credentials = { username: PAGE_LOGIN.user, password };
    return `Authorization: ${writeAuthorization(this.#challenge, credentials, request)}`;
  }

  #register(callId: string, cseq: number, headers: readonly string[]): void {
    this.peer.send(
      text(this.peer, 'REGISTER', {
        callId,
        cseq,
        via: 'SIP/2.0/WS browser.invalid',
        to: '<sip:page@127.0.0.1>',
        headers: [`Contact: <${this.uri}>`, ...headers],
      }),
    );
  }

  /** Calls somebody. */
  dial(uri: string, headers: readonly string[] = []): PageCall {
    const call = new PageCall(this, uri);
    call.invite(headers);
    return call;
  }

  async rung(): Promise<PageLeg> {
    const invite = await this.peer.request('INVITE');
    expect(invite.body.toString()).toBe(PAGE_OFFER);
    return new PageLeg(this, invite);
  }
}

/** A call that a page makes. */
export class PageCall {
  readonly callId = unique('pagecall');
  private readonly page: WebPage;
  private readonly branch = unique('z9hG4bK');
  private readonly uri: string;
  private to: string;

  constructor(page: WebPage, uri: string) {
    this.page = page;
    this.uri = uri;
    this.to = `<${uri}>`;
  }

  invite(headers: readonly string[] = []): void {
    const contact = `Contact: <${this.page.uri}>`;
    const login = this.page.login('INVITE', this.uri);
    this.send('INVITE', [contact, login, 'Content-Type: application/sdp', ...headers], SDP);
  }

  cancel(): void {
    this.send('CANCEL');
  }

  request(method: string): void {
    this.send(method);
  }

  /** A response to the INVITE; failures are acknowledged. */
  async response(status: number): Promise<SipMessage & { kind: 'response' }> {
    const response = await this.page.peer.response(status, 'INVITE');
    this.to = response.headers.get('to') ?? '';
    if (status >= 200) this.send('ACK');
    return response;
  }

  /** A request of the bridge in this call, answered with 200. */
  async asked(method: string): Promise<SipRequest> {
    const { peer } = this.page;
    const request = (await peer.next(
      (m) => m.kind === 'request' && m.method === method && m.callId === this.callId,
    )) as SipRequest;
    peer.answer(request, 200);
    return request;
  }

  private send(method: string, headers: readonly string[] = [], sdp = ''): void {
    const first = ['INVITE', 'CANCEL', 'ACK'].includes(method);
    this.page.peer.send(
      text(this.page.peer, method, {
        uri: this.uri,
        via: 'SIP/2.0/WS browser.invalid',
        callId: this.callId,
        fromTag: 'webpage',
        to: this.to,
        branch: first ? this.branch : unique('z9hG4bK'),
        cseq: first ? 1 : 2,
        headers,
      }).replace('sip:alice@', 'sip:page@'),
      sdp,
    );
  }
}

/** A phone that is rung. */
export class PhoneLeg {
  readonly invite: SipRequest;
  private readonly phone: Peer;

  constructor(phone: Peer, invite: SipRequest) {
    this.phone = phone;
    this.invite = invite;
  }

  answer(status: number, sdp = '', headers: readonly string[] = []): void {
    const contact = this.contact();
    this.phone.answer(this.invite, status, [contact, ...headers].join('\n'), sdp);
  }

  /** Answers a re-INVITE. */
  answerTo(invite: SipRequest, sdp: string): void {
    const contact = this.contact();
    this.phone.answer(invite, 200, contact, sdp);
  }

  refuse(status: number, header = ''): void {
    this.phone.answer(this.invite, status, header);
  }

  hangUp(): void {
    this.send('BYE');
  }

  ack(): void {
    this.send('ACK');
  }

  /** A re-INVITE of its own. */
  offer(sdp: string): void {
    this.send('INVITE', [this.contact(), 'Content-Type: application/sdp'], sdp);
  }

  /** The next such request of this leg; answered with 200 unless it is an ACK. */
  async request(method: string): Promise<SipRequest> {
    const request = (await this.phone.next(
      (m) => m.kind === 'request' && m.method === method && m.callId === this.invite.callId,
    )) as SipRequest;
    if (method !== 'ACK') this.phone.answer(request, 200);
    return request;
  }

  private send(method: string, headers: readonly string[] = [], sdp = ''): void {
    this.phone.send(
      text(this.phone, method, {
        uri: 'sip:127.0.0.1',
        callId: this.invite.callId,
        fromTag: 'peer',
        to: this.invite.headers.get('from') ?? '',
        headers,
      }),
      sdp,
    );
  }

  private contact(): string {
    const { address, port } = this.phone.local;
    return `Contact: <sip:agent001@${address}:${port}>`;
  }
}

export class PageLeg {
  readonly invite: SipRequest;
  private readonly page: WebPage;

  constructor(page: WebPage, invite: SipRequest) {
    this.page = page;
    this.invite = invite;
  }

  answer(status: number, sdp = ''): void {
    this.page.peer.answer(this.invite, status, `Contact: <${this.page.uri}>`, sdp);
  }

  /** The next such request of this leg; answered with 200 unless it is an ACK. */
  async request(method: string): Promise<SipRequest> {
    const { peer } = this.page;
    const request = (await peer.next(
      (m) => m.kind === 'request' && m.method === method && m.callId === this.invite.callId,
    )) as SipRequest;
    if (method !== 'ACK') peer.answer(request, 200);
    return request;
  }

  hangUp(reason?: string): void {
    this.page.peer.send(
      text(this.page.peer, 'BYE', {
        uri: 'sip:127.0.0.1',
        via: 'SIP/2.0/WS browser.invalid',
        callId: this.invite.callId,
        fromTag: 'peer',
        to: this.invite.headers.get('from') ?? '',
        headers: reason === undefined ? [] : [`Reason: ${reason}`],
      }),
    );
  }
}

export class PhoneCall {
  readonly callId: string;
  private readonly fromTag: string;
  private readonly phone: Peer;
  private readonly branch = unique('z9hG4bK');
  private to = '<sip:app@127.0.0.1>';
  private cseq = 1;

  constructor(phone: Peer, { callId = unique('call'), fromTag = 'alice' } = {}) {
    this.phone = phone;
    this.callId = callId;
    this.fromTag = fromTag;
  }

  invite(headers: readonly string[] = [], number = 'app', sdp = SDP): void {
    this.phone.send(
      text(this.phone, 'INVITE', {
        uri: `sip:${number}@127.0.0.1`,
        callId: this.callId,
        fromTag: this.fromTag,
        branch: this.branch,
        headers: [
          `Contact: <sip:alice@127.0.0.1:${this.phone.local.port}>`,
          ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
          ...headers,
        ],
      }),
      sdp,
    );
  }

  /** A request inside the dialog that may hold a description; INVITE and UPDATE, and their ACK. */
  offer(method: 'INVITE' | 'UPDATE' | 'ACK', sdp: string, cseq: number): void {
    const { callId, fromTag, to } = this;
    this.cseq = cseq;
    const headers = [
      `Contact: <sip:alice@127.0.0.1:${this.phone.local.port}>`,
      ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
    ];
    this.phone.send(text(this.phone, method, { callId, fromTag, to, cseq, headers }), sdp);
  }

  /** A response to the INVITE; failures are acknowledged. */
  async response(status: number): Promise<SipMessage & { kind: 'response' }> {
    const response = (await this.phone.next(
      (m) =>
        m.kind === 'response' &&
        m.status === status &&
        m.cseq?.method === 'INVITE' &&
        m.callId === this.callId &&
        m.fromTag === this.fromTag,
    )) as SipMessage & { kind: 'response' };
    this.to = response.headers.get('to') ?? '';
    if (status >= 300) this.request('ACK', this.branch);
    return response;
  }

  cancel(): void {
    this.request('CANCEL', this.branch);
  }

  request(
    method: string,
    branch = unique('z9hG4bK'),
    { headers = [], body = '' }: { headers?: readonly string[]; body?: string } = {},
  ): void {
    const cseq = method === 'ACK' || method === 'CANCEL' ? 1 : ++this.cseq;
    const to = method === 'CANCEL' ? '<sip:app@127.0.0.1>' : this.to;
    const { callId, fromTag } = this;
    this.phone.send(text(this.phone, method, { callId, fromTag, branch, to, cseq, headers }), body);
  }

  /** A request with a body, or with headers that matter. */
  say(method: string, headers: readonly string[], body = ''): void {
    this.request(method, unique('z9hG4bK'), { headers, body });
  }

  /** Offers something else inside the call. */
  reinvite(sdp: string): void {
    const contact = `Contact: <sip:alice@127.0.0.1:${this.phone.local.port}>`;
    this.say('INVITE', [contact, 'Content-Type: application/sdp'], sdp);
  }

  /** The To of requests inside the dialog. */
  get remote(): string {
    return this.to;
  }

  /** How a Replaces names this dialog: from the bridge's point of view. */
  get replaces(): string {
    const toTag = /tag=([^;]+)/.exec(this.to)?.[1] ?? '';
    return `${this.callId};to-tag=${toTag};from-tag=${this.fromTag}`;
  }

  /** A request of the bridge in this call, answered with 200. */
  async asked(method: string): Promise<SipRequest> {
    const request = (await this.phone.next(
      (m) => m.kind === 'request' && m.method === method && m.callId === this.callId,
    )) as SipRequest;
    this.phone.answer(request, 200);
    return request;
  }
}
