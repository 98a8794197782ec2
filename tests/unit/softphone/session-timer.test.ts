import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Headers } from '../../../signaling/sip/headers.ts';
import { SipResponse } from '../../../signaling/sip/message.ts';
import { SessionTimer } from '../../../softphone/session-timer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function answer(status: number, headers: Record<string, string> = {}): SipResponse {
  const response = new SipResponse(status, 'x', new Headers());
  for (const [name, value] of Object.entries(headers)) response.headers.add(name, value);
  return response;
}

function timer(next: () => SipResponse) {
  const refreshed: string[] = [];
  const failures: unknown[] = [];
  const session = new SessionTimer(
    (method) => {
      refreshed.push(method);
      return Promise.resolve(next());
    },
    (error) => failures.push(error),
  );
  return { session, refreshed, failures };
}

const OURS = { 'Session-Expires': '100;refresher=uac', Allow: 'INVITE, UPDATE' };

describe('session timer', () => {
  it('refreshes at half of the interval, again and again', async () => {
    const { session, refreshed } = timer(() => answer(200, OURS));
    session.follow(answer(200, OURS));
    await vi.advanceTimersByTimeAsync(49_999);
    expect(refreshed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(refreshed).toEqual(['UPDATE']);
    await vi.advanceTimersByTimeAsync(50_000);
    expect(refreshed).toEqual(['UPDATE', 'UPDATE']);
    session.stop();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('uses re-INVITE where UPDATE is not allowed', async () => {
    const { session, refreshed } = timer(() => answer(200));
    session.follow(answer(200, { 'Session-Expires': '90' }));
    await vi.advanceTimersByTimeAsync(45_000);
    expect(refreshed).toEqual(['INVITE']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    ['the far end refreshes', { 'Session-Expires': '90 ; refresher=uas' }],
    ['there is no timer', {}],
    ['the interval is no number', { 'Session-Expires': 'soon' }],
  ])('rests when %s', (_why, headers) => {
    const { session } = timer(() => answer(200));
    session.follow(answer(200, headers));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells of a refused refresh, and is silent once stopped', async () => {
    const { session, failures } = timer(() => answer(481));
    session.follow(answer(200, OURS));
    await vi.advanceTimersByTimeAsync(50_000);
    expect(String(failures[0])).toContain('UPDATE was answered 481');
    session.stop();
    session.follow(answer(200, OURS));
    expect(vi.getTimerCount()).toBe(0);
  });
});
