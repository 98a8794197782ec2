/** What the bridge is started with, made from the configuration. */
import { resolve } from 'node:path';
import type { AgentOverrides, AgentSettings } from '../agent/settings.ts';
import type { CaptureMode, PageConfig } from '../common/api.ts';
import type { RtpengineOptions } from '../rtpengine/embedded/server.ts';
import type { Extension } from '../signaling/extensions.ts';
import type { PhoneAuth } from '../signaling/authentication.ts';
import type { ExpiryBounds } from '../signaling/registrar.ts';
import type { CodecName } from '../signaling/sdp.ts';
import type { Config } from './config/schema.ts';
import type { CertificateOptions } from './lan/certificate.ts';
import type { LanOptions } from './lan/lan.ts';
import type { LogOptions } from './log.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface BridgeOptions {
  readonly http: Address;
  readonly sip: Address;
  /** What the embedded server listens on for phones, beside TLS; both when left out. */
  readonly sipTransports?: readonly ('udp' | 'tcp')[];
  /** SIP over TLS of the embedded server; undefined = none. */
  readonly sipTls?: { readonly port: number };
  /** Open to private networks; undefined = to whoever reaches the hosts above, by HTTP. */
  readonly lan?: LanOptions;
  /** Where the certificate of HTTPS and SIP over TLS comes from. */
  readonly certificate?: Pick<CertificateOptions, 'folder' | 'files'>;
  /** UDP ports of the phone's legs, for the embedded engine. */
  readonly rtpPorts: { readonly min: number; readonly max: number };
  /** Audio codecs by preference; left out: G.711 in the phone's order. */
  readonly codecs?: readonly CodecName[];
  /** What else the embedded engine is told of its network. */
  readonly rtpNetwork?: Pick<RtpengineOptions['rtp'], 'otherHost' | 'advertised' | 'webrtcPort'>;
  /** A call without RTP from the phone for this long is ended; 0 = never. */
  readonly rtpInactivityMs?: number;
  /** Lets the embedded engine record calls, into this folder; undefined = it does not. */
  readonly recording?: NonNullable<RtpengineOptions['recording']>;
  /** What the page keeps of calls in the browser; nothing, unless told. */
  readonly pageRecording?: PageConfig['recording'];
  /** External servers; undefined = the embedded ones. */
  readonly drachtio?: Address & { readonly secret: string };
  readonly rtpengines?: readonly Address[];
  /** External agent; undefined = the built-in demo agent. */
  readonly agent?: AgentOverrides & Pick<AgentSettings, 'url'>;
  /** What an extension's agent differs in, by the extension's key. */
  readonly agents?: Readonly<Record<string, AgentOverrides>>;
  /** How the page takes the caller's voice out of the connection; `auto` unless told. */
  readonly capture?: CaptureMode;
  /** How long the page lets a call ring. */
  readonly ringMs: number;
  /** What phones must log in as; undefined = as anybody. With `lan` and no users, one is made. */
  readonly auth?: PhoneAuth;
  readonly calls: {
    readonly maxPerPage: number;
    /** Hosts, or host:port, that pages may dial besides registered phones. */
    readonly reach: readonly string[];
    readonly noAnswerMs: number;
    readonly sessionSeconds: number;
  };
  /** Whether a phone is told in words that the page of its call has gone. */
  readonly tellPageLost: boolean;
  readonly extensions: readonly Extension[];
  readonly log: LogOptions;
  /** For how long phones may register. */
  readonly expiry?: ExpiryBounds;
  /** Keeps registrations over a restart; left out: nothing does. */
  readonly registrationFile?: string;
  /** How often phones are asked whether they are still there; 0 or left out: never. */
  readonly optionsIntervalMs?: number;
}

