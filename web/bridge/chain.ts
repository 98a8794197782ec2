/**
 * The chain a call runs through, each link with a light and a sentence: phone → SIP → media → page →
 * agent. Whoever looks at the page should know within a second which link is broken and what to do.
 */
import type { PartStatus, Status } from '../../common/api.ts';
import type { RegistrationStatus } from '../phone/registration.ts';
import type { SocketStatus } from '../media/report.ts';

export type Light = 'green' | 'amber' | 'red';

export interface ChainLink {
  readonly name: string;
  readonly light: Light;
  readonly sentence: string;
}

export interface ChainFacts {
  /** Undefined until the first status, and while the bridge cannot be reached. */
  readonly status: Status | undefined;
  readonly registration: RegistrationStatus;
  /** What is missing in this browser. */
  readonly unsupported: string | undefined;
  /** The agent's sockets of the live calls. */
  readonly sockets: readonly SocketStatus[];
}

export function chainOf(facts: ChainFacts): readonly ChainLink[] {
  const { status } = facts;
  return [
    { name: 'Phone', ...phoneLink(status) },
    { name: 'SIP', ...partLink(status?.engines.drachtio, 'drachtio') },
    { name: 'Media', ...partLink(status?.engines.rtpengine, 'rtpengine') },
    { name: 'Page', ...pageLink(facts) },
    { name: 'Agent', ...agentLink(facts) },
  ];
}

type Look = Omit<ChainLink, 'name'>;

const UNKNOWN: Look = { light: 'amber', sentence: 'Waiting for the bridge.' };

function phoneLink(status: Status | undefined): Look {
  if (status === undefined) return UNKNOWN;
  const phones = status.registrations.filter(({ kind }) => kind === 'phone');
  const [phone] = phones;
  if (phone === undefined) {
    return { light: 'amber', sentence: 'No phone is registered. Set one up as shown below.' };
  }
  const silent = phones.filter(({ reachable }) => reachable === false);
  const names = silent.map(({ aor }) => userOf(aor)).join(', ');
  if (phones.length > 1) {
    const sentence = `${phones.length} phones registered`;
    return silent.length === 0
      ? { light: 'green', sentence: `${sentence}.` }
      : { light: 'amber', sentence: `${sentence}; no answer from ${names}.` };
  }
  if (silent.length > 0) {
    return {
      light: 'amber',
      sentence: `${names} does not answer at ${phone.source}. Is it still on?`,
    };
  }
  const { roundTripMs } = phone;
  const answers = roundTripMs === undefined ? '' : `, answers in ${roundTripMs} ms`;
  return { light: 'green', sentence: `${userOf(phone.aor)} from ${phone.source}${answers}` };
}

function partLink(part: PartStatus | undefined, name: string): Look {
  if (part === undefined) return UNKNOWN;
  if (part.problem !== undefined) return { light: 'red', sentence: part.problem.message };
  if (!part.ok) return { light: 'red', sentence: `${name} does not answer at ${part.address}.` };
  const kind = part.kind === 'embedded' ? `Embedded ${name}` : name;
  return { light: 'green', sentence: `${kind} at ${part.address}` };
}

function pageLink({ registration, unsupported }: ChainFacts): Look {
  if (unsupported !== undefined) return { light: 'red', sentence: unsupported };
  const { state, sentence } = registration;
  if (state === 'registered') return { light: 'green', sentence };
  return { light: state === 'failed' ? 'red' : 'amber', sentence };
}

function agentLink({ status, sockets }: ChainFacts): Look {
  // A live call knows better than the last probe.
  const troubled = sockets.find(({ state }) => state === 'reconnecting');
  if (troubled !== undefined) return { light: 'red', sentence: troubled.sentence };
  const open = sockets.filter(({ state }) => state === 'open').length;
  if (open > 0) {
    return { light: 'green', sentence: open === 1 ? 'In a call.' : `In ${open} calls.` };
  }
  if (status === undefined) return UNKNOWN;
  const { agent } = status;
  if (agent.problem !== undefined) return { light: 'red', sentence: agent.problem.message };
  if (!agent.ok) return { light: 'red', sentence: `No answer from ${agent.address}.` };
  return { light: 'green', sentence: agent.address };
}

/** `sip:alice@example.com` → `alice`. */
function userOf(aor: string): string {
  return /^(?:sips?:)?([^@;]+)@/.exec(aor)?.[1] ?? aor;
}
