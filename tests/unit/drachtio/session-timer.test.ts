import { describe, expect, it } from 'vitest';
import {
  answeredSession,
  answerSession,
  refuseShortSession,
  SessionTimer,
} from '../../../signaling/drachtio/session-timer.ts';
import { Headers } from '../../../signaling/sip/headers.ts';
import { SipRequest, SipResponse } from '../../../signaling/sip/message.ts';
import { Clock } from '../sip/clock.ts';

const invite = (expires?: string, supported?: string): SipRequest => {
  const headers = new Headers();
  if (expires !== undefined) headers.add('x', expires);
  if (supported !== undefined) headers.add('k', supported);
  return new SipRequest('INVITE', 'sip:a', headers);
};
const ok = (expires?: string): SipResponse =>
  new SipResponse(
    200,
    'OK',
    expires === undefined ? new Headers() : new Headers().add('Session-Expires', expires),
  );

describe('what a 2xx of ours settles', () => {
  it.each([
    ['nothing asked', undefined, 'timer', undefined, undefined, undefined],
    [
      'asked without a refresher, as MicroSIP does',
      '1800',
      'timer',
      undefined,
      undefined,
      undefined,
    ],
    [
      'asked, refresher uac',
      '1800;refresher=uac',
      'replaces, timer',
      undefined,
      '1800;refresher=uac',
      false,
    ],
    ['asked, refresher uas', '1800;refresher=uas', 'timer', undefined, '1800;refresher=uas', true],
    ['the application wants one', '1800', 'timer', '600', '600;refresher=uac', false],
    [
      '… of a peer that cannot',
      undefined,
      undefined,
      '600;refresher=uac',
      '600;refresher=uas',
      true,
    ],
    ['… too short', undefined, 'timer', '10;refresher=uas', '90;refresher=uas', true],
    ['… nonsense', undefined, 'timer', 'soon', undefined, undefined],
  ])('%s', (_what, asked, supported, given, written, weRefresh) => {
    const response = ok(given);
    const session = answerSession(invite(asked, supported), response);
    expect(response.headers.get('session-expires')).toBe(written);
    expect(session?.weRefresh).toBe(weRefresh);
    expect(response.headers.get('require')).toBe(weRefresh === false ? 'timer' : undefined);
  });

  it('reads what the peer has settled', () => {
    expect(answeredSession(ok())).toBeUndefined();
    expect(answeredSession(ok('300;refresher=uac'))).toEqual({ seconds: 300, weRefresh: true });
    expect(answeredSession(ok('300;refresher=uas'))).toEqual({ seconds: 300, weRefresh: false });
  });

  it('refuses less than 90 s with 422', () => {
    expect(refuseShortSession(invite('89'), 't')).toMatchObject({ status: 422 });
    expect(refuseShortSession(invite('89'), 't')?.headers.get('min-se')).toBe('90');
    expect(refuseShortSession(invite('90'), 't')).toBeUndefined();
    expect(refuseShortSession(invite(), 't')).toBeUndefined();
  });
});

describe('SessionTimer', () => {
  function run(weRefresh: boolean): { clock: Clock; log: string[]; timer: SessionTimer } {
    const clock = new Clock();
    const log: string[] = [];
    const timer = new SessionTimer(
      clock.after,
      { seconds: 90, weRefresh },
      {
        refresh: () => log.push(`refresh ${clock.now}`),
        expire: () => log.push(`expire ${clock.now}`),
      },
    );
    return { clock, log, timer };
  }

  it('refreshes at half the interval, or waits for it and gives up a little before its end', () => {
    const ours = run(true);
    ours.clock.advance(100_000);
    expect(ours.log).toEqual(['refresh 45000', 'expire 60000']);
    const theirs = run(false);
    theirs.clock.advance(100_000);
    expect(theirs.log).toEqual(['expire 60000']);
  });

  it('is silent once stopped', () => {
    const { clock, log, timer } = run(true);
    timer.stop();
    clock.advance(100_000);
    expect(log).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
