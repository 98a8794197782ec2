/** Every dialect by its name: what `--dialect` takes and what the page's worker looks up. */
import type { DialectName } from '../../common/api.ts';
import { jsonBase64 } from './json-base64.ts';
import { talkyReady } from './talky-ready.ts';
import { talkyTyped } from './talky-typed.ts';
import { talky } from './talky.ts';
import { twilioMediaStreams } from './twilio-media-streams.ts';
import type { Dialect } from './types.ts';

const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  talky,
  'talky-ready': talkyReady,
  'talky-typed': talkyTyped,
  'json-base64': jsonBase64,
  'twilio-media-streams': twilioMediaStreams,
};

/** The default first. */
export const DIALECT_NAMES = Object.keys(DIALECTS) as readonly DialectName[];

export function isDialectName(name: string): name is DialectName {
  return Object.hasOwn(DIALECTS, name);
}

export function dialectOf(name: DialectName): Dialect {
  return DIALECTS[name];
}
