/** What the page asks of the bridge about a call (docs/reference/http-api.md). */
import type { KeyPress } from '../media/dtmf.ts';

/** @throws Error with the bridge's sentence */
async function post(id: string, what: string, body: object): Promise<void> {
  const response = await fetch(`/api/calls/${encodeURIComponent(id)}/${what}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.ok) return;
  const { message } = (await response.json().catch(() => ({}))) as { message?: string };
  throw new Error(message ?? `HTTP ${response.status}`);
}

export const callsApi = {
  hold: (id: string, on: boolean) => post(id, 'hold', { on }),
  transfer: (id: string, to: string) => post(id, 'transfer', { to }),
  sendDigits: (id: string, digits: string) => post(id, 'dtmf', { digits }),
  /** A key that went by as RTP, which the bridge does not see. */
  reportKey: (id: string, press: KeyPress, from: 'phone' | 'page') =>
    post(id, 'dtmf/heard', { ...press, from }),
};
