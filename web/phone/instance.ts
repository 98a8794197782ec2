/**
 * Who this page is to the registrar (RFC 5626 §4.1, https://www.rfc-editor.org/rfc/rfc5626#section-4.1):
 * a UUID that outlives a reload, so that the page then takes its own place again instead of standing
 * beside its ghost. It belongs to the tab; a tab that was duplicated got a copy, finds it in use and
 * makes its own.
 */
const KEY = 'sip-instance';

export async function pageInstance(): Promise<string> {
  const kept = sessionStorage.getItem(KEY);
  if (kept !== null && (await claim(kept))) return kept;
  const made = crypto.randomUUID();
  await claim(made);
  sessionStorage.setItem(KEY, made);
  return made;
}

/** Held until the page goes away. */
function claim(instance: string): Promise<boolean> {
  return new Promise((resolve) => {
    void navigator.locks.request(`${KEY} ${instance}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise(() => undefined);
    });
  });
}
