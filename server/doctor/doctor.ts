/** Every check of one configuration on one machine, in the order a person would ask. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../common/api.ts';
import { Agents, callUuidOf } from '../agents.ts';
import type { BridgeOptions } from '../options.ts';
import { checkBrowser } from './chrome.ts';
import type { Finding } from './finding.ts';
import { checkAddresses, checkClock, checkFirewall, checkNode, checkPlatform } from './machine.ts';
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
  extension: 'default',
  callUuid: callUuidOf('doctor'),
};

/** The ports the bridge itself opens with these options. */
export function portUses({ http, sip, drachtio }: BridgeOptions): readonly PortUse[] {
  return [
    { name: 'Page', address: http, protocol: 'tcp' },
    ...(drachtio
      ? []
      : ([
          { name: 'SIP', address: sip, protocol: 'udp' },
          { name: 'SIP', address: sip, protocol: 'tcp' },
        ] as const)),
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
    checkFirewall(machine, host),
    ...ports,
    await checkUdpEcho(host),
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

/** The status of a bridge that already runs at this address. */
async function runningBridge({ http: { host, port } }: BridgeOptions): Promise<Status | undefined> {
  if (port === 0) return undefined;
  const name = host === '0.0.0.0' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  try {
    const response = await fetch(`http://${name}:${port}/api/status`, {
      signal: AbortSignal.timeout(STATUS_MS),
    });
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null && 'registrations' in body
      ? (body as Status)
      : undefined;
  } catch {
    return undefined;
  }
}

export async function measureClocks(): Promise<{ wall: number; monotonic: number }> {
  const [wall, monotonic] = [Date.now(), performance.now()];
  await delay(CLOCK_MS);
  return { wall: Date.now() - wall, monotonic: performance.now() - monotonic };
}
