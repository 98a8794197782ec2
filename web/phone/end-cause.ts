/**
 * Why a call ended, in one sentence. The far end's own words come first: a Reason header (RFC 3326,
 * https://www.rfc-editor.org/rfc/rfc3326) says more than the method that carried it, and the phrase
 * of a refusal more than its number.
 */
export interface EndFacts {
  readonly originator: string;
  readonly cause: string;
  readonly answered: boolean;
  /** The Reason header of the BYE or CANCEL. */
  readonly reason?: string | undefined;
  /** The phrase of the refusal. */
  readonly phrase?: string | undefined;
}

export function endSentence({ originator, cause, answered, reason, phrase }: EndFacts): string {
  const text = reasonText(reason);
  if (originator === 'local') return 'Hung up on this page.';
  if (originator === 'system') return `Ended by the page: ${cause}.`;
  // drachtio's own words when an answer and our CANCEL met.
  if (text !== undefined && /cancel race/i.test(text)) {
    return 'The call was taken back just as this page answered it.';
  }
  if (text !== undefined) return `Ended by the far end: ${text}.`;
  if (cause === 'Terminated') return 'The caller hung up.';
  if (cause === 'Canceled') return 'The caller gave up before the answer.';
  if (answered) return `Ended by the far end: ${cause}.`;
  return `Not answered: ${phrase === undefined || phrase === '' ? cause : phrase}.`;
}

/** `SIP;cause=200;text="Call completed elsewhere"` → its text, or its cause. */
export function reasonText(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, text] = /;\s*text="((?:[^"\\]|\\.)*)"/i.exec(header) ?? [];
  if (text !== undefined && text !== '') return text.replace(/\\(.)/g, '$1');
  const [, cause] = /;\s*cause=(\d+)/i.exec(header) ?? [];
  return cause === undefined ? undefined : `cause ${cause}`;
}
