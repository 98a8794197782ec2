/**
 * The doctor of a bridge that runs, for its page: the checks of `npm run doctor` that cost nothing and
 * disturb nobody. Ports are its own by now, engines and agent are watched anyway; no browser is
 * started and no session of the agent is opened.
 */
import type { DoctorReport, PartStatus, Status } from '../../common/api.ts';
import type { BridgeOptions } from '../options.ts';
import { firewallPorts, measureClocks, portUses } from './doctor.ts';
import { fail, pass, type Finding } from './finding.ts';
import {
  checkAddresses,
  checkClock,
  checkFirewall,
  checkNode,
  checkPlatform,
  echoAddress,
} from './machine.ts';
import { checkPhones } from './phones.ts';
import { checkUdpEcho } from './ports.ts';
import type { Surroundings } from './surroundings.ts';

/** Pages may ask as often as they like. */
const FRESH_MS = 5_000;

export class RunningDoctor {
  readonly #options: BridgeOptions;
  readonly #machine: Surroundings;
  readonly #status: () => Status;
  readonly #now: () => number;
  #machineFindings: { readonly at: number; readonly findings: Promise<Finding[]> } | undefined;

  constructor(
    options: BridgeOptions,
    machine: Surroundings,
    status: () => Status,
    now = () => performance.now(),
  ) {
    this.#options = options;
    this.#machine = machine;
    this.#status = status;
    this.#now = now;
  }

  /** Of the machine at most some seconds old, of everything else as it is now. */
  async report(): Promise<DoctorReport> {
    const ofMachine = await this.#lookAtMachine();
    const status = this.#status();
    const { engines, agent } = status;
    const findings = [
      ...ofMachine,
      part('Agent', agent, 'No restart is needed: the bridge finds it as soon as it is there.'),
      part('SIP server', engines.drachtio, 'Start it, or check drachtio in the configuration.'),
      part('Media engine', engines.rtpengine, 'Start it, or check rtpengine in the configuration.'),
      ...checkPhones(status),
    ];
    return { ok: findings.every(({ result }) => result !== 'fail'), findings };
  }

  #lookAtMachine(): Promise<Finding[]> {
    const now = this.#now();
    if (this.#machineFindings === undefined || now - this.#machineFindings.at > FRESH_MS) {
      this.#machineFindings = { at: now, findings: this.#examineMachine() };
    }
    return this.#machineFindings.findings;
  }

  async #examineMachine(): Promise<Finding[]> {
    const { sip, rtpengines, rtpPorts } = this.#options;
    const [udp, clock] = await Promise.all([
      checkUdpEcho(echoAddress(this.#machine, sip.host)),
      measureClocks().then(checkClock),
    ]);
    return [
      checkNode(this.#machine),
      checkPlatform(this.#machine, sip.host),
      checkAddresses(this.#machine, sip.host),
      checkFirewall(this.#machine, sip.host, firewallPorts(this.#options)),
      ...portUses(this.#options).map(({ name, protocol, address: { host, port } }) =>
        pass(`${name} port`, `${protocol.toUpperCase()} ${host}:${port} is held by this bridge`),
      ),
      ...(rtpengines ? [] : [pass('RTP ports', `${rtpPorts.min}–${rtpPorts.max}`)]),
      udp,
      clock,
    ];
  }
}

function part(check: string, { kind, address, problem }: PartStatus, todo: string): Finding {
  return problem === undefined
    ? pass(check, `${kind}, at ${address}`)
    : fail(check, problem.code, problem.message, todo);
}
