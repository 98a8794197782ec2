/**
 * Flags that npm has kept for itself. PowerShell takes the `--` out of `npm start -- --lan`
 * (https://github.com/npm/cli/issues/4903), and people forget it: npm then reads the flags as its own, and
 * the bridge would start as if nobody had given any. What npm has read stands in the environment.
 */
import { BridgeError } from '../../common/errors.ts';

/** npm knows `--lan` as its own -l, -a and -n. */
const LAN = ['npm_config_long', 'npm_config_all'] as const;

/** @throws BridgeError BAD_FLAG */
export function refuseFlagsTakenByNpm(
  names: readonly string[],
  environment: NodeJS.ProcessEnv,
): void {
  const script = environment['npm_lifecycle_event'];
  if (script === undefined) return;
  const taken = names.filter(
    (name) => environment[`npm_config_${name.replaceAll('-', '_')}`] !== undefined,
  );
  if (LAN.every((name) => environment[name] === 'true')) taken.push('lan');
  if (taken.length === 0) return;
  const run = script === 'start' ? 'start' : `run ${script}`;
  const flags = taken.map((name) => `--${name}`).join(', ');
  throw new BridgeError(
    'BAD_FLAG',
    `npm has kept ${flags} for itself: flags go after "--", as in npm ${run} -- --${taken[0] ?? ''}. ` +
      `PowerShell takes that away; there, write npm.cmd ${run} -- --${taken[0] ?? ''}.`,
  );
}
