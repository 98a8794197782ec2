/**
 * One `npm start` from beginning to end: the bridge with the configuration of the moment, which a
 * restart reads anew, and what a person can ask of it from the terminal.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { readWav } from '../audio/wav.ts';
import { BridgeError, messageOf } from '../common/errors.ts';
import { Softphone } from '../softphone/softphone.ts';
import { banner, started } from './banner.ts';
import { startBridge, type Bridge } from './bridge.ts';
import { hasColours } from './colours.ts';
import { changesBetween } from './config/changes.ts';
import { loadConfig, type ConfigSource, type LoadedConfig } from './config/load.ts';
import { watchFile, type Watch } from './config/watch.ts';
import { openLog, type OpenLog } from './log.ts';
import { openInBrowser } from './open-url.ts';
import { optionsOf, type BridgeOptions } from './options.ts';
import { DEMO_CALLER } from './demo/caller.ts';

/** The agent's last answer is to be heard as well. */
const FAREWELL_MS = 3000;

export class Run {
  readonly #source: ConfigSource;
  readonly #output: NodeJS.WriteStream;
  readonly #json: boolean;
  #log: OpenLog | undefined;
  #bridge: Bridge | undefined;
  #options: BridgeOptions | undefined;
  #loaded: LoadedConfig | undefined;
  #watch: Watch | undefined;

  /** @param json for a program: one object in place of everything a person reads. */
  constructor(source: ConfigSource, output: NodeJS.WriteStream, json = false) {
    this.#json = json;
    this.#source = source;
    this.#output = output;
  }

  /** @throws BridgeError what stands in the way of a start. */
  async start(loaded: LoadedConfig, startedAt = 0): Promise<void> {
    this.#loaded = loaded;
    this.#options = optionsOf(loaded.config);
    this.#log = await openLog(this.#options.log);
    this.#bridge = await startBridge(this.#options, this.#log.log);
    this.#watch =
      loaded.file === undefined ? undefined : watchFile(loaded.file, () => this.reload());
    const uptimeMs = performance.now() - startedAt;
    if (this.#json) this.#output.write(`${JSON.stringify(started(this.#bridge, uptimeMs))}\n`);
    else this.#say(banner(this.#bridge, uptimeMs, hasColours(this.#output)));
  }

  async stop(): Promise<void> {
    this.#watch?.close();
    await this.#bridge?.close();
    this.#bridge = undefined;
    await this.#log?.close();
    this.#log = undefined;
  }

  /** A configuration that is wrong leaves what runs alone. */
  async restart(): Promise<void> {
    const loaded = loadConfig(this.#source);
    if (loaded === 'help') return;
    const startedAt = performance.now();
    this.#say('Restarting …\n');
    await this.stop();
    await this.start(loaded, startedAt);
  }

  /** Takes over what can change while calls go on, and says what cannot. */
  reload(): void {
    const [before, log] = [this.#loaded, this.#log];
    if (!before || !log || !this.#bridge) return;
    try {
      const loaded = loadConfig(this.#source);
      if (loaded === 'help') return;
      const { live, needRestart } = changesBetween(before.config, loaded.config);
      if (live.length > 0) {
        const options = optionsOf(loaded.config);
        this.#bridge.reconfigure(options);
        log.setLevel(options.log.level);
        log.log('info', `the configuration has changed: ${live.join(', ')}`);
      }
      if (needRestart.length > 0) {
        log.log('warn', `these need a restart to take effect: ${needRestart.join(', ')}`);
      }
      this.#loaded = loaded;
    } catch (error) {
      const code = error instanceof BridgeError ? error.code : 'BAD_CONFIG';
      log.log('error', `the configuration stays as it was. ${messageOf(error)}`, { code });
    }
  }

  openPage(): void {
    if (!this.#bridge) return;
    const url = this.#bridge.newPageUrl();
    // What is opened may be no browser, or one on another computer is wanted.
    if (this.#bridge.lan) this.#say(`The page: ${url}\n`);
    openInBrowser(url);
  }

  /** A call as a phone on this machine would make it: a few sentences, then it hangs up. */
  async dial(): Promise<void> {
    if (!this.#bridge) return;
    const { hostname, port } = new URL(`sip://${this.#bridge.phone.server}`);
    const { phone: account, phonePassword = 'any' } = this.#bridge;
    const phone = await Softphone.create({
      server: { host: hostname, port: Number(port) || 5060 },
      transport: account.transports[0] ?? 'udp',
      user: account.username,
      password: phonePassword,
    });
    try {
      const wav = readWav(await readFile(DEMO_CALLER));
      const [speech = new Int16Array(0)] = wav.channels;
      const call = await phone.call({ to: '1000', play: speech });
      this.#say('Dialling 1000 …\n');
      await call.answered;
      this.#say('Answered; the caller speaks.\n');
      const spokenMs = (speech.length / wav.sampleRate) * 1000 + FAREWELL_MS;
      await Promise.race([call.ended, delay(spokenMs, undefined, { ref: false })]);
      await call.hangup();
      this.#say('The demo call is over.\n');
    } catch (error) {
      this.#say(`The demo call was not answered: ${messageOf(error)}\n`);
    } finally {
      await phone.close();
    }
  }

  #say(text: string): void {
    if (!this.#json) this.#output.write(text);
  }
}
