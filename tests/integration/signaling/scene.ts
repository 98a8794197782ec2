/**
 * The signaling application on a real drachtio server, with a page and a phone made of bytes and a
 * media engine that does what a test tells it: every message of a call and every engine command is
 * the test's to say and to see.
 */
import { expect } from 'vitest';
import type { BridgeEvent } from '../../../common/events.ts';
import { Signaling, type SignalingOptions } from '../../../signaling/application.ts';
import type { CallMedia } from '../../../signaling/media.ts';
import type { SipMessage, SipRequest } from '../../../signaling/sip/message.ts';
import { testDrachtio, type TestDrachtio } from '../../support/drachtio.ts';
import { SDP, text, udpPeer, unique, wsPeer, type Peer } from '../drachtio/peer.ts';

/** What the scripted engine makes of the phone's offer and of the page's answer. */
export const PAGE_OFFER = SDP.replace('4000', '6000');
export const PAGE_ANSWER = SDP.replace('4000', '6002');
export const PHONE_ANSWER = SDP.replace('4000', '6004');

/** Answers at once unless a test puts its own function in place; remembers what it was asked. */
export class ScriptedMedia implements CallMedia {
  readonly asked: string[] = [];
  onOffer: () => Promise<string> = () => Promise.resolve(PAGE_OFFER);
  onAnswer: () => Promise<string> = () => Promise.resolve(PHONE_ANSWER);
  onRelease: () => Promise<void> = () => Promise.resolve();

  offer(): Promise<string> {
    this.asked.push('offer');
    return this.onOffer();
  }

  answer(_leg: unknown, sdp: string): Promise<string> {
    expect(sdp).toBe(PAGE_ANSWER);
    this.asked.push('answer');
    return this.onAnswer();
  }

  release(): Promise<void> {
    this.asked.push('release');
    return this.onRelease();
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
      log: (level, message) => this.log.push(`${level} ${message}`),
      changed: () => undefined,
      tell: (event) => this.events.push(event),
      ...options,
    });
  }

  static async start(
    options: Partial<SignalingOptions> = {},
    server: Parameters<typeof testDrachtio>[0] = {},
  ): Promise<Scene> {
    const drachtio = await testDrachtio(server);
    const scene = new Scene(drachtio, await udpPeer(drachtio.sip('udp')), options);
    await scene.signaling.connect();
    return scene;
  }

  async close(): Promise<void> {
    await this.signaling.close();
    await Promise.all(this.peers.map((peer) => peer.close()));
    await this.drachtio.close();
  }

  /** A page, connected and registered. */
  async page(): Promise<WebPage> {
    const peer = await wsPeer(this.drachtio.sip('ws'));
    this.peers.push(peer);
    const page = new WebPage(peer);
    await page.register();
    return page;
  }

  dial(options: { callId?: string; fromTag?: string } = {}): PhoneCall {
    const call = new PhoneCall(this.phone, options);
    call.invite();
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
    expect(this.media.asked.filter((what) => what === 'release')).toHaveLength(1);
  }
}

export class WebPage {
  readonly peer: Peer;
  readonly uri = `sip:${unique('page')}@browser.invalid;transport=ws`;

  constructor(peer: Peer) {
    this.peer = peer;
  }

  async register(): Promise<void> {
    this.peer.send(
      text(this.peer, 'REGISTER', {
        via: 'SIP/2.0/WS browser.invalid',
        to: '<sip:page@127.0.0.1>',
        headers: [`Contact: <${this.uri}>`, 'Expires: 300'],
      }),
    );
    await this.peer.response(200, 'REGISTER');
  }

  async rung(): Promise<PageLeg> {
    const invite = await this.peer.request('INVITE');
    expect(invite.body.toString()).toBe(PAGE_OFFER);
    return new PageLeg(this, invite);
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

  hangUp(): void {
    this.page.peer.send(
      text(this.page.peer, 'BYE', {
        uri: 'sip:127.0.0.1',
        via: 'SIP/2.0/WS browser.invalid',
        callId: this.invite.callId,
        fromTag: 'peer',
        to: this.invite.headers.get('from') ?? '',
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

  constructor(phone: Peer, { callId = unique('call'), fromTag = 'alice' } = {}) {
    this.phone = phone;
    this.callId = callId;
    this.fromTag = fromTag;
  }

  invite(headers: readonly string[] = []): void {
    this.phone.send(
      text(this.phone, 'INVITE', {
        callId: this.callId,
        fromTag: this.fromTag,
        branch: this.branch,
        headers: [
          `Contact: <sip:alice@127.0.0.1:${this.phone.local.port}>`,
          'Content-Type: application/sdp',
          ...headers,
        ],
      }),
      SDP,
    );
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

  request(method: string, branch = unique('z9hG4bK')): void {
    const cseq = method === 'ACK' || method === 'CANCEL' ? 1 : 2;
    const to = method === 'CANCEL' ? '<sip:app@127.0.0.1>' : this.to;
    const { callId, fromTag } = this;
    this.phone.send(text(this.phone, method, { callId, fromTag, branch, to, cseq }));
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
