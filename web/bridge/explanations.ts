/** What error codes mean and what to do, read out of the one table there is: docs/reference/errors.md. */
export interface Explanation {
  readonly means: string;
  readonly todo: string;
}

/** Sections of `## CODE`, each with **Means:** (its **Cause:** goes with it) and **Do:**. */
export function readExplanations(markdown: string): ReadonlyMap<string, Explanation> {
  const found = new Map<string, Explanation>();
  for (const section of markdown.split(/^## /m).slice(1)) {
    const [, code, means, todo] =
      /^([A-Z_]+)\s+\*\*Means:\*\*([\s\S]*?)\*\*Do:\*\*([\s\S]*)$/.exec(section) ?? [];
    if (code === undefined || means === undefined || todo === undefined) continue;
    found.set(code, { means: plain(means), todo: plain(todo) });
  }
  return found;
}

function plain(markdown: string): string {
  const text = markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
