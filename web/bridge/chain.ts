/**
 * The chain a call runs through, each link with a light and a sentence: phone → SIP → media → page →
 * agent. Whoever looks at the page should know within a second which link is broken and what to do.
 */
import type { PartStatus, Status } from '../../common/api.ts';
import type { BridgeError, ErrorCode } from '../../common/errors.ts';
import type { RegistrationStatus } from '../phone/registration.ts';
import type { CallFacts, Trouble } from './diagnosis.ts';

export type Light = 'green' | 'amber' | 'red';

export interface ChainLink {
  readonly name: string;
  readonly light: Light;
  readonly sentence: string;
  /** Of what is not green, where the sentence does not say it. */
  readonly todo?: string;
  readonly code?: ErrorCode;
}

export interface ChainFacts {
  /** Undefined until the first status, and while the bridge cannot be reached. */
  readonly status: Status | undefined;
  readonly registration: RegistrationStatus;
  /** What is missing in this browser. */
  readonly unsupported: BridgeError | undefined;
  /** Those that are up: they know better than any probe. */
  readonly calls: readonly CallHealth[];
}

/** What of a call a link may be to blame for. */
export type CallHealth = Pick<CallFacts, 'socket' | 'remarks' | 'bridgeRemarks' | 'mediaProblem'>;

export function chainOf(facts: ChainFacts): readonly ChainLink[] {
  const { status, calls } = facts;
  const [trouble] = calls.flatMap(({ mediaProblem }) => mediaProblem ?? []);
  const look = trouble && inCall(trouble);
  const [ofPhone, ofMedia] = PHONE_TROUBLE.includes(trouble?.code) ? [look] : [undefined, look];
  const phone = phoneLink(status);
  return [
    // What is known of the phone itself calls it by its name.
    { name: 'Phone', ...(phone.light === 'red' ? phone : (ofPhone ?? phone)) },
    { name: 'SIP', ...partLink(status?.engines.drachtio, 'drachtio') },
    { name: 'Media', ...(ofMedia ?? partLink(status?.engines.rtpengine, 'rtpengine')) },
    { name: 'Page', ...pageLink(facts) },
    { name: 'Agent', ...agentLink(facts) },
  ];
}

type Look = Omit<ChainLink, 'name'>;

export const COME_BACK = 'Start it again: npm start. This page finds it by itself.';
/** What to do about it stands with the page's link, once. */
const UNKNOWN: Look = { light: 'amber', sentence: 'Unknown until the bridge answers.' };
/** What stops, or never comes, on the phone's side; everything else is between engine and page. */
const PHONE_TROUBLE: readonly (ErrorCode | undefined)[] = ['MEDIA_NO_PHONE_RTP', 'MEDIA_SILENT'];

/** Audio that has flowed may flow again. */
function inCall(trouble: Trouble): Look {
  return { light: trouble.code === 'MEDIA_SILENT' ? 'amber' : 'red', ...trouble };
}

function phoneLink(status: Status | undefined): Look {
  if (status === undefined) return UNKNOWN;
  const phones = status.registrations.filter(({ kind }) => kind === 'phone');
  const [phone] = phones;
  if (phone === undefined) {
    const [refused] = status.phones.filter(({ registerStatus = 200 }) => registerStatus >= 300);
    return refused === undefined
      ? {
          light: 'amber',
          sentence: 'No phone is registered.',
          todo: 'Set one up as shown below.',
        }
      : {
          light: 'red',
          sentence: `${refused.user} at ${refused.address} was refused (${refused.registerStatus ?? ''}).`,
          todo: 'Correct user name and password in the phone.',
          code: 'REGISTER_REFUSED',
        };
  }
  const mute = status.phones.find(({ calls, callsWithRtp }) => calls > 0 && callsWithRtp === 0);
  if (mute !== undefined) {
    return {
      light: 'red',
      sentence: `SIP of ${mute.user} arrives, and no RTP ever came from ${mute.address}.`,
      todo: 'Open the RTP ports (UDP) in the firewall, here and at the phone.',
      code: 'MEDIA_NO_PHONE_RTP',
    };
  }
  const silent = phones.filter(({ reachable }) => reachable === false);
  const names = silent.map(({ aor }) => userOf(aor)).join(', ');
  if (phones.length > 1) {
    const sentence = `${phones.length} phones registered`;
    return silent.length === 0
      ? { light: 'green', sentence: `${sentence}.` }
      : {
          light: 'amber',
          sentence: `${sentence}; no answer from ${names}.`,
          todo: 'Are they still on, and in this network?',
        };
  }
  if (silent.length > 0) {
    return {
      light: 'amber',
      sentence: `${names} does not answer at ${phone.source}.`,
      todo: 'Is it still on, and in this network?',
    };
  }
  const { roundTripMs } = phone;
  const answers = roundTripMs === undefined ? '' : `, answers in ${roundTripMs} ms`;
  return { light: 'green', sentence: `${userOf(phone.aor)} from ${phone.source}${answers}` };
}

