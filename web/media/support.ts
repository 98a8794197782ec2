/**
 * Which APIs the page cannot do without, and whether this browser has them. Named one by one: "not
 * supported" alone sends people looking in the wrong place.
 */
import { BridgeError } from '../../common/errors.ts';

const NEEDED = [
  'RTCPeerConnection',
  'WebSocket',
  'Worker',
  'AudioData',
  'MediaStreamTrackGenerator',
] as const;
/** One of them takes the caller's audio out of the connection. */
const CAPTURES = ['RTCRtpScriptTransform', 'MediaStreamTrackProcessor'] as const;

/** What each of them is for, where its name does not say it. */
const PURPOSES: Readonly<Record<string, string>> = {
  MediaStreamTrackGenerator: ', with which the agent’s voice is put into the call',
  [CAPTURES.join(' or ')]: ', with which the caller’s voice is taken out of it',
};

/** What is wrong with this browser, or undefined. */
export function findUnsupported(
  scope: object = globalThis,
  userAgent = (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent ?? '',
): BridgeError | undefined {
  const missing: string[] = NEEDED.filter((name) => !(name in scope));
  if (!CAPTURES.some((name) => name in scope)) missing.push(CAPTURES.join(' or '));
  if (missing.length === 0) return undefined;
  const what = missing.map((name) => `no ${name}${PURPOSES[name] ?? ''}`).join('; ');
  return new BridgeError(
    'BROWSER_UNSUPPORTED',
    `${nameOf(userAgent)} has ${what}. Everything is shown here, but no call is answered: open this` +
      ' page in Chrome or Edge 110 or newer at http://localhost or over https.',
  );
}

/** Chrome calls itself Safari as well, and Edge both. */
function nameOf(userAgent: string): string {
  if (/\bFirefox\//.test(userAgent)) return 'Firefox';
  if (/\bVersion\/[\d.]+.*\bSafari\//.test(userAgent)) return 'Safari';
  return 'This browser';
}
