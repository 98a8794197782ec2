/** What `npm start` prints once everything runs: what a person needs, and what is not well. */
import { styleText } from 'node:util';
import type { PartStatus } from '../common/api.ts';
import type { Bridge } from './bridge.ts';
import { version } from './root.ts';

export function banner(bridge: Bridge, uptimeMs: number, colours: boolean): string {
  const paint = (style: Parameters<typeof styleText>[0], text: string) =>
    colours ? styleText(style, text) : text;
  const { engines, agent } = bridge.status();
  const { phone } = bridge;
  const password = phone.needsPassword ? 'the password of --auth' : 'any password';
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
    row('Page', `${paint(['cyan', 'bold'], bridge.url)}   open it in Chrome and press Start`),
    row(
      'MicroSIP',
      `SIP server ${phone.server}, domain ${phone.domain}, username ${phone.username},`,
    ),
    row('', `${password}, transport UDP or TCP; then dial any number`),
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
