/**
 * What SIPp is let loose on: the bridge's signaling on a drachtio server with the real media engine,
 * and a page that answers with a real ICE and DTLS stack.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BridgeEvent } from '../../../common/events.ts';
import { silent } from '../../../common/log.ts';
import { startRtpengine } from '../../../rtpengine/embedded/server.ts';
import { MediaLink } from '../../../server/media-link.ts';
import { Signaling, type SignalingOptions } from '../../../signaling/application.ts';
import type { SipMessage } from '../../../signaling/sip/message.ts';
import { testDrachtio, type TestDrachtio } from '../../support/drachtio.ts';
import { RtpPage } from '../../support/rtp-page.ts';
import { text, udpPeer, wsPeer, type Peer } from '../drachtio/peer.ts';
import { PAGE_LOGIN, WebPage } from '../signaling/scene.ts';

export class Stage {
  readonly events: BridgeEvent[] = [];
  /** What the page was sent, by method or `200 INVITE`. */
  readonly heard: string[] = [];
  /** Whether the page picks up, or lets it ring. */
  answers = true;
  readonly signaling: Signaling;
  private readonly drachtio: TestDrachtio;
  private readonly page: Peer;
  private readonly contact: string;
  private readonly closers: (() => Promise<unknown>)[];
  private readonly browsers: RtpPage[] = [];
  private readonly ringing = new Map<string, SipMessage>();

  private constructor(
    drachtio: TestDrachtio,
    page: Peer,
    contact: string,
    media: MediaLink,
    options: Partial<SignalingOptions>,
    closers: (() => Promise<unknown>)[],
  ) {
    this.drachtio = drachtio;
    this.page = page;
    this.contact = contact;
    this.closers = closers;
    this.signaling = new Signaling({
      drachtio: drachtio.admin,
      pages: PAGE_LOGIN,
      media: media.media,
      pageUrl: () => 'http://localhost:1',
      log: silent,
      changed: () => undefined,
      tell: (event) => this.events.push(event),
      ...options,
    });
  }

  static async start(options: Partial<SignalingOptions> = {}): Promise<Stage> {
    const host = '127.0.0.1';
    const engine = await startRtpengine({
      ng: { host, port: 0 },
      rtp: { host, portMin: 23_000, portMax: 23_999 },
    });
    const drachtio = await testDrachtio();
    const media = new MediaLink({
      kind: 'embedded',
      addresses: [{ host, port: engine.ngPort }],
      log: silent,
      changed: () => undefined,
    });
    const page = await wsPeer(drachtio.sip('ws'));
    const login = new WebPage(page);
    const stage = new Stage(drachtio, page, `Contact: <${login.uri}>`, media, options, [
      () => media.close(),
      () => drachtio.close(),
      () => engine.close(),
    ]);
    await Promise.all([media.connect(), stage.signaling.connect()]);
    await login.register();
    void stage.serve();
    return stage;
  }

  /** Runs one of the scenarios beside this file; resolves to what SIPp complained of, '' for nothing. */
  async run(scenario: string, ...args: string[]): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'sipp-'));
    const file = fileURLToPath(new URL(`scenarios/${scenario}.xml`, import.meta.url));
    const { address, port } = this.drachtio.sip('udp');
    const errors = join(folder, 'errors.txt');
    try {
      const child = spawn(
        'sipp',
        [
          ...['-sf', file, '-m', '1', '-i', '127.0.0.1', '-nostdin', '-timeout', '15'],
          ...['-trace_err', '-error_file', errors, ...args, `${address}:${port}`],
        ],
        { cwd: folder, env: { ...process.env, TERM: 'dumb' }, stdio: 'ignore' },
      );
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      const said = await readFile(errors, 'utf8').catch(() => '');
      return code === 0 ? '' : `exit ${String(code)}: ${said.slice(0, 2000)}`;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Registers and starts a SIPp that is called; to be asked what it complained of. */
  async phone(user: string, scenario: string): Promise<() => Promise<string>> {
    const probe = await udpPeer(this.drachtio.sip('udp'));
    const { port } = probe.local;
    probe.send(
      text(probe, 'REGISTER', {
        to: `<sip:${user}@127.0.0.1>`,
        headers: [`Contact: <sip:${user}@127.0.0.1:${port}>`, 'Expires: 300'],
      }),
    );
    await probe.response(200, 'REGISTER');
    await probe.close();
    const done = this.run(scenario, '-p', String(port));
    return () => done;
  }

  async close(): Promise<void> {
    await this.signaling.close();
    await this.page.close();
    for (const browser of this.browsers) await browser.close();
    for (const close of this.closers) await close();
  }

  /** Plays the page until its connection is closed. */
  private async serve(): Promise<void> {
    for (;;) {
      const message = await this.page.next(undefined, 60_000).catch(() => undefined);
      if (message === undefined) return;
      if (message.kind === 'response') continue;
      this.heard.push(message.method);
      if (message.method === 'ACK') continue;
      if (message.method === 'INVITE' && message.toTag === '') {
        this.ringing.set(message.callId, message);
        this.page.answer(message, 180, this.contact);
        if (!this.answers) continue;
        const browser = new RtpPage();
        this.browsers.push(browser);
        const answer = await browser.answer(message.body.toString());
        this.page.answer(message, 200, this.contact, answer);
        browser.start().catch(() => undefined);
      } else {
        this.page.answer(message, 200, this.contact);
        const invite = this.ringing.get(message.callId);
        if (message.method === 'CANCEL' && invite?.kind === 'request')
          this.page.answer(invite, 487);
      }
    }
  }
}
