/**
 * Extensions: what a dialled number means. An ordered list of keys, each a number (`1001`), a
 * pattern with `x` for any digit (`2xxx`) or a regular expression between slashes (`/^9\d+$/`); the
 * first that fits decides, then the one called `default`, and without any every number rings every
 * page. Pure.
 */

/** Where a call goes. `user` of a page: only pages registered under that name. */
export type ExtensionTarget =
  | { readonly kind: 'page'; readonly user?: string }
  /** `{dialled}` in the user stands for the number that was dialled. */
  | { readonly kind: 'phone'; readonly user: string };

export interface Extension {
  readonly key: string;
  readonly to: ExtensionTarget;
  /** How long it rings before the caller is told that nobody answers. */
  readonly ringMs?: number;
}

export const DEFAULT_KEY = 'default';
const ANY_PAGE: Extension = { key: DEFAULT_KEY, to: { kind: 'page' } };

export function extensionFor(dialled: string, extensions: readonly Extension[]): Extension {
  const named = extensions.filter(({ key }) => key !== DEFAULT_KEY);
  return (
    named.find(({ key }) => fits(key, dialled)) ??
    extensions.find(({ key }) => key === DEFAULT_KEY) ??
    ANY_PAGE
  );
}

function fits(key: string, dialled: string): boolean {
  if (key === dialled) return true;
  return patternOf(key)?.test(dialled) ?? false;
}

/** A key as a regular expression; undefined when it can only be meant literally. */
export function patternOf(key: string): RegExp | undefined {
  if (key.length > 2 && key.startsWith('/') && key.endsWith('/')) return regularExpression(key);
  return /^[\dx*#+]*x[\dx*#+]*$/.test(key)
    ? new RegExp(`^${key.replace(/[*+]/g, '\\$&').replaceAll('x', '\\d')}$`)
    : undefined;
}

function regularExpression(key: string): RegExp | undefined {
  try {
    return new RegExp(key.slice(1, -1));
  } catch {
    // Whoever reads the configuration refuses it; here it fits nothing.
    return undefined;
  }
}
