/** From phone to phone, through the media engine: an extension that leads to another phone. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startRtpengine, type RtpengineServer } from '../../../rtpengine/embedded/server.ts';
import { MediaLink } from '../../../server/media-link.ts';
import type { IncomingCall } from '../../../softphone/incoming-call.ts';
import { Softphone } from '../../../softphone/softphone.ts';
import { sweep, toneLevel } from '../../support/signals.ts';
import { Scene } from './scene.ts';

const tone = (hz: number) =>
  sweep({ sampleRate: 8000, seconds: 4, fromHz: hz, toHz: hz, amplitude: 0.4 });

let engine: RtpengineServer;
let media: MediaLink;
let scene: Scene;
let phones: Softphone[];

beforeEach(async () => {
  phones = [];
  engine = await startRtpengine({
    ng: { host: '127.0.0.1', port: 0 },
    rtp: { host: '127.0.0.1', portMin: 23_000, portMax: 23_099 },
  });
  media = new MediaLink({
    kind: 'embedded',
    addresses: [{ host: '127.0.0.1', port: engine.ngPort }],
    log: () => undefined,
    changed: () => undefined,
  });
  await media.connect();
  scene = await Scene.start({
    media: media.media,
    extensions: [{ key: 'agent002', to: { kind: 'phone', user: '{dialled}' } }],
  });
});
afterEach(async () => {
  await Promise.all(phones.map((phone) => phone.close()));
  await scene.close();
  await media.close();
  await engine.close();
});

async function phone(user: string, onCall?: (call: IncomingCall) => void): Promise<Softphone> {
  const { address, port } = scene.drachtio.sip('udp');
  const made = await Softphone.create({ server: { host: address, port }, user, onCall });
  phones.push(made);
  await made.register();
  return made;
}

const hears = (samples: Int16Array, hz: number): number =>
  toneLevel(samples.slice(-8000), 8000, hz);

it('each hears the other, hold and resume work, and nothing is left', async () => {
  let taken: IncomingCall | undefined;
  await phone('agent002', (call) => {
    taken = call;
    call.ring();
    void call.answer({ play: tone(1300) });
  });
  const caller = await phone('agent001');
  const call = await caller.call({ to: 'agent002', play: tone(700) });
  await call.ringing;
  await call.answered;
  await expect.poll(() => hears(call.recording.samples, 1300)).toBeGreaterThan(0.3);
  const far = () => taken?.recording.samples ?? new Int16Array();
  await expect.poll(() => hears(far(), 700)).toBeGreaterThan(0.3);
  expect(scene.signaling.calls).toMatchObject([
    { callId: call.callId, direction: 'inbound', extension: 'agent002', state: 'answered' },
  ]);
  await call.hold();
  expect(scene.signaling.calls[0]?.heldBy).toEqual(['phone']);
  await call.resume();
  expect(scene.signaling.calls[0]?.heldBy).toEqual([]);
  await call.hangup();
  expect(await taken?.ended).toMatchObject({ cause: 'hangup', by: 'remote' });
  await expect.poll(() => engine.counters.callsDeleted).toBe(1);
  expect(scene.signaling.calls).toEqual([]);
});

it('who is busy says so, and who is not registered is named', async () => {
  const caller = await phone('agent001');
  const nobody = await caller.call({ to: 'agent002' });
  expect(await nobody.ended).toMatchObject({ status: 404, reason: 'agent002 is not registered' });
  await phone('agent002', (call) => call.reject(486, 'On the other line'));
  const busy = await caller.call({ to: 'agent002' });
  expect(await busy.ended).toMatchObject({ status: 486, reason: 'On the other line' });
});
