/** What the bridge is started with, made from the configuration. */
import type { AgentOverrides, AgentSettings } from '../agent/settings.ts';
import type { LogLevel } from '../common/log.ts';
import type { RtpengineOptions } from '../rtpengine/embedded/server.ts';
import type { Config } from './config/schema.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface BridgeOptions {
  readonly http: Address;
  readonly sip: Address;
  /** UDP ports of the phone's legs, for the embedded engine. */
  readonly rtpPorts: { readonly min: number; readonly max: number };
  /** What else the embedded engine is told of its network. */
  readonly rtpNetwork?: Pick<RtpengineOptions['rtp'], 'otherHost' | 'advertised' | 'webrtcPort'>;
  /** A call without RTP from the phone for this long is ended; 0 = never. */
  readonly rtpInactivityMs?: number;
  /** External servers; undefined = the embedded ones. */
  readonly drachtio?: Address & { readonly secret: string };
  readonly rtpengine?: Address;
  /** External agent; undefined = the built-in demo agent. */
  readonly agent?: AgentOverrides & Pick<AgentSettings, 'url'>;
  /** What an extension's agent differs in, by the extension's key. */
  readonly agents?: Readonly<Record<string, AgentOverrides>>;
  /** How long the page lets a call ring. */
  readonly ringMs: number;
  /** What phones must log in as; undefined = as anybody. */
  readonly auth?: { readonly realm: string; readonly users: ReadonlyMap<string, string> };
  readonly logLevel: LogLevel;
}

export function optionsOf({ sip, http, agent, drachtio, rtpengine, log }: Config): BridgeOptions {
  return {
    http,
    sip: sip.server,
    rtpPorts: { min: sip.rtp.port_range_start, max: sip.rtp.port_range_end },
    rtpNetwork: rtpNetworkOf(sip.rtp),
    rtpInactivityMs: sip.rtp.inactivity * 1000,
    ...(drachtio && { drachtio }),
    ...(rtpengine && { rtpengine }),
    ...(agent.url !== undefined && {
      agent: {
        url: agent.url,
        dialect: agent.dialect,
        query: Object.fromEntries(new URLSearchParams(agent.query)),
        headers: agent.headers,
        output: { encoding: agent.output.encoding, sampleRate: agent.output.sample_rate },
        frameMs: agent.frame_ms,
        direct: agent.direct,
        earlyConnect: agent.early_connect,
        whenDown: agent.when_down,
        ...(agent.ca !== undefined && { ca: agent.ca }),
        pingSeconds: agent.ping_seconds,
      },
    }),
    ringMs: sip.timeouts.ring * 1000,
    ...(sip.auth.enabled && {
      auth: { realm: sip.auth.realm, users: new Map(Object.entries(sip.auth.users)) },
    }),
    logLevel: log.level,
  };
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
