/** The two servers that run inside the bridge where none of one's own are named: drachtio and rtpengine. */
import { randomBytes } from 'node:crypto';
import { BridgeError, messageOf } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import { startRtpengine } from '../rtpengine/embedded/server.ts';
import { startDrachtio } from '../signaling/drachtio/server.ts';
import type { TracedMessage } from '../signaling/sip/trace.ts';
import type { TlsCertificate } from './lan/certificate.ts';
import type { Lan } from './lan/lan.ts';
import type { Address, BridgeOptions } from './options.ts';

/** A drachtio server's admin port; only the embedded one lets its counters be read. */
export interface SipServer extends Address {
  readonly secret: string;
  readonly counters?: () => Readonly<Record<string, number>>;
}

export interface Closable {
  close(): Promise<void>;
}

export interface EmbeddedDrachtioOptions {
  readonly options: BridgeOptions;
  readonly log: Log;
  readonly lan: Lan | undefined;
  readonly certificate: TlsCertificate | undefined;
  readonly onMessage: (message: TracedMessage) => void;
}

/** What phones may come by, beside TLS, unless told. */
export const PHONE_TRANSPORTS: readonly ('udp' | 'tcp')[] = ['udp', 'tcp'];

/** @throws BridgeError PORT_IN_USE */
export async function startEmbeddedDrachtio({
  options,
  log,
  lan,
  certificate,
  onMessage,
}: EmbeddedDrachtioOptions): Promise<SipServer & Closable> {
  const { host, port } = options.sip;
  const admin = { host: '127.0.0.1', port: 0, secret: newSecret() };
  const server = await startDrachtio({
    admin,
    transports: [
      ...(options.sipTransports ?? PHONE_TRANSPORTS).map((protocol) => ({ protocol, host, port })),
      ...(options.sipTls && certificate
        ? [{ protocol: 'tls' as const, host, port: options.sipTls.port, tls: certificate }]
        : []),
      // Reached through the origin's /sip only, so any free loopback port will do.
      { protocol: 'ws', host: '127.0.0.1', port: 0 },
    ],
    log,
    ...(lan && { admits: (address: string) => lan.sources.admits('sip', address) }),
    onMessage,
  }).catch((error: unknown) => {
    const isPlain = messageOf(error).startsWith('UDP') || messageOf(error).startsWith('TCP');
    if (!(error instanceof BridgeError) || error.code !== 'PORT_IN_USE' || !isPlain) throw error;
    throw new BridgeError(
      'PORT_IN_USE',
      `SIP port ${port} on ${host} is taken, perhaps by a softphone's local account or another ` +
        `bridge. Stop that program, or use --sip-port ${port + 10} and write ` +
        `${host}:${port + 10} into the phone's server and domain.`,
      { cause: error },
    );
  });
  return {
    ...admin,
    port: server.adminPort,
    counters: () => ({ ...server.counters }),
    close: () => server.close(),
  };
}

export async function startEmbeddedRtpengine(
  options: BridgeOptions,
  log: Log,
  lan: Lan | undefined,
): Promise<Address & Closable> {
  const { min: portMin, max: portMax } = options.rtpPorts;
  const server = await startRtpengine({
    ng: { host: '127.0.0.1', port: 0 },
    rtp: {
      host: options.sip.host,
      portMin,
      portMax,
      ...options.rtpNetwork,
      ...(lan && {
        own: () => lan.addresses(),
        admits: (address: string) => lan.sources.admits('rtp', address),
      }),
    },
    ...(options.recording && { recording: options.recording }),
    log,
  });
  return { host: '127.0.0.1', port: server.ngPort, close: () => server.close() };
}

export function newSecret(): string {
  return randomBytes(16).toString('hex');
}
