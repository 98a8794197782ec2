import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallStatus } from '../../../common/api.ts';
import { BridgeError } from '../../../common/errors.ts';
import type { MediaEvent, NetworkEvent } from '../../../common/events.ts';
import { silent } from '../../../common/log.ts';
import { MediaWatch } from '../../../server/media-watch.ts';
import { Receptions } from '../../../server/metrics/receptions.ts';
import type { QueryResult } from '../../../rtpengine/engine.ts';

const CALL = { callId: 'a', state: 'answered', heldBy: [] } as unknown as CallStatus;

let now: number;
let packets: { phone: number; page: number };
/** Where the phone says that it is. */
let place: object | undefined;
let failure: Error | undefined;
let events: (MediaEvent | NetworkEvent)[];
let ended: string[];
let watch: MediaWatch;

const media = (protocol: string, count: number, flags: string[], at?: object) => ({
  medias: [
    { protocol, streams: [{ flags, stats: { packets: count }, 'advertised endpoint': at }] },
  ],
});

function start(inactivityMs: number): void {
  watch = new MediaWatch({
    calls: () => [CALL],
    query: () =>
      failure
        ? Promise.reject(failure)
        : Promise.resolve({
            tags: {
              p: media('RTP/AVP', packets.phone, [], place),
              w: media('UDP/TLS/RTP/SAVPF', packets.page, ['confirmed']),
            },
          } as unknown as QueryResult),
    tell: (event) => events.push(event),
    end: (callId, why) => ended.push(`${callId}: ${why}`),
    log: silent,
    inactivityMs,
    now: () => now,
  });
}

async function lookAfter(ms: number): Promise<void> {
  now += ms;
  await watch.look();
}

const told = () =>
  events.flatMap((event) =>
    event.type === 'media' ? `${event.state} ${event.code ?? ''}`.trim() : [],
  );

beforeEach(() => {
  now = 0;
  packets = { phone: 0, page: 0 };
  failure = place = undefined;
  events = [];
  ended = [];
});
afterEach(() => watch.close());

describe('media watch', () => {
  test('tells once what is wrong, and once that it is right again', async () => {
    start(0);
    await lookAfter(0);
    expect(told()).toEqual([]);
    packets = { phone: 0, page: 10 };
    await lookAfter(2000);
    await lookAfter(2000);
    packets = { phone: 10, page: 20 };
    await lookAfter(2000);
    expect(told()).toEqual(['failed MEDIA_NO_PHONE_RTP', 'flowing']);
  });

  test('tells of silence, and ends no call unless told to', async () => {
    start(0);
    packets = { phone: 10, page: 10 };
    await lookAfter(2000);
    await lookAfter(2000);
    packets.page = 20;
    await lookAfter(10_000);
    expect(told()).toEqual(['flowing', 'silent MEDIA_SILENT']);
    expect(ended).toEqual([]);
  });

  test('ends a call without RTP after the time configured', async () => {
    start(4000);
    packets = { phone: 10, page: 10 };
    await lookAfter(2000);
    await lookAfter(2000);
    packets.page = 20;
    await lookAfter(2000);
    expect(ended).toEqual([]);
    await lookAfter(2000);
    expect(ended).toEqual(['a: No RTP from the phone for 4 s']);
  });

  test('tells when the phone is heard no more by the agent, though its packets arrive', async () => {
    start(0);
    const report = (taken: number) =>
      watch.report('a', { ice: 'connected', dtls: 'connected', received: 900, sent: 9, taken });
    packets = { phone: 100, page: 100 };
    await lookAfter(2000);
    report(95);
    packets = { phone: 500, page: 500 };
    await lookAfter(8000);
    report(495);
    await lookAfter(100);
    packets = { phone: 1000, page: 1000 };
    await lookAfter(8000);
    report(495);
    await lookAfter(100);
    report(900);
    await lookAfter(100);
    expect(told()).toEqual(['flowing', 'silent MEDIA_NOT_FORWARDED', 'flowing']);
  });

  test('takes a pause of the phone for nothing else', async () => {
    start(0);
    const report = (taken: number) =>
      watch.report('a', { ice: 'connected', dtls: 'connected', received: 900, sent: 9, taken });
    packets = { phone: 100, page: 100 };
    await lookAfter(2000);
    report(150);
    packets = { phone: 200, page: 600 };
    await lookAfter(4000);
    report(150);
    packets = { phone: 220, page: 800 };
    await lookAfter(4000);
    expect(told()).toEqual(['flowing']);
  });

  test('expects packets anew of a phone that has taken the place of another', async () => {
    start(0);
    packets = { phone: 100, page: 100 };
    await lookAfter(0);
    await lookAfter(2000);
    place = { address: '127.0.0.1', port: 5000 };
    packets = { phone: 101, page: 150 };
    await lookAfter(1000);
    packets.page = 250;
    await lookAfter(2000);
    packets = { phone: 110, page: 350 };
    await lookAfter(2000);
    expect(told()).toEqual(['flowing', 'failed MEDIA_NO_PHONE_RTP', 'flowing']);
  });

  test('passes on how packets arrive, and forgets it with the call', async () => {
    const receptions = new Receptions();
    const calls = [CALL];
    let reception = { packets: 7, lost: 1, duplicates: 0, 'out of order': 0, jitter: 900 };
    const leg = (protocol: string) => ({
      medias: [{ protocol, streams: [{ flags: [], stats: { packets: 7 }, reception }] }],
    });
    watch = new MediaWatch({
      calls: () => calls,
      query: () => Promise.resolve({ tags: { p: leg('RTP/AVP') } } as unknown as QueryResult),
      tell: (event) => events.push(event),
      end: () => undefined,
      log: silent,
      inactivityMs: 0,
      receptions,
      now: () => now,
    });
    await lookAfter(0);
    await lookAfter(2000);
    expect(receptions.sums('phone')).toMatchObject({ packets: 7, lost: 1, jitterMs: [0.9] });
    expect(receptions.sums('page')).toMatchObject({ packets: 0, jitterMs: [] });
    reception = { ...reception, packets: 10, lost: 2, jitter: 1500 };
    await lookAfter(2000);
    const network = events.filter(({ type }) => type === 'network');
    expect(network).toMatchObject([
      { callId: 'a', phone: { lossPercent: 12.5, jitterMs: 0.9 } },
      { callId: 'a', phone: { lossPercent: 25, jitterMs: 1.5 } },
    ]);
    calls.pop();
    await lookAfter(2000);
    expect(receptions.sums('phone')).toMatchObject({ packets: 10, lost: 2, jitterMs: [] });
  });

  test('ends a call whose engine has forgotten it', async () => {
    start(0);
    await lookAfter(0);
    failure = new BridgeError('RTPENGINE_REFUSED', 'Unknown call-id');
    await lookAfter(2000);
    expect(told()).toEqual(['failed MEDIA_ENGINE_LOST']);
    expect(ended).toEqual(['a: The media engine was restarted']);
  });
});
