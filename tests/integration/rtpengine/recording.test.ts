/**
 * Calls recorded by the embedded engine: what each party said, on its side of a stereo file at its
 * time, or every packet in a capture file; and by the real rtpengine, which keeps packets.
 */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeG711 } from '../../../audio/g711.ts';
import { readWav } from '../../../audio/wav.ts';
import { connectRtpengine } from '../../../rtpengine/client.ts';
import { startRtpengine, type RtpengineServer } from '../../../rtpengine/embedded/server.ts';
import type { MediaEngine } from '../../../rtpengine/engine.ts';
import { ANSWER_TO_PHONE, OFFER_TO_PHONE } from '../../../rtpengine/profiles.ts';
import { RtpPhone, rtpPacket } from '../../support/rtp.ts';
import { ENGINES, skipReason } from '../../support/rtpengine.ts';

const RTP = { host: '127.0.0.1', portMin: 26800, portMax: 26899 };
const PACKETS = 25;

let dir: string;
let server: RtpengineServer;
let engine: MediaEngine;
let phones: RtpPhone[];

async function start(format?: 'wav' | 'pcap'): Promise<void> {
  server = await startRtpengine({
    ng: { host: '127.0.0.1', port: 0 },
    rtp: RTP,
    ...(format && { recording: { dir, format } }),
  });
  engine = await connectRtpengine({ host: '127.0.0.1', port: server.ngPort });
}

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'recordings-'));
  phones = [await RtpPhone.open(), await RtpPhone.open()];
});
afterEach(async () => {
  await Promise.all(phones.map((phone) => phone.close()));
  await engine.close();
  await server.close();
  await rm(dir, { recursive: true });
});

/** A constant level per party, A-law; G.711 keeps these two exactly. */
function voice(level: number, n: number, ssrc: number): Buffer {
  const payload = Buffer.alloc(160);
  encodeG711('pcma', new Int16Array(160).fill(level), payload);
  return rtpPacket({ payloadType: 8, sequence: n, timestamp: n * 160, ssrc, payload });
}

async function call(callId: string): Promise<readonly [RtpPhone, RtpPhone]> {
  const [from, to] = phones as [RtpPhone, RtpPhone];
  const ids = { 'call-id': callId, 'from-tag': 'from' };
  const sdp = from.sdp({ formats: '8 101' });
  const offer = await engine.offer({ ...ids, sdp, ...OFFER_TO_PHONE });
  const answer = await engine.answer({
    ...ids,
    'to-tag': 'to',
    sdp: to.sdp({ formats: '8 101' }),
    ...ANSWER_TO_PHONE,
  });
  from.connect(answer.sdp);
  to.connect(offer.sdp);
  return [from, to];
}

async function talk(from: RtpPhone, to: RtpPhone): Promise<void> {
  for (let n = 0; n < PACKETS; n++) {
    from.send(voice(1008, n, 1));
    to.send(voice(-2016, n, 2));
  }
  await Promise.all([to.rtp.first(PACKETS), from.rtp.first(PACKETS)]);
}

interface Datagram {
  readonly source: number;
  readonly target: number;
  readonly payload: Buffer;
}

/** Of a capture file of raw IPv4. */
function datagramsIn(bytes: Buffer): Datagram[] {
  const seen: Datagram[] = [];
  for (let at = 24; at < bytes.length;) {
    const length = bytes.readUInt32LE(at + 8);
    const ip = bytes.subarray(at + 16, at + 16 + length);
    seen.push({
      source: ip.readUInt16BE(20),
      target: ip.readUInt16BE(22),
      payload: ip.subarray(28),
    });
    at += 16 + length;
  }
  return seen;
}

/** All that the caller said, as it came, between its true addresses. */
function expectPackets(seen: readonly Datagram[], from: RtpPhone): void {
  const ofCaller = seen.filter(({ source }) => source === from.port);
  expect(new Set(ofCaller.map(({ target }) => target))).toEqual(new Set([from.target]));
  expect(ofCaller.map(({ payload }) => payload)).toEqual(
    Array.from({ length: PACKETS }, (_, n) => voice(1008, n, 1)),
  );
}

