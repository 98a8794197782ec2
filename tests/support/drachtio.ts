/**
 * A drachtio server for tests, with real drachtio-srf applications on it: the embedded one on
 * ephemeral ports, or an external one named by TEST_DRACHTIO=host:port:secret, so that the same
 * tests can be run against both. drachtio-srf's own types are stale; the few members that tests use
 * are declared here.
 */
import { createSocket } from 'node:dgram';
import { once, type EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import {
  startDrachtio,
  type DrachtioOptions,
  type DrachtioServer,
} from '../../signaling/drachtio/server.ts';
import type { Endpoint, Protocol } from '../../signaling/sip/transport.ts';

type Headers = Record<string, string>;

export interface SrfMessage {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  get(header: string): string | undefined;
  has(header: string): boolean;
}

export interface SrfRequest extends SrfMessage, EventEmitter {
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  readonly receivedOn: string;
  readonly stackTxnId: string;
  readonly stackDialogId: string;
  cancel(options?: { headers?: Headers }): void;
  proxy(options: ProxyOptions & { destination: string | string[] }): Promise<ProxyResults>;
}

export interface ProxyOptions {
  /** `simultaneous`, or one after the other. */
  forking?: string;
  recordRoute?: boolean;
  followRedirects?: boolean;
  provisionalTimeout?: string;
  finalTimeout?: string;
  path?: boolean;
  headers?: Headers;
}

export interface ProxyResults {
  readonly connected: boolean;
  readonly finalStatus?: number;
  readonly responses: readonly {
    readonly address: string;
    readonly port: number;
    readonly msgs: readonly { readonly status: number }[];
  }[];
}

export interface SrfResponse extends SrfMessage, EventEmitter {
  readonly status: number;
  readonly reason: string;
  send(
    status: number,
    options?: { headers?: Headers; body?: string },
    callback?: (error: unknown, sent: SrfMessage) => void,
  ): void;
}

export interface SrfDialog extends EventEmitter {
  readonly id: string;
  readonly sip: { callId: string; localTag: string; remoteTag: string };
  readonly local: { uri: string; sdp: string; contact: string };
  readonly remote: { uri: string; sdp: string };
  readonly res: SrfResponse;
  destroy(options?: { headers?: Headers }): Promise<unknown>;
  modify(sdp: string): Promise<string>;
  request(options: { method: string; headers?: Headers; body?: string }): Promise<SrfResponse>;
}

export interface UacOptions {
  localSdp?: string;
  headers?: Headers;
  proxy?: string;
  callingNumber?: string;
  auth?: { username: string; password: string };
  method?: string;
}

export interface UacCallbacks {
  cbRequest?: (error: unknown, request: SrfRequest) => void;
  cbProvisional?: (response: SrfResponse) => void;
}

type Handler = (req: SrfRequest, res: SrfResponse) => void;

export interface Srf extends EventEmitter {
  /** Its connection to the server: every frame that comes. */
  readonly app: {
    readonly client: {
      readonly wp: { on(event: 'msg', listener: (socket: unknown, frame: string) => void): void };
    };
  };
  connect(options: { host: string; port: number; secret: string; enablePing?: boolean }): void;
  disconnect(): void;
  invite(handler: Handler): void;
  register(handler: Handler): void;
  options(handler: Handler): void;
  message(handler: Handler): void;
  info(handler: Handler): void;
  subscribe(handler: Handler): void;
  use(method: string, handler: Handler): void;
  createUAS(req: SrfRequest, res: SrfResponse, options: object): Promise<SrfDialog>;
  createUAS(
    req: SrfRequest,
    res: SrfResponse,
    options: object,
    answered: (error: unknown, dialog?: SrfDialog) => void,
  ): void;
  createUAC(uri: string, options: UacOptions, callbacks?: UacCallbacks): Promise<SrfDialog>;
  createB2BUA(
    req: SrfRequest,
    res: SrfResponse,
    uri: string,
    options: object,
  ): Promise<{ uas: SrfDialog; uac: SrfDialog }>;
  proxyRequest(
    req: SrfRequest,
    destination: string | string[],
    options?: ProxyOptions,
  ): Promise<ProxyResults>;
  request(
    uri: string,
    options: { method: string; headers?: Headers; body?: string; proxy?: string },
  ): Promise<SrfRequest>;
}

const SrfClass = createRequire(import.meta.url)('drachtio-srf') as new () => Srf;

export interface TestDrachtio {
  readonly admin: { readonly host: string; readonly port: number; readonly secret: string };
  /** Only of an embedded server. */
  readonly server: DrachtioServer | undefined;
  /** Where SIP is listened for. */
  sip(protocol: Protocol): Endpoint;
  /** A connected application; `routes` is called before it connects. */
  app(routes?: (srf: Srf) => void): Promise<Srf>;
  close(): Promise<void>;
}

export const EXTERNAL = process.env['TEST_DRACHTIO'];

/**
 * Marks a test of what the C++ server does otherwise, or what needs the embedded one from inside;
 * the note is printed with the skipped test.
 */
export function embeddedOnly(
  { skip }: { skip: (condition: boolean, note?: string) => void },
  why: string,
): void {
  skip(EXTERNAL !== undefined, why);
}

/** Short timers make the embedded server's 32 s last 640 ms. */
export const QUICK = { t1: 10, t2: 80, t4: 100 };

export async function testDrachtio(options: Partial<DrachtioOptions> = {}): Promise<TestDrachtio> {
  const [host = '127.0.0.1', port = '0', secret = 'cymru'] = EXTERNAL?.split(':') ?? [];
  const server =
    EXTERNAL === undefined
      ? await startDrachtio({
          admin: { host, port: 0, secret },
          transports: [
            { protocol: 'udp', host, port: 0 },
            { protocol: 'tcp', host, port: 0 },
            { protocol: 'ws', host, port: 0 },
          ],
          ...options,
        })
      : undefined;
  const admin = { host, port: server?.adminPort ?? Number(port), secret };
  const apps: Srf[] = [];
  let hostports = server?.transports.map((t) => `${t.protocol}/${t.host}:${t.port}`).join(',');
  const app = async (routes?: (srf: Srf) => void): Promise<Srf> => {
    const srf = new SrfClass();
    apps.push(srf);
    srf.on('error', () => undefined);
    routes?.(srf);
    await new Promise<void>((resolve, reject) => {
      srf.once('connect', (error: unknown, addresses: string) => {
        hostports ??= addresses;
        if (error) reject(error instanceof Error ? error : new Error('not connected'));
        else resolve();
      });
      srf.connect(admin);
    });
    // Commands are answered in order: with this one refused, the routes are in place.
    await srf.request('nonsense', { method: 'OPTIONS' }).catch(() => undefined);
    return srf;
  };
  if (hostports === undefined) await app();
  const sip = (protocol: Protocol): Endpoint => {
    const found = new RegExp(`(?:^|,)${protocol}/([^,]*):(\\d+)`).exec(hostports ?? '');
    if (!found?.[1]) throw new Error(`the server has no ${protocol} listener`);
    return { address: found[1], port: Number(found[2]) };
  };
  return {
    admin,
    server,
    app,
    sip,
    close: async () => {
      for (const srf of apps) disconnect(srf);
      await server?.close();
      if (server === undefined) await unattended(sip('udp'));
    },
  };
}

/**
 * Until the external server has noticed that its applications are gone: meanwhile it would hand one of
 * them what the next test sends.
 */
async function unattended({ address, port }: Endpoint): Promise<void> {
  const socket = createSocket('udp4');
  socket.connect(port, address);
  await once(socket, 'connect');
  const own = `127.0.0.1:${socket.address().port}`;
  const deadline = Date.now() + 2000;
  try {
    for (let n = 1; Date.now() < deadline; n++) {
      const id = `${own}-${n}`;
      socket.send(
        [
          `OPTIONS sip:${address}:${port} SIP/2.0`,
          `Via: SIP/2.0/UDP ${own};branch=z9hG4bK-${id.replace(/\W/g, '-')}`,
          'Max-Forwards: 70',
          `From: <sip:nobody@${own}>;tag=1`,
          `To: <sip:${address}:${port}>`,
          `Call-ID: ${id}`,
          'CSeq: 1 OPTIONS',
          'Content-Length: 0\r\n\r\n',
        ].join('\r\n'),
      );
      const answer = once(socket, 'message', { signal: AbortSignal.timeout(100) });
      const [data] = (await answer.catch(() => [''])) as [Buffer | string];
      if (data.toString().startsWith('SIP/2.0 503')) return;
    }
  } finally {
    socket.close();
  }
}

/** Also when it is disconnected already. */
export function disconnect(srf: Srf): void {
  try {
    srf.disconnect();
  } catch {
    // drachtio-srf asserts that it has a socket.
  }
}
