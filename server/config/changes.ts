/** What differs between two configurations, and whether it can take effect while calls go on. */
import { isTree, type Path } from './layer.ts';
import { dotted } from './problems.ts';
import type { Config } from './schema.ts';

/** Everything below these is looked up anew for each call, registration or log line. */
const LIVE: readonly string[] = ['agent', 'extensions', 'sip.auth.users', 'log.level'];

export interface Changes {
  readonly live: readonly string[];
  readonly needRestart: readonly string[];
}

export function changesBetween(before: Config, after: Config): Changes {
  const keys = differing(before, after, []);
  // The demo agent starts and stops with the bridge.
  const isDemo = ({ agent }: Config) => agent.url === undefined;
  const isLive = (key: string) =>
    key === 'agent.url' && isDemo(before) !== isDemo(after)
      ? false
      : LIVE.some((path) => key === path || key.startsWith(`${path}.`));
  return { live: keys.filter(isLive), needRestart: keys.filter((key) => !isLive(key)) };
}

function differing(before: unknown, after: unknown, path: Path): string[] {
  if (isTree(before) && isTree(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => differing(before[name], after[name], [...path, name]));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [dotted(path)];
}