test('a stereo WAV: the caller left, the callee right, all of what they said', async () => {
  await start('wav');
  const [from, to] = await call('a/b:c@host');
  const { file = '' } = await engine.startRecording({ 'call-id': 'a/b:c@host' });
  await talk(from, to);
  await engine.stopRecording({ 'call-id': 'a/b:c@host' });
  expect(await readdir(dir)).toEqual([file.slice(dir.length + 1)]);
  expect(file).toMatch(/a_b_c@host-\d{17}\.wav$/);
  const { sampleRate, channels } = readWav(await readFile(file));
  expect(sampleRate).toBe(8000);
  const [left = new Int16Array(0), right = new Int16Array(0)] = channels;
  expect(left.filter((sample) => sample === 1008)).toHaveLength(PACKETS * 160);
  expect(right.filter((sample) => sample === -2016)).toHaveLength(PACKETS * 160);
  expect(left.every((sample) => sample === 1008 || sample === 0)).toBe(true);
  // In one piece: nothing is between the first sample and the last.
  expect(left.lastIndexOf(1008) - left.indexOf(1008) + 1).toBe(PACKETS * 160);
});

test('a capture file holds every packet as it came, between its true addresses', async () => {
  await start('pcap');
  const [from, to] = await call('captured');
  const wanted = join(dir, 'deep', 'wanted.pcap');
  const { file } = await engine.startRecording({ 'call-id': 'captured', 'recording-file': wanted });
  expect(file).toBe(wanted);
  await talk(from, to);
  // The end of the call is the end of the recording.
  await engine.delete({ 'call-id': 'captured' });
  const bytes = await readFile(wanted);
  expect(bytes.readUInt32LE(0)).toBe(0xa1b2c3d4);
  const seen = datagramsIn(bytes);
  expect(seen).toHaveLength(2 * PACKETS);
  expectPackets(seen, from);
});

const real = ENGINES.find(({ name }) => name === 'rtpengine');
const missing = real && skipReason(real);
test.skipIf(missing !== undefined || process.env['TEST_RTPENGINE'] !== undefined)(
  `a real rtpengine keeps the packets${missing === undefined ? '' : ` (skipped: ${missing})`}`,
  async () => {
    await start();
    await server.close();
    const external = await real?.start({ portMin: 26_700, portMax: 26_799, recordingDir: dir });
    try {
      await engine.close();
      engine = await connectRtpengine({ host: '127.0.0.1', port: external?.ngPort ?? 0 });
      const [from, to] = await call('captured');
      await engine.startRecording({ 'call-id': 'captured' });
      await talk(from, to);
      await engine.stopRecording({ 'call-id': 'captured' });
      await engine.delete({ 'call-id': 'captured', 'from-tag': 'from' });
      const [file = '', ...others] = await readdir(join(dir, 'pcaps'));
      expect(others).toEqual([]);
      const seen = async () => datagramsIn(await readFile(join(dir, 'pcaps', file)));
      await expect.poll(async () => (await seen()).length).toBe(2 * PACKETS);
      expectPackets(await seen(), from);
    } finally {
      await external?.close();
    }
  },
);

test('a call may be recorded from its offer on, and goes on where it cannot be', async () => {
  await start('wav');
  const [from] = phones as [RtpPhone, RtpPhone];
  const flags = [...OFFER_TO_PHONE.flags, 'record-call'] as const;
  const ids = { 'call-id': 'from the start', 'from-tag': 'from' };
  await engine.offer({ ...ids, sdp: from.sdp(), ...OFFER_TO_PHONE, flags });
  await engine.delete(ids);
  expect(await readdir(dir)).toHaveLength(1);

  await engine.close();
  await server.close();
  await start();
  const offer = await engine.offer({ ...ids, sdp: from.sdp(), ...OFFER_TO_PHONE, flags });
  expect(offer.warning).toContain('Recording is not configured');
  await expect(engine.startRecording(ids)).rejects.toMatchObject({ code: 'RTPENGINE_REFUSED' });
});

test.each(['relative.wav', '/dev/null/impossible.wav', '/tmp/recording.mp3'])(
  'a recording to %s is refused with the reason',
  async (file) => {
    await start('wav');
    await call('refused');
    const recording = engine.startRecording({ 'call-id': 'refused', 'recording-file': file });
    await expect(recording).rejects.toMatchObject({
      code: 'RTPENGINE_REFUSED',
      message: expect.stringContaining(file) as string,
    });
  },
);
