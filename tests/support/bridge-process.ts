/** The bridge as `npm start` runs it: a process of its own, on free ports, stopped by a signal. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { PageConfig, Status } from '../../common/api.ts';

/** They catch what hangs, and nothing that is slow: the first start may have to build the page. */
const START_TIMEOUT_MS = 120_000;
const PATIENCE_MS = 60_000;
const STOP_MS = 30_000;

export interface BridgeFlags {
  readonly agentUrl?: string;
  readonly rtpengine?: string;
  readonly drachtio?: string;
  readonly ringMs?: number;
  readonly registrationFile?: string;
  /** Settings by their variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** sip.codecs */
  readonly codecs?: readonly string[];
  /** Further settings, as environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
}

export class BridgeProcess {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    const keep = (chunk: Buffer) => (this.#output += chunk.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
  }

  static async start(flags: BridgeFlags): Promise<BridgeProcess> {
    const args = ['--import', 'tsx', 'server/main.ts', '--verbose'];
    args.push('--port', '0', '--sip-port', '0');
    if (flags.agentUrl) {
      args.push('--agent', flags.agentUrl);
      args.push('--agent-query', 'tenant_id=t&campaign_id=c&lead_id=l');
    }
    if (flags.rtpengine) args.push('--rtpengine', flags.rtpengine);
    if (flags.drachtio) args.push('--drachtio', flags.drachtio);
    if (flags.ringMs) args.push('--ring-ms', String(flags.ringMs));
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        BRIDGE_SIP_REGISTRAR_FILE: flags.registrationFile ?? 'none',
        ...flags.env,
        ...(flags.codecs && { BRIDGE_SIP_CODECS: JSON.stringify(flags.codecs) }),
        ...flags.settings,
      },
    });
    const bridge = new BridgeProcess(child);
    await bridge.#ready();
    return bridge;
  }

  /** The page's address, as it is printed at the start. */
  get url(): string {
    return /http:\/\/localhost:\d+/.exec(this.#output)?.[0] ?? '';
  }

  /** For whoever measures what it costs. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Everything printed until now, for the message of a failing test. */
  get output(): string {
    return this.#output;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  status(): Promise<Status> {
    return this.#get<Status>('/api/status');
  }

  /** Where a phone registers: the bridge's own SIP port, or the external drachtio's. */
  async phoneServer(): Promise<{ host: string; port: number }> {
    const { phone } = await this.#get<PageConfig>('/api/config');
    const { hostname, port } = new URL(`sip://${phone.server}`);
    return { host: hostname, port: Number(port) || 5060 };
  }

  /** Waits for a status the test describes; fails with the last one seen. */
  async until(
    what: string,
    holds: (status: Status) => boolean,
    timeoutMs = PATIENCE_MS,
  ): Promise<Status> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const status = await this.status();
      if (holds(status)) return status;
      if (performance.now() > deadline) {
        throw new Error(
          `not within ${timeoutMs} ms: ${what}\n${JSON.stringify(status)}\n${this.#output}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Stops it as Ctrl-C does. Resolves with the exit code; 0 = nothing was left behind. */
  async stop(): Promise<number | null> {
    if (!this.isRunning) return this.#child.exitCode;
    const exited = once(this.#child, 'exit') as Promise<[number | null]>;
    this.#child.kill('SIGTERM');
    const hard = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    const [code] = await exited;
    clearTimeout(hard);
    return code;
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.url}${path}`);
    return (await response.json()) as T;
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (!this.#output.includes('ready in') || this.url === '') {
      if (!this.isRunning || performance.now() > deadline) {
        this.#child.kill('SIGKILL');
        throw new Error(`the bridge did not start:\n${this.#output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
