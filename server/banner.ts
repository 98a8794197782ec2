/** What `npm start` prints once everything runs: what a person needs, and what is not well. */
import { styleText } from 'node:util';
import type { PageConfig, PartStatus } from '../common/api.ts';
import type { Bridge, LanFacts } from './bridge.ts';
import { version } from './root.ts';

export function banner(bridge: Bridge, uptimeMs: number, colours: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(style, text) : text;
  const { engines, agent } = bridge.status();
  const { phone } = bridge;
  const { lan, phonePassword } = bridge;
  // The one of --auth is known to whoever gave it, and may be on a screen that others see.
  const password = lan?.madePassword
    ? `password ${phonePassword ?? ''}`
    : phone.needsPassword
      ? 'the password of --auth'
      : 'any password';
  const row = (name: string, text: string) => `  ${paint('gray', name.padEnd(10))}${text}`;
  const part = (name: string, { kind, address, ok, problem }: PartStatus, label: string) =>
    row(
      name,
      ok
        ? `${label} ${paint('gray', kind === 'embedded' ? '(embedded)' : `at ${address}`)}`
        : `${paint('red', `${label} at ${address} is not reachable`)}\n${' '.repeat(12)}${problem?.code ?? ''}: ${problem?.message ?? ''}`,
    );
  return [
    '',
    `  ${paint('bold', 'SIP Agent Bridge')} ${paint('gray', `${version}, ready in ${Math.round(uptimeMs)} ms`)}`,
    '',
    row(
      'Page',
      `${paint(['cyan', 'bold'], bridge.newPageUrl())}   open it in Chrome and press Start`,
    ),
    ...(lan ? networkRows(lan, row) : []),
    row(
      'MicroSIP',
      `SIP server ${phone.server}, domain ${phone.domain}, username ${phone.username},`,
    ),
    row('', `${password}, transport ${transports(phone)}; then dial any number`),
    part('SIP', engines.drachtio, 'drachtio'),
    part('Media', engines.rtpengine, 'rtpengine'),
    part(
      'Agent',
      agent,
      bridge.agentName === 'demo' ? 'demo agent, repeats what you say' : 'agent',
    ),
    '',
    '',
  ].join('\n');
}

function transports({ transports: plain, tlsServer }: PageConfig['phone']): string {
  return `${plain.map((each) => each.toUpperCase()).join(' or ')}${tlsServer === undefined ? '' : ` (or TLS with server ${tlsServer})`}`;
}

/** The address is good for one use: browsers will warn of a certificate that nobody vouches for. */
function networkRows(
  { addresses, fingerprint, certificateFrom }: LanFacts,
  row: (name: string, text: string) => string,
): string[] {
  const others = addresses.filter(({ reach }) => reach !== 'loopback').slice(1);
  return [
    row('', 'good for one use; key o gives another one'),
    row('Network', 'open to private networks only'),
    ...(others.length > 0
      ? [row('', `also at ${others.map(({ address, name }) => `${address} (${name})`).join(', ')}`)]
      : []),
    ...(addresses[0]?.reach === 'host'
      ? [row('', 'WSL_NAT: only this computer reaches it; see docs/guides/network.md')]
      : []),
    row('TLS', `${certificateFrom} certificate, SHA-256 fingerprint`),
    row('', fingerprint.slice(0, 48)),
    row('', fingerprint.slice(48)),
  ];
}

/** The same for programs: `start --json`. */
export function started(bridge: Bridge, uptimeMs: number) {
  const { engines, agent } = bridge.status();
  const { phone, phonePassword, lan } = bridge;
  return {
    ready: true,
    version,
    readyMs: Math.round(uptimeMs),
    page: bridge.newPageUrl(),
    phone: { ...phone, ...(lan?.madePassword === true && { password: phonePassword }) },
    engines,
    agent: { ...agent, name: bridge.agentName },
    ...(lan && { lan }),
  };
}
