/**
 * The templates of an agent's settings: `{caller}`, `{dialled}`, `{phone}`, `{extension}`, `{callId}`
 * and `{callUuid}` become facts of one call. They are put in as they are; whoever builds an address
 * encodes them.
 */
export interface CallFacts {
  readonly callId: string;
  /** The caller's number or name, as the phone gives it. */
  readonly caller: string;
  readonly dialled: string;
  /** Who is at the phone: the caller or, of a call that a page makes, who was dialled. */
  readonly phone: string;
  /** The key of the extension that matched, or `default`. */
  readonly extension: string;
  /** The Call-ID as a UUID: always the same one for the same Call-ID. */
  readonly callUuid: string;
}

const NAMES: readonly string[] = [
  'callId',
  'caller',
  'dialled',
  'phone',
  'extension',
  'callUuid',
] satisfies (keyof CallFacts)[];

const PLACEHOLDER = /\{(\w+)\}/g;

export function expand(template: string, facts: CallFacts): string {
  return template.replace(PLACEHOLDER, (whole, name: string) =>
    NAMES.includes(name) ? facts[name as keyof CallFacts] : whole,
  );
}

export function unknownPlaceholders(template: string): readonly string[] {
  return [...template.matchAll(PLACEHOLDER)]
    .map(([, name]) => name ?? '')
    .filter((name) => !NAMES.includes(name));
}
