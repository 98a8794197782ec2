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

/** What is wrong with this browser, or undefined. */
export function findUnsupported(scope: object = globalThis): BridgeError | undefined {
  const missing: string[] = NEEDED.filter((name) => !(name in scope));
  if (!CAPTURES.some((name) => name in scope)) missing.push(CAPTURES.join(' or '));
  if (missing.length === 0) return undefined;
  return new BridgeError(
    'BROWSER_UNSUPPORTED',
    `This browser has no ${missing.join(', no ')}. Open this page in Chrome or Edge 110 or newer` +
      ' at http://localhost or over https.',
  );
}
