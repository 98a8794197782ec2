/**
 * Where a call goes: who is to be rung for what was dialled, or why nobody is, in a phrase that the
 * caller's phone can show. Phones reach what extensions say; pages reach registered phones, and
 * beyond those only hosts that the configuration names, none of them public. Nothing is sent here.
 */
import type { Binding, Bindings } from './bindings.ts';
import type { Target } from './branch.ts';
import type { Refusal } from './call-phrases.ts';
import { DEFAULT_KEY, extensionFor, type Extension } from './extensions.ts';
import { parseUri, type SipUri } from './sip/uri.ts';

export interface RouterOptions {
  readonly bindings: Bindings;
  /** Those of this moment: they may change while calls go on. */
  readonly extensions: () => readonly Extension[];
  /** host or host:port that pages may dial besides registered phones. */
  readonly reach: readonly string[];
  readonly maxCallsPerPage: number;
  /** Live calls of a page, by where it registered from. */
  readonly callsOf: (source: string) => number;
  /** Whether this is where our own SIP server listens. */
  readonly isOwn: (uri: SipUri) => boolean;
  /** Said when no page is open. */
  readonly pageUrl: () => string;
}

export type Route =
  | {
      readonly kind: 'ring';
      readonly extension: string;
      readonly targets: readonly Target[];
      readonly ringMs?: number | undefined;
    }
  | ({ readonly kind: 'refuse'; readonly extension: string } & Refusal);

export class Router {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** What a phone has dialled. */
  fromPhone(dialled: string): Route {
    const extension = extensionFor(dialled, this.#options.extensions());
    const { key, to, ringMs } = extension;
    const found =
      to.kind === 'page'
        ? this.#pages(to.user)
        : this.#phones(to.user.replaceAll('{dialled}', dialled));
    return 'status' in found
      ? { kind: 'refuse', extension: key, ...found }
      : { kind: 'ring', extension: key, targets: found, ringMs };
  }

  /** The URI a page has dialled, for the agent of an extension. */
  fromPage(uri: string, extension: string = DEFAULT_KEY): Route {
    const found = this.#address(uri);
    return 'status' in found
      ? { kind: 'refuse', extension, ...found }
      : { kind: 'ring', extension, targets: found };
  }

  /** The page that is to make a call for the agent of an extension. */
  pageFor(key: string): Binding | Refusal {
    const extension = this.#options.extensions().find((each) => each.key === key);
    if (extension === undefined && key !== DEFAULT_KEY) {
      return { status: 404, reason: `There is no extension ${key}`, code: 'BAD_REQUEST' };
    }
    const found = this.#pages(extension?.to.kind === 'page' ? extension.to.user : undefined);
    if ('status' in found) return found;
    const binding = found[0]?.party.binding;
    return binding ?? { status: 480, reason: 'No page is open', code: 'NO_PAGE' };
  }

  /** Where a phone that was rung says to try instead. */
  redirect(uri: string): Target | undefined {
    const found = this.#address(uri);
    return 'status' in found ? undefined : found[0];
  }

  /** Whom a phone wants its call transferred to. */
  transfer(uri: SipUri, text: string): readonly Target[] | Refusal {
    if (!this.#options.isOwn(uri)) return this.#address(text);
    const route = this.fromPhone(uri.user ?? '');
    if (route.kind === 'ring' && route.targets.every(({ party }) => party.kind === 'phone')) {
      return route.targets;
    }
    // A phone's own name need be no extension to be transferred to.
    const phones = this.#phones(uri.user ?? '');
    return 'status' in phones ? (route.kind === 'ring' ? route.targets : route) : phones;
  }

  #pages(user: string | undefined): readonly Target[] | Refusal {
    const { bindings, maxCallsPerPage, callsOf, pageUrl } = this.#options;
    const open = bindings.pages().filter(({ aor }) => user === undefined || userOf(aor) === user);
    if (open.length === 0) {
      const whose = user === undefined ? 'No page is open' : `No page of ${user} is open`;
      return { status: 480, reason: `${whose}. Open ${pageUrl()} in Chrome`, code: 'NO_PAGE' };
    }
    const free = open.filter(({ source }) => callsOf(source) < maxCallsPerPage);
    if (free.length === 0) {
      return {
        status: 486,
        reason: `The page is busy: it has its maximum of ${maxCallsPerPage} calls`,
        code: 'PAGE_BUSY',
      };
    }
    // The latest registration first: it is the one its person looks at.
    return free.toReversed().map(targetOf);
  }

  #phones(user: string): readonly Target[] | Refusal {
    const { bindings } = this.#options;
    const phones = bindings.phonesOf(user);
    return phones.length > 0
      ? phones.map(targetOf)
      : { status: 404, reason: `${user} is not registered`, code: 'NOT_REGISTERED' };
  }

  #address(text: string): readonly Target[] | Refusal {
    const { bindings, isOwn } = this.#options;
    const uri = parseUri(text);
    if (uri === undefined) {
      return { status: 400, reason: 'That is no SIP address', code: 'BAD_REQUEST' };
    }
    const { user = '' } = uri;
    const registered = bindings.of(`${user}@${uri.host}`).filter(isPhone);
    if (registered.length > 0) return registered.toReversed().map(targetOf);
    if (isOwn(uri)) return this.#phones(user);
    if (!this.#isReachable(uri)) {
      const reason = `${uri.host} is none of the hosts that pages may call`;
      return { status: 403, reason, code: 'NOT_REACHABLE' };
    }
    return [{ uri: text, party: { kind: 'phone', name: user === '' ? uri.host : user } }];
  }

  #isReachable({ host, port = 5060 }: SipUri): boolean {
    const names = [host, `${host}:${port}`];
    return isPrivate(host) && this.#options.reach.some((named) => names.includes(named));
  }
}

function targetOf(binding: Binding): Target {
  return {
    uri: binding.contact,
    party: { kind: binding.kind, name: userOf(binding.aor), binding },
  };
}

function isPhone({ kind }: Binding): boolean {
  return kind === 'phone';
}

function userOf(aor: string): string {
  return aor.split('@')[0] ?? '';
}

/** Loopback and private networks (RFC 1918, RFC 4193); a name could be anybody's. */
export function isPrivate(host: string): boolean {
  return (
    host === 'localhost' ||
    /^(127|10)(\.\d{1,3}){3}$/.test(host) ||
    /^192\.168(\.\d{1,3}){2}$/.test(host) ||
    /^172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2}$/.test(host) ||
    host === '[::1]' ||
    /^\[f[cd][0-9a-f]{2}:/.test(host)
  );
}
