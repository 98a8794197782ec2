/**
 * baresip, a softphone that shares no line of code with this project, driven over its ctrl_tcp
 * interface: JSON in netstrings (https://github.com/baresip/baresip, modules/ctrl_tcp).
 * It plays a WAV file into the call and writes what it hears, decoded, to another one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readWav, type Wav } from '../../audio/wav.ts';
import { freePort } from './free-port.ts';

const MODULES = ['/usr/lib/baresip/modules', '/usr/lib/x86_64-linux-gnu/baresip/modules'];

const CODECS = {
  PCMU: { name: 'PCMU/8000/1', rate: 8000, module: 'g711' },
  PCMA: { name: 'PCMA/8000/1', rate: 8000, module: 'g711' },
  G722: { name: 'G722/16000/1', rate: 16_000, module: 'g722' },
  opus: { name: 'opus/48000/2', rate: 48_000, module: 'opus' },
} as const;

export interface BaresipOptions {
  readonly sipPort: number;
  /** Mono, at the rate of the codec's content, played once from the start of the call. */
  readonly play: string;
  readonly codec: 'PCMU' | 'PCMA' | 'G722' | 'opus';
  /** agent001 unless told. */
  readonly user?: string;
  /** Answers by itself. */
  readonly answers?: boolean;
  readonly maxCalls?: number;
  /** udp unless told; a certificate is believed as it is. */
  readonly transport?: 'udp' | 'tls';
  readonly password?: string;
}

interface BaresipEvent {
  readonly type: string;
  readonly param?: string;
}

export class Baresip {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #events: BaresipEvent[] = [];
  readonly #waiting: { type: string; done: (event: BaresipEvent) => void }[] = [];
  #control: Socket | undefined;
  #output = '';

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
    const keep = (chunk: Buffer) => (this.#output += chunk.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  /** Starts it and waits until it is registered. */
  static async start(options: BaresipOptions): Promise<Baresip> {
    const folder = await mkdtemp(join(tmpdir(), 'baresip-'));
    const controlPort = await freePort();
    await writeFile(join(folder, 'config'), await config(options, folder, controlPort));
    await writeFile(
      join(folder, 'accounts'),
      `<sip:${options.user ?? 'agent001'}@127.0.0.1:${options.sipPort};transport=${options.transport ?? 'udp'}>;` +
        `auth_pass=${options.password ?? 'any'};regint=300;audio_codecs=${CODECS[options.codec].name};` +
        `answermode=${options.answers ? 'auto' : 'manual'}\n`,
    );
    await writeFile(join(folder, 'contacts'), '');
    const child = spawn('baresip', ['-f', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    const phone = new Baresip(child, folder);
    try {
      await phone.#attach(controlPort);
      await phone.#registered();
    } catch (error) {
      await phone.stop();
      throw error;
    }
    return phone;
  }

  dial(number: string): void {
    this.#command('dial', number);
  }

  /** Takes the call that rings. */
  accept(): void {
    this.#command('accept');
  }

  hold(): void {
    this.#command('hold');
  }

  resume(): void {
    this.#command('resume');
  }

  /** Presses a key. */
  press(key: string): void {
    this.#command('sndcode', key);
  }

  /** Has the far end talk to somebody else (REFER). */
  transfer(to: string): void {
    this.#command('transfer', to);
  }

  hangUp(): void {
    this.#command('hangup');
  }

  /** The next event of a type that was not waited for yet. */
  async event(type: string, timeoutMs = 60_000): Promise<BaresipEvent> {
    const at = this.#events.findIndex((event) => event.type === type);
    const [ready] = at < 0 ? [] : this.#events.splice(at, 1);
    if (ready) return ready;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new Error(`baresip: no ${type} within ${timeoutMs} ms\n${this.#output}`));
      }, timeoutMs);
      this.#waiting.push({
        type,
        done: (event) => {
          clearTimeout(timer);
          resolve(event);
        },
      });
    });
  }

  /** What it heard in the last call, decoded. */
  async heard(): Promise<Wav> {
    const files = (await readdir(this.#folder)).filter((name) => name.endsWith('-dec.wav'));
    const newest = files.sort().at(-1);
    if (!newest) throw new Error(`baresip recorded nothing\n${this.#output}`);
    return readWav(await readFile(join(this.#folder, newest)));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const exited = once(this.#child, 'exit');
      this.#command('quit');
      const hard = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
      await exited;
      clearTimeout(hard);
    }
    this.#control?.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #command(command: string, params?: string): void {
    const text = JSON.stringify({ command, ...(params !== undefined && { params }) });
    this.#control?.write(`${Buffer.byteLength(text)}:${text},`);
  }

  /** Said on its output only: the event may come before anybody listens to events. */
  async #registered(): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (/200 OK .*\[1 binding\]/.test(this.#output)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`baresip did not register\n${this.#output}`);
  }

  /** The port opens a moment after the program starts; nothing announces it. */
  async #attach(port: number): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (this.#child.exitCode !== null) break;
      const socket = connect(port, '127.0.0.1');
      const connected = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true));
        socket.once('error', () => resolve(false));
      });
      if (connected) {
        this.#control = socket;
        this.#listen(socket);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`baresip did not start\n${this.#output}`);
  }

  #listen(socket: Socket): void {
    let rest = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const colon = rest.indexOf(':');
        if (colon < 0) return;
        const length = Number(rest.subarray(0, colon).toString());
        if (rest.length < colon + 1 + length + 1) return;
        const text = rest.subarray(colon + 1, colon + 1 + length).toString();
        rest = rest.subarray(colon + 1 + length + 1);
        const message = JSON.parse(text) as { event?: boolean } & BaresipEvent;
        if (message.event) this.#deliver(message);
      }
    });
  }

  #deliver(event: BaresipEvent): void {
    const at = this.#waiting.findIndex(({ type }) => type === event.type);
    if (at < 0) this.#events.push(event);
    else this.#waiting.splice(at, 1)[0]?.done(event);
  }
}

async function config(options: BaresipOptions, folder: string, control: number): Promise<string> {
  const modules = MODULES.find((path) => existsSync(path)) ?? '/usr/lib/baresip/modules';
  const rtp = await freePort();
  return [
    'poll_method epoll',
    'sip_listen 127.0.0.1:0',
    'sip_verify_server no',
    `audio_source aufile,${options.play}`,
    'audio_player aubridge,sink',
    'audio_alert aubridge,alert',
    `audio_srate ${CODECS[options.codec].rate}`,
    `audio_channels ${options.codec === 'opus' ? 2 : 1}`,
    'call_local_timeout 120',
    `call_max_calls ${options.maxCalls ?? 4}`,
    'jitter_buffer_type off',
    `rtp_ports ${rtp}-${rtp + 20}`,
    `module_path ${modules}`,
    `module ${CODECS[options.codec].module}.so`,
    'module aufile.so',
    'module aubridge.so',
    'module sndfile.so',
    'module ctrl_tcp.so',
    'module_tmp uuid.so',
    'module_tmp account.so',
    'module_app menu.so',
    `ctrl_tcp_listen 127.0.0.1:${control}`,
    `snd_path ${folder}`,
    '',
  ].join('\n');
}