function partLink(part: PartStatus | undefined, name: string): Look {
  if (part === undefined) return UNKNOWN;
  if (part.problem !== undefined) return broken(part.problem);
  if (!part.ok) {
    return {
      light: 'red',
      sentence: `${name} does not answer at ${part.address}.`,
      todo: `Start ${name}, or check its address in the configuration.`,
    };
  }
  const kind = part.kind === 'embedded' ? `Embedded ${name}` : name;
  return { light: 'green', sentence: `${kind} at ${part.address}` };
}

function pageLink({ registration, status, unsupported }: ChainFacts): Look {
  if (unsupported !== undefined) {
    // What exactly it lacks takes a paragraph, which stands below.
    const sentence = 'This browser cannot take calls.';
    const todo = 'Open this page in Chrome or Edge.';
    return { light: 'red', sentence, todo, code: unsupported.code };
  }
  const { state, sentence } = registration;
  if (state === 'registered') return { light: 'green', sentence };
  if (state === 'idle') return { light: 'amber', sentence, todo: 'Press Start answering calls.' };
  if (state === 'failed' && status === undefined) {
    return { light: 'red', sentence: 'The bridge does not answer.', todo: COME_BACK };
  }
  return state === 'failed'
    ? { light: 'red', sentence, todo: 'Reload this page; its log and the bridge’s say more.' }
    : { light: 'amber', sentence, todo: 'Wait a moment; it goes on trying.' };
}

function agentLink({ status, calls }: ChainFacts): Look {
  const troubled = calls.find(({ socket }) => socket.state === 'reconnecting');
  if (troubled !== undefined) {
    const { sentence, code } = troubled.socket;
    const todo = 'This page connects as soon as the agent is there.';
    return { light: 'red', sentence, todo, ...(code && { code }) };
  }
  // It is connected, and does not do well.
  for (const { remarks, bridgeRemarks } of calls) {
    const [remark] = remarks;
    if (remark !== undefined) return { light: 'amber', ...remark };
    const [noticed] = bridgeRemarks;
    if (noticed !== undefined) return { light: 'amber', code: noticed[0], sentence: noticed[1] };
  }
  const open = calls.filter(({ socket }) => socket.state === 'open').length;
  if (open > 0) {
    return { light: 'green', sentence: open === 1 ? 'In a call.' : `In ${open} calls.` };
  }
  if (status === undefined) return UNKNOWN;
  const { agent } = status;
  if (agent.problem !== undefined) return broken(agent.problem);
  if (!agent.ok) {
    return {
      light: 'red',
      sentence: `No answer from ${agent.address}.`,
      todo: 'Start the agent, or check agent.url.',
    };
  }
  const where = agent.kind === 'embedded' ? 'The demo agent, at' : 'Reachable at';
  return { light: 'green', sentence: `${where} ${agent.address}` };
}

/** Its message says what to do as well. */
function broken({ code, message }: { readonly code: ErrorCode; readonly message: string }): Look {
  return { light: 'red', sentence: message, code };
}

/** `sip:alice@example.com` → `alice`. */
function userOf(aor: string): string {
  return /^(?:sips?:)?([^@;]+)@/.exec(aor)?.[1] ?? aor;
}
