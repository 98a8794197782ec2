/** Phones seen and not seen: SIP that comes and is answered, and RTP that never does. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Status } from '../../../common/api.ts';
import { checkPhones } from '../../../server/doctor/phones.ts';
import { PhonesSeen } from '../../../server/phones-seen.ts';
import type { TraceEntry } from '../../../signaling/trace/ring.ts';

let phones: PhonesSeen;
let changes: number;

beforeEach(() => {
  phones = new PhonesSeen();
  changes = 0;
  phones.onChange = () => (changes += 1);
});

function sip(
  direction: 'in' | 'out',
  start: string,
  cseq: string,
  { user = 'anna', address = '192.0.2.7', callId = 'A', leg = 'phone' } = {},
): void {
  const local = { address: '192.0.2.1', port: 5060 };
  phones.noteSip({
    at: 0,
    direction,
    protocol: 'udp',
    local,
    remote: { address, port: 5062 },
    callId,
    sipCallId: callId,
    leg: leg as TraceEntry['leg'],
    text: [
      start,
      `From: "A. \\"x\\"" <sip:${user}@192.0.2.1>;tag=1`,
      `t: <sip:${start.startsWith('INVITE') ? '1000' : user}@192.0.2.1>`,
      `CSeq: 7 ${cseq}`,
      '',
      '',
    ].join('\r\n'),
  });
}

const register = (status: number, user = 'anna') =>
  sip('out', `SIP/2.0 ${status} X`, 'REGISTER', { user });
const call = (callId: string) => sip('in', 'INVITE sip:1000@b SIP/2.0', 'INVITE', { callId });

function findings(): string[] {
  const status = { registrations: [], phones: phones.list } as unknown as Status;
  return checkPhones(status)
    .filter(({ code }) => code !== 'NO_PHONE' && code !== 'NO_PAGE')
    .map(({ result, code, message }) => [result, code, message].filter(Boolean).join(' '));
}

describe('PhonesSeen', () => {
  it('remembers a thousand calls, and forgets the oldest', () => {
    for (let n = 0; n < 1_003; n += 1) {
      call(`call ${n}`);
      phones.noteRtp(`call ${n}`, 1);
    }
    expect(phones.list).toMatchObject([{ user: 'anna', calls: 1_000, callsWithRtp: 1_000 }]);
  });

  it('knows a phone by user and address, and how its REGISTER was answered', () => {
    sip('in', 'REGISTER sip:b SIP/2.0', 'REGISTER');
    register(401);
    expect(phones.list).toEqual([
      { user: 'anna', address: '192.0.2.7', calls: 0, callsWithRtp: 0 },
    ]);
    register(200);
    expect(phones.list[0]).toMatchObject({ registerStatus: 200 });
    expect(changes).toBe(1);
    expect(findings()).toEqual([]);
  });

  it('tells a wrong password from the challenge that every registration begins with', () => {
    register(401);
    expect(findings()).toEqual([]);
    register(401);
    expect(findings()).toEqual([
      'warn REGISTER_REFUSED anna at 192.0.2.7 wants to register and may not: its password is not the one of the bridge.',
    ]);
    register(200);
    register(401);
    expect(findings()).toEqual([]);
  });

  it('says of whom SIP comes and RTP never did', () => {
    register(200);
    call('A');
    phones.noteRtp('A', 0);
    expect(findings()).toEqual([
      'warn MEDIA_NO_PHONE_RTP SIP of anna at 192.0.2.7 arrives and is answered, but no RTP came from it in its call.',
    ]);
    call('B');
    phones.noteRtp('B', 0);
    expect(findings()[0]).toContain('in any of its 2 calls');
    phones.noteRtp('B', 12);
    phones.noteRtp('B', 112);
    expect(findings()).toEqual(['pass RTP has come from anna at 192.0.2.7']);
    expect(phones.list).toMatchObject([{ calls: 2, callsWithRtp: 1 }]);
    // Registered; a call without; one more; its RTP. What repeats is no news.
    expect(changes).toBe(4);
  });

  it('counts a call to a phone as the phone’s', () => {
    sip('in', 'SIP/2.0 200 OK', 'INVITE', { callId: 'C', user: 'bob' });
    phones.noteRtp('C', 3);
    expect(phones.list).toMatchObject([{ user: 'bob', calls: 1, callsWithRtp: 1 }]);
  });

  it('passes over pages, and over calls of whom nothing is known', () => {
    sip('in', 'INVITE sip:1000@b SIP/2.0', 'INVITE', { leg: 'page' });
    phones.noteRtp('unknown', 5);
    expect(phones.list).toEqual([]);
  });

  it('keeps the newest hundred', () => {
    for (let n = 0; n < 150; n += 1) register(200, `user${n}`);
    expect(phones.list).toHaveLength(100);
    expect(phones.list[0]?.user).toBe('user50');
  });
});
