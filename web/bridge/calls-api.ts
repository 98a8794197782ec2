/** What the page asks of the bridge about a call (docs/reference/http-api.md). */
import type { Remark } from '../../agent/diagnosis/flow.ts';
import type { CallFigures } from '../../common/figures.ts';
import type { ConnectionReport } from '../media/connection-report.ts';
import type { KeyPress } from '../media/dtmf.ts';

function send(id: string, what: string, body: object, init: RequestInit = {}): Promise<Response> {
  return fetch(`/api/calls/${encodeURIComponent(id)}/${what}`, {
    ...init,
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** @throws Error with the bridge's sentence */
async function post(id: string, what: string, body: object): Promise<void> {
  const response = await send(id, what, body);
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
  /** How the connection does. What a bridge that does not answer misses is said again soon. */
  reportConnection: (id: string, report: ConnectionReport): void => {
    send(id, 'media', report).catch(() => undefined);
  },
  /** What is odd about the agent of a call. */
  reportRemark: (id: string, remark: Remark): void => {
    const body = JSON.stringify(remark);
    fetch(`/api/agent/${encodeURIComponent(id)}`, { method: 'POST', body }).catch(() => undefined);
  },
  /**
   * Each message holds all from the call's beginning, so one that is lost is made good by the next;
   * the last one may outlive the page.
   */
  reportFigures: (id: string, figures: CallFigures): void => {
    send(id, 'figures', figures, { keepalive: true }).catch(() => undefined);
  },
};
