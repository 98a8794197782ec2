/**
 * The engines a test can run against: the embedded one always, the real rtpengine where Debian's
 * rtpengine-daemon is installed (or TEST_RTPENGINE=host:port names one that runs already).
 * The real one is started in userspace with a port range of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../common/errors.ts';
import { connectRtpengine } from '../../rtpengine/client.ts';
import { startRtpengine } from '../../rtpengine/embedded/server.ts';
import { freePort } from './free-port.ts';

/** What docker-compose.yml runs it with, so that the tests run the same. */
const CONFIG = fileURLToPath(new URL('../../rtpengine/rtpengine.conf', import.meta.url));
const BINARY = process.env['RTPENGINE_PATH'] ?? '/usr/bin/rtpengine';
const EXTERNAL = process.env['TEST_RTPENGINE'];

const PATIENT = { resends: Array.from({ length: 190 }, (_, n) => (n + 1) * 100), deadline: 20_000 };

export interface TestEngine {
  readonly host: string;
  readonly ngPort: number;
  /** Of an engine in a process of its own that was started here. */
  readonly pid?: number;
  close(): Promise<void>;
}

export interface PortRange {
  readonly portMin: number;
  readonly portMax: number;
  /** One port for all pages, where the engine can have that: the embedded one. */
  readonly webrtcPort?: number;
  /** Where the real one records calls, as pcap. */
  readonly recordingDir?: string;
}

export interface EngineKind {
  readonly name: 'embedded' | 'rtpengine';
  /** Why it cannot run here. */
  readonly missing?: string;
  start(range: PortRange): Promise<TestEngine>;
}

const embedded: EngineKind = {
  name: 'embedded',
  start: async (range) => {
    const server = await startRtpengine({
      ng: { host: '127.0.0.1', port: 0 },
      rtp: { host: '127.0.0.1', ...range },
    });
    return { host: '127.0.0.1', ngPort: server.ngPort, close: () => server.close() };
  },
};

const real: EngineKind = {
  name: 'rtpengine',
  ...(existsSync(BINARY) || EXTERNAL !== undefined
    ? {}
    : { missing: `${BINARY} is not installed (Debian: apt install rtpengine-daemon)` }),
  start: (range) => (EXTERNAL === undefined ? spawnRtpengine(range) : external(EXTERNAL)),
};

/** For describe.each; in CI a missing engine is a failure, not a skip. */
export const ENGINES: readonly EngineKind[] = [embedded, real];

export function skipReason(engine: EngineKind): string | undefined {
  if (engine.missing !== undefined && process.env['CI']) throw new Error(engine.missing);
  return engine.missing;
}

function external(address: string): Promise<TestEngine> {
  const [host = '127.0.0.1', port = '22222'] = address.split(':');
  return Promise.resolve({ host, ngPort: Number(port), close: () => Promise.resolve() });
}

async function spawnRtpengine(range: PortRange): Promise<TestEngine> {
  const ngPort = await freePort();
  const child = spawn(
    BINARY,
    [
      `--config-file=${CONFIG}`,
      '--interface=127.0.0.1',
      `--listen-ng=127.0.0.1:${ngPort}`,
      `--port-min=${range.portMin}`,
      `--port-max=${range.portMax}`,
      '--log-level=4',
      ...(range.recordingDir === undefined
        ? []
        : ['--recording-method=pcap', `--recording-dir=${range.recordingDir}`]),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const exited = once(child, 'exit');
  try {
    // The ping is repeated until it is answered; on a busy machine it takes seconds to start.
    const probe = connectRtpengine({ host: '127.0.0.1', port: ngPort, timing: PATIENT });
    const died = exited.then(() => Promise.reject(new Error('it ended by itself')));
    await (await Promise.race([probe, died])).close();
  } catch (thrown) {
    child.kill('SIGKILL');
    await exited;
    throw new Error(`rtpengine did not start: ${messageOf(thrown)}\n${log}`, { cause: thrown });
  }
  return {
    host: '127.0.0.1',
    ngPort,
    ...(child.pid !== undefined && { pid: child.pid }),
    close: async () => {
      // It takes seconds to end politely, and there is nothing to save.
      child.kill('SIGKILL');
      await exited;
    },
  };
}