export function optionsOf(config: Config): BridgeOptions {
  const { sip, http, agent, drachtio, rtpengine, log } = config;
  const { lan, folder, certificate, key } = http;
  const withTls = sip.server.tls.enabled ?? lan;
  return {
    http: { host: hostOf(http.host, lan), port: http.port },
    sip: { host: hostOf(sip.server.host, lan), port: sip.server.port },
    sipTransports: sip.server.transport === 'both' ? ['udp', 'tcp'] : [sip.server.transport],
    ...(withTls && { sipTls: { port: sip.server.tls.port } }),
    ...(lan && { lan: { folder: resolve(folder) } }),
    certificate: {
      folder: resolve(folder),
      ...(certificate !== undefined &&
        key !== undefined && { files: { cert: resolve(certificate), key: resolve(key) } }),
    },
    rtpPorts: { min: sip.rtp.port_range_start, max: sip.rtp.port_range_end },
    ...codecsOf(sip),
    rtpNetwork: rtpNetworkOf(sip.rtp),
    rtpInactivityMs: (sip.timeouts.rtp_inactivity ?? sip.rtp.inactivity) * 1000,
    ...(drachtio && { drachtio }),
    ...(rtpengine && { rtpengines: [rtpengine, ...rtpengine.others.map(addressOf)] }),
    ...(agent.url !== undefined && { agent: { ...agentOf(agent), url: agent.url } }),
    agents: Object.fromEntries(
      Object.entries(config.extensions).flatMap(([key, { agent: other }]) =>
        other ? [[key, agentOf(other)]] : [],
      ),
    ),
    capture: sip.audio.capture,
    ringMs: sip.timeouts.ring * 1000,
    ...((sip.auth.enabled ?? lan) && {
      auth: {
        realm: sip.auth.realm,
        users: new Map(Object.entries(sip.auth.users)),
        algorithms: sip.auth.algorithms,
        nonceLifeMs: sip.auth.nonce_lifetime * 1000,
      },
    }),
    calls: {
      maxPerPage: sip.calls.per_page,
      reach: sip.calls.reach,
      noAnswerMs: sip.timeouts.no_answer * 1000,
      sessionSeconds: sip.timeouts.session,
    },
    tellPageLost: sip.on_page_lost === 'notice',
    extensions: extensionsOf(config),
    ...(config.recording.dir !== undefined && {
      recording: { dir: resolve(config.recording.dir), format: config.recording.format },
    }),
    pageRecording: {
      automatic: config.recording.page === 'on',
      limitMb: config.recording.page_limit_mb,
    },
    log: {
      level: log.level,
      format: log.format,
      ...(log.file !== undefined && { file: log.file }),
    },
    expiry: {
      min: sip.registrar.min_expires,
      default: sip.timeouts.registration ?? sip.registrar.default_expires,
      max: sip.registrar.max_expires,
    },
    ...(sip.registrar.file !== 'none' && { registrationFile: sip.registrar.file }),
    optionsIntervalMs: sip.registrar.options_interval * 1000,
  };
}

/** What is not said by name is said by the rate: wideband first, and G.711 for who knows nothing else. */
function codecsOf(sip: Config['sip']): Pick<BridgeOptions, 'codecs'> {
  if (sip.codecs) return { codecs: sip.codecs };
  return sip.audio.sample_rate === 16000 ? { codecs: ['opus', 'G722', 'PCMU', 'PCMA'] } : {};
}

/** A network cannot reach loopback; an address that was chosen stays. */
function hostOf(host: string, lan: boolean): string {
  return lan && (host === '127.0.0.1' || host === 'localhost') ? '0.0.0.0' : host;
}

function rtpNetworkOf({
  other_host: otherHost,
  webrtc_port: webrtcPort,
  advertised: { phone, page },
}: Config['sip']['rtp']): NonNullable<BridgeOptions['rtpNetwork']> {
  return {
    ...(otherHost !== undefined && { otherHost }),
    ...(webrtcPort !== undefined && { webrtcPort }),
    advertised: {
      ...(phone !== undefined && { phone }),
      ...(page !== undefined && { page }),
    },
  };
}

type AgentConfig = NonNullable<Config['extensions'][string]['agent']> | Config['agent'];

function agentOf({ query, output, ...rest }: AgentConfig): AgentOverrides {
  return defined({
    url: rest.url,
    dialect: rest.dialect,
    query: query === undefined ? undefined : Object.fromEntries(new URLSearchParams(query)),
    headers: rest.headers,
    output: output && { encoding: output.encoding, sampleRate: output.sample_rate },
    frameMs: rest.frame_ms,
    direct: rest.direct,
    earlyConnect: rest.early_connect,
    whenDown: rest.when_down,
    ca: rest.ca,
    pingSeconds: rest.ping_seconds,
  });
}

/** Without the keys that have no value: what is left out is not set to nothing. */
function defined<T extends object>(all: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function extensionsOf({ extensions }: Config): Extension[] {
  return Object.entries(extensions).map(([key, { page, phone, no_answer: seconds }]) => ({
    key,
    to:
      phone === undefined
        ? { kind: 'page', ...(page !== undefined && { user: page }) }
        : { kind: 'phone', user: phone },
    ...(seconds !== undefined && { ringMs: seconds * 1000 }),
  }));
}

function addressOf(text: string): Address {
  const colon = text.lastIndexOf(':');
  return {
    host: text.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(text.slice(colon + 1)),
  };
}
