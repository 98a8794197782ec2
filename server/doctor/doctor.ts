/** Every check of one configuration on one machine, in the order a person would ask. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../common/api.ts';
import { Agents, callUuidOf } from '../agents.ts';
import { readKept } from '../lan/kept.ts';
import type { BridgeOptions } from '../options.ts';
import { checkBrowser } from './chrome.ts';
import type { Finding } from './finding.ts';
import {
  checkAddresses,
  checkClock,
  checkFirewall,
  checkNode,
  checkPlatform,
  echoAddress,
  type FirewallPorts,
} from './machine.ts';
import { pass } from './finding.ts';
import { checkAgent, checkDrachtio, checkRtpengine } from './peers.ts';
import { checkPhones } from './phones.ts';
import { checkPort, checkRtpPorts, checkUdpEcho, type PortUse } from './ports.ts';
import type { Surroundings } from './surroundings.ts';

const STATUS_MS = 1000;
const CLOCK_MS = 100;
/** What an agent is told of the call that is none. */
const DOCTOR_CALL = {
  callId: 'doctor',
  caller: 'doctor',
  dialled: 'doctor',
  phone: 'doctor',
  extension: 'default',
  callUuid: callUuidOf('doctor'),
};

/** The ports the bridge itself opens with these options. */
export function portUses({
  http,
  sip,
  sipTls,
  sipTransports = ['udp', 'tcp'],
  drachtio,
}: BridgeOptions): readonly PortUse[] {
  return [
    { name: 'Page', address: http, protocol: 'tcp' },
    ...(drachtio ? [] : sipTransports.map((protocol) => ({ name: 'SIP', address: sip, protocol }))),
    ...(sipTls && !drachtio
      ? ([
          { name: 'SIP TLS', address: { host: sip.host, port: sipTls.port }, protocol: 'tcp' },
        ] as const)
      : []),
  ];
}

export async function examine(options: BridgeOptions, machine: Surroundings): Promise<Finding[]> {
  const status = await runningBridge(options);
  const runs = status !== undefined;
  const ports: Finding[] = [];
  // One after the other: a check must not find the port taken by another check.
  for (const use of portUses(options)) ports.push(await checkPort(use, runs));
  if (!options.rtpengines) {
    ports.push(await checkRtpPorts(options.sip.host, options.rtpPorts, runs));
  }
  const { host } = options.sip;
  return [
    checkNode(machine),
    checkPlatform(machine, host),
    checkAddresses(machine, host),
    checkFirewall(machine, host, firewallPorts(options)),
    ...ports,
    await checkUdpEcho(echoAddress(machine, host)),
    await checkBrowser(machine),
    options.agent
      ? await checkAgent(new Agents(options, undefined).default.targetFor(DOCTOR_CALL))
      : pass('Agent', 'the built-in demo agent'),
    await checkDrachtio(options.drachtio),
    ...(await Promise.all((options.rtpengines ?? [undefined]).map(checkRtpengine))),
    checkClock(await measureClocks()),
    ...checkPhones(status),
  ];
}

/** What a firewall has to let in for phones, and for pages on other computers. */
export function firewallPorts(options: BridgeOptions): FirewallPorts {
  const { http, sip, sipTls, rtpPorts, rtpengines, drachtio, lan } = options;
  const { min, max } = rtpPorts;
  return {
    tcp: [...(lan ? [http.port] : []), ...(drachtio ? [] : [sip.port, sipTls?.port ?? []].flat())],
    udp: [...(drachtio ? [] : [String(sip.port)]), ...(rtpengines ? [] : [`${min}-${max}`])],
  };
}

/** The status of a bridge that already runs at this address. */
export async function runningBridge(options: BridgeOptions): Promise<Status | undefined> {
  const { host, port } = options.http;
  if (port === 0) return undefined;
  const name = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  try {
    const body = await (options.lan
      ? askLocked(`https://${name}:${port}/api/status`, options.lan.folder)
      : ask(`http://${name}:${port}/api/status`));
    return typeof body === 'object' && body !== null && 'registrations' in body
      ? (body as Status)
      : undefined;
  } catch {
    return undefined;
  }
}

async function ask(url: string): Promise<unknown> {
  const response = await fetch(url, { signal: AbortSignal.timeout(STATUS_MS) });
  return await response.json();
}

/** A bridge on a network: its own key opens it, whatever certificate it has. */
async function askLocked(url: string, folder: string): Promise<unknown> {
  const kept = await readKept(folder);
  const request = get(url, {
    headers: { Authorization: `Bearer ${kept?.key ?? ''}` },
    rejectUnauthorized: false,
    signal: AbortSignal.timeout(STATUS_MS),
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return JSON.parse(await text(response)) as unknown;
}

export async function measureClocks(): Promise<{ wall: number; monotonic: number }> {
  const [wall, monotonic] = [Date.now(), performance.now()];
  await delay(CLOCK_MS);
  return { wall: Date.now() - wall, monotonic: performance.now() - monotonic };
}
