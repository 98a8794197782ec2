/**
 * Hands a call's figures to the bridge, for its API and its metrics. Each message holds all from the
 * call's beginning, so one that is lost is made good by the next; the last one may outlive the page.
 */
import type { CallFigures } from '../../common/figures.ts';

export function sendFigures(callId: string, figures: CallFigures): void {
  fetch(`/api/calls/${encodeURIComponent(callId)}/figures`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(figures),
    keepalive: true,
  }).catch(() => undefined);
}
