/**
 * N calls through a media engine at once: phones of two UDP sockets and pages of a real ICE and
 * DTLS-SRTP stack, each sending 50 packets a second in which the time of
 * sending is written. The packets are spread over the 20 ms, as those of real calls are: an engine
 * that gets them in bunches is woken less often, and looks cheaper and slower than it is.
 */
import { connectRtpengine } from '../../rtpengine/client.ts';
import type { MediaEngine } from '../../rtpengine/engine.ts';
import { ANSWER_TO_PHONE, OFFER_TO_PAGE } from '../../rtpengine/profiles.ts';
import { RtpPage } from '../support/rtp-page.ts';
import { RtpPhone, rtpPacket } from '../support/rtp.ts';
import type { Stack } from './stage.ts';

const PACKET_MS = 20;
const TICK_MS = 1;
const HEADER = 12;
/** Calls that are set up at the same time. */
const BATCH = 10;
/** After the last packet, how long one may be under way. */
const DRAIN_MS = 500;

export interface RelayResult {
  readonly sent: number;
  readonly received: number;
  /** Phone to page and page to phone together. */
  readonly latencies: readonly number[];
}

interface RelayCall {
  readonly phone: RtpPhone;
  readonly page: RtpPage;
  readonly sent: { phone: number; page: number };
}

export class RelayLoad {
  readonly #engine: MediaEngine;
  readonly #stack: Stack;
  readonly #calls: RelayCall[] = [];
  #latencies: number[] = [];
  #received = 0;
  /** Called with each packet that arrives. */
  #arrived: () => void = () => undefined;

  readonly #name: string;

  private constructor(engine: MediaEngine, name: string, stack: Stack) {
    this.#engine = engine;
    this.#name = name;
    this.#stack = stack;
  }

  /** @param name distinguishes its calls from those of other loads on the engine */
  static async open(ngPort: number, name: string, stack: Stack): Promise<RelayLoad> {
    const engine = await connectRtpengine({ host: '127.0.0.1', port: ngPort });
    stack.push(() => engine.close());
    return new RelayLoad(engine, name, stack);
  }

  /** Sets up calls until there are `count`, each heard in both directions. */
  async grow(count: number): Promise<number> {
    while (this.#calls.length < count) {
      const first = this.#calls.length;
      const batch = Array.from({ length: Math.min(BATCH, count - first) }, (_, i) => first + i);
      this.#calls.push(...(await Promise.all(batch.map((index) => this.#setUp(index)))));
    }
    return this.#calls.length;
  }

  async run(seconds: number): Promise<RelayResult> {
    this.#latencies = [];
    this.#received = 0;
    const sent = await this.#send(seconds * 1000);
    await new Promise((resolve) => setTimeout(resolve, DRAIN_MS));
    return { sent, received: this.#received, latencies: this.#latencies };
  }

  async #setUp(index: number): Promise<RelayCall> {
    const engine = this.#engine;
    const ids = { 'call-id': `${this.#name}-${index}`, 'from-tag': 'phone' };
    const phone = await RtpPhone.open();
    const page = new RtpPage();
    this.#stack.push(async () => {
      await engine.delete(ids);
      await page.close();
      await phone.close();
    });
    const offer = await engine.offer({
      ...ids,
      sdp: phone.sdp({ formats: '0 101' }),
      ...OFFER_TO_PAGE,
    });
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'page',
      sdp: await page.answer(offer.sdp),
      ...ANSWER_TO_PHONE,
    });
    phone.connect(answer.sdp);
    await page.start();
    const call: RelayCall = { phone, page, sent: { phone: 0, page: 0 } };
    await this.#open(call);
    // From now on what arrives is counted and not kept.
    for (const inbox of [phone.rtp, page.rtp]) inbox.push = (packet) => this.#take(packet);
    return call;
  }

  /** An engine may drop what comes before its own end of the handshake: knock until both hear. */
  async #open(call: RelayCall): Promise<void> {
    const heard = Promise.all([call.phone.rtp.first(1), call.page.rtp.first(1)]);
    const knocking = setInterval(() => {
      this.#speak(call, 'phone');
      this.#speak(call, 'page');
    }, PACKET_MS);
    const timer = new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new Error('a relayed call stayed silent for 10 s')), 10_000).unref();
    });
    await Promise.race([heard, timer]).finally(() => clearInterval(knocking));
  }

  /**
   * 2N packets in a packet time, each on its own: the phone of one call, then the page of the call
   * that is half a packet time away, by a clock that does not drift. It is looked at with each packet
   * that arrives as well, because timers have steps of a millisecond.
   */
  #send(durationMs: number): Promise<number> {
    const { length: count } = this.#calls;
    const due = Math.floor(durationMs / PACKET_MS) * 2 * count;
    const start = performance.now();
    let next = 0;
    return new Promise((resolve) => {
      const sendDue = (): void => {
        const until = Math.floor(((performance.now() - start) * 2 * count) / PACKET_MS);
        for (; next < Math.min(due, until); next++) {
          const slot = next >> 1;
          if (next % 2 === 0) this.#speak(this.#calls[slot % count], 'phone');
          else this.#speak(this.#calls[(slot + (count >> 1)) % count], 'page');
        }
      };
      this.#arrived = sendDue;
      const timer = setInterval(() => {
        sendDue();
        if (next < due) return;
        clearInterval(timer);
        this.#arrived = () => undefined;
        resolve(due);
      }, TICK_MS);
    });
  }

  #speak(call: RelayCall | undefined, side: 'phone' | 'page'): void {
    if (call === undefined) return;
    const sequence = ++call.sent[side];
    const payload = Buffer.alloc(160);
    payload.writeDoubleBE(performance.now());
    const ssrc = side === 'phone' ? 1 : 2;
    call[side].send(rtpPacket({ sequence, timestamp: sequence * 160, ssrc, payload }));
  }

  #take(packet: Buffer): void {
    this.#received++;
    this.#latencies.push(performance.now() - packet.readDoubleBE(HEADER));
    this.#arrived();
  }
}
