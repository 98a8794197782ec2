/**
 * Commands about the media of a call, the same on both engines: blocking, silence, notices, digits,
 * and what list, statistics, query and delete tell.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeG711 } from '../../../audio/g711.ts';
import { writeWav } from '../../../audio/wav.ts';
import { ANSWER_TO_PHONE, OFFER_TO_PHONE } from '../../../rtpengine/profiles.ts';
import type { RtpPhone } from '../../support/rtp.ts';
import { rtpPacket } from '../../support/rtp.ts';
import { fromPage, fromPhone, onEachEngine, portIn, type Ids } from './scene.ts';

const TONE_HZ = 500;

onEachEngine('control', { portMin: 26600, portMax: 26799 }, (scene) => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'notice-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Two phones in a call: `from` and `to`. */
  async function phones(flags: readonly 'inject-DTMF'[] = []) {
    const { engine } = scene;
    const ids: Ids = scene.ids();
    const [from, to] = [await scene.phone(), await scene.phone()];
    const plain = { ...OFFER_TO_PHONE, flags: [...OFFER_TO_PHONE.flags, ...flags] };
    const sdp = from.sdp({ formats: '8 101' });
    const offer = await engine.offer({ ...ids, sdp, label: 'caller', ...plain });
    const answer = await engine.answer({
      ...ids,
      'to-tag': 'to',
      label: 'callee',
      sdp: to.sdp({ formats: '8 101' }),
      ...ANSWER_TO_PHONE,
      flags: [...ANSWER_TO_PHONE.flags, ...flags],
    });
    from.connect(answer.sdp);
    to.connect(offer.sdp);
    from.send(fromPhone(1));
    to.send(fromPage(1));
    await Promise.all([from.rtp.first(1), to.rtp.first(1)]);
    return { ids, from, to };
  }

  /** What arrives of these until the last one has. */
  async function through(a: RtpPhone, b: RtpPhone, packets: readonly Buffer[], last: Buffer) {
    const before = b.rtp.received.length;
    for (const packet of [...packets, last]) a.send(packet);
    await b.rtp.until((packet) => packet.readUInt16BE(2) === last.readUInt16BE(2));
    return b.rtp.received.slice(before);
  }

  const event = (n: number): Buffer =>
    rtpPacket({
      payloadType: 101,
      sequence: n,
      timestamp: 160 * n,
      ssrc: fromPhone(n).readUInt32BE(8),
      payload: Buffer.from('050a00a0', 'hex'),
    });

  test('block media drops what one party says, and not its digits', async () => {
    const { ids, from, to } = await phones();
    await scene.engine.blockMedia(ids);
    expect(await through(from, to, [fromPhone(2), fromPhone(3)], event(4))).toEqual([event(4)]);
    expect(await through(to, from, [], fromPage(2))).toEqual([fromPage(2)]);
    await scene.engine.unblockMedia(ids);
    expect(await through(from, to, [], fromPhone(5))).toEqual([fromPhone(5)]);
  });

  test('block DTMF drops digits, and nothing else', async () => {
    const { ids, from, to } = await phones();
    await scene.engine.blockDtmf(ids);
    expect(await through(from, to, [event(2)], fromPhone(3))).toEqual([fromPhone(3)]);
    await scene.engine.unblockDtmf(ids);
    expect(await through(from, to, [event(4)], fromPhone(5))).toEqual([event(4), fromPhone(5)]);
  });

  test('a party may be named by its label, and all of the call by no name', async () => {
    const { ids, from, to } = await phones();
    const callId = { 'call-id': ids['call-id'] };
    await scene.engine.silenceMedia({ ...callId, label: 'callee' });
    const silent = fromPage(2);
    silent.fill(0xd5, 12);
    expect(await through(to, from, [], fromPage(2))).toEqual([silent]);
    expect(await through(from, to, [], fromPhone(2))).toEqual([fromPhone(2)]);
    await scene.engine.unsilenceMedia({ ...callId, label: 'callee' });
    expect(await through(to, from, [], fromPage(3))).toEqual([fromPage(3)]);
    await expect(scene.engine.blockMedia({ ...callId, label: 'nobody' })).rejects.toMatchObject({
      code: 'RTPENGINE_REFUSED',
    });

    await scene.engine.silenceMedia(callId);
    const both = [
      await through(to, from, [], fromPage(4)),
      await through(from, to, [], fromPhone(4)),
    ].flat();
    expect(both.map((packet) => new Set(packet.subarray(12)))).toEqual([
      new Set([0xd5]),
      new Set([0xd5]),
    ]);
  });

  test.each(['file', 'blob'] as const)('play media lets a party hear a WAV (%s)', async (from_) => {
    const { ids, from } = await phones();
    const samples = Int16Array.from({ length: 4800 }, (_, i) =>
      Math.round(12_000 * Math.sin((2 * Math.PI * TONE_HZ * i) / 16_000)),
    );
    const wav = Buffer.from(writeWav({ sampleRate: 16_000, channels: [samples] }));
    const file = join(folder, 'tone.wav');
    await writeFile(file, wav);
    const before = from.rtp.received.length;
    const { duration } = await scene.engine.playMedia({
      ...ids,
      ...(from_ === 'file' ? { file } : { blob: wav }),
    });
    expect(duration).toBe(300);
    const packets = (await from.rtp.first(before + 14)).slice(before);
    // One stream at 20 ms a packet, PCMA as agreed.
    const [first = Buffer.alloc(12)] = packets;
    packets.forEach((packet, n) => {
      expect(packet.readUInt16BE(2)).toBe((first.readUInt16BE(2) + n) & 0xffff);
      expect(packet.readUInt32BE(4)).toBe((first.readUInt32BE(4) + 160 * n) >>> 0);
      expect((packet[1] ?? 0) & 0x7f).toBe(8);
      expect(packet.length).toBe(172);
    });
    const heard = new Int16Array(160);
    decodeG711('pcma', packets[7]?.subarray(12) ?? new Uint8Array(0), heard);
    expect(share(heard, TONE_HZ)).toBeGreaterThan(0.95);
    expect(Math.max(...heard)).toBeGreaterThan(10_000);
  });

  test('stop media ends it early', async () => {
    const { ids, from } = await phones();
    const samples = new Int16Array(80_000).fill(1000);
    const wav = Buffer.from(writeWav({ sampleRate: 8000, channels: [samples] }));
    const file = join(folder, 'long.wav');
    await writeFile(file, wav);
    const before = from.rtp.received.length;
    await scene.engine.playMedia({ ...ids, file });
    await from.rtp.first(before + 3);
    await scene.engine.stopMedia(ids);
    const { tags } = await scene.engine.query(ids);
    expect(Object.keys(tags)).toContain('from');
    const played = from.rtp.received.length - before;
    expect(played).toBeLessThan(200);
  });

  test('what is no WAV, and a file that is not there, are refused', async () => {
    const { ids } = await phones();
    for (const media of [
      { file: join(folder, 'none.wav') },
      { blob: Buffer.from('RIFFnothing') },
      {},
    ]) {
      await expect(scene.engine.playMedia({ ...ids, ...media })).rejects.toMatchObject({
        code: 'RTPENGINE_REFUSED',
      });
    }
  });

  test('play DTMF lets the other party hear a key', async () => {
    const { ids, from, to } = await phones(['inject-DTMF']);
    const before = to.rtp.received.length;
    // The real engine puts the digit into a stream that flows.
    let n = 2;
    const pump = setInterval(() => from.send(fromPhone(n++)), 20);
    await scene.engine.playDtmf({ ...ids, code: '7', duration: 120, volume: 10 });
    await to.rtp.until((packet) => isEvent(packet) && ((packet[13] ?? 0) & 0x80) !== 0);
    const count = to.rtp.received.length;
    await to.rtp.until((packet) => to.rtp.received.indexOf(packet) > count + 8 && !isEvent(packet));
    clearInterval(pump);
    const packets = to.rtp.received.slice(before);
    const events = packets.filter(isEvent);
    expect(new Set(events.map((packet) => packet[12]))).toEqual(new Set([7]));
    expect(new Set(events.map((packet) => packet.readUInt32BE(4))).size).toBe(1);
    expect(((events[0]?.[1] ?? 0) & 0x80) !== 0).toBe(true);
    const ends = events.filter((packet) => ((packet[13] ?? 0) & 0x80) !== 0);
    expect(ends).toHaveLength(3);
    expect((ends[0]?.[13] ?? 0) & 0x3f).toBe(10);
    expect(ends[0]?.readUInt16BE(14)).toBeGreaterThanOrEqual(960);
    // One stream: the SSRC of the speaker, no number left out, no time going back.
    const after = packets.slice(packets.indexOf(events[0] ?? Buffer.alloc(0)));
    expect(new Set(after.map((packet) => packet.readUInt32BE(8))).size).toBe(1);
    after.forEach((packet, i) => {
      if (i === 0) return;
      const last = after[i - 1] ?? packet;
      expect((packet.readUInt16BE(2) - last.readUInt16BE(2)) & 0xffff).toBe(1);
      expect((packet.readUInt32BE(4) - last.readUInt32BE(4)) | 0).toBeGreaterThanOrEqual(0);
    });
  });

  test('list, statistics and query tell of the call', async () => {
    const { ids, from, to } = await phones();
    await through(from, to, [], fromPhone(2));
    expect(await scene.engine.list()).toEqual([ids['call-id']]);
    const statistics = await scene.engine.statistics();
    expect(Object.keys(statistics)).toEqual(
      expect.arrayContaining(['currentstatistics', 'totalstatistics', 'controlstatistics']),
    );
    expect(statistics['currentstatistics']).toMatchObject({ sessionstotal: 1, sessionsown: 1 });

    const { tags, totals, 'last signal': lastSignal } = await scene.engine.query(ids);
    expect(Math.abs(lastSignal - Date.now() / 1000)).toBeLessThan(10);
    const party = tags['from'];
    expect(party?.label).toBe('caller');
    expect(party?.subscriptions).toEqual([{ tag: 'to', type: 'offer/answer' }]);
    const media = party?.medias[0];
    expect(media).toMatchObject({
      index: 1,
      type: 'audio',
      protocol: 'RTP/AVP',
      codec: 'PCMA/8000',
    });
    expect(media?.flags).toEqual(expect.arrayContaining(['initialized', 'send', 'recv']));
    const stream = media?.streams[0];
    expect(stream?.SSRC).toBe(fromPhone(1).readUInt32BE(8));
    expect(stream?.['advertised endpoint']).toEqual({
      family: 'IPv4',
      address: '127.0.0.1',
      port: from.port,
    });
    expect(stream?.stats).toEqual({ packets: 2, bytes: 2 * 172, errors: 0 });
    expect(stream?.flags).toEqual(expect.arrayContaining(['RTP', 'filled']));
    expect(Math.abs((stream?.['last packet'] ?? 0) - Date.now() / 1000)).toBeLessThan(10);
    expect(totals.RTP).toEqual({ packets: 3, bytes: 3 * 172, errors: 0 });
  });

  test('a delete may name the tags of either side, and only those', async () => {
    const { engine } = scene;
    const { ids } = await phones();
    const callId = { 'call-id': ids['call-id'] };
    await engine.delete({ ...callId, 'from-tag': 'stranger' });
    expect(await engine.list()).toEqual([ids['call-id']]);
    await engine.delete({ ...callId, 'from-tag': 'to', 'to-tag': 'from' });
    expect(await engine.list()).toEqual([]);
  });

  test('ports stay what they are over a chain of re-offers from both sides', async () => {
    const { engine } = scene;
    const { ids, from, to } = await phones();
    const ports: number[][] = [];
    for (let round = 0; round < 3; round++) {
      const ahead = { ...ids, 'to-tag': 'to' };
      const back = { 'call-id': ids['call-id'], 'from-tag': 'to', 'to-tag': 'from' };
      for (const [names, offerer, answerer] of [
        [ahead, from, to],
        [back, to, from],
      ] as const) {
        const sdp = offerer.sdp({ formats: '8 101' });
        const offer = await engine.offer({ ...names, sdp, ...OFFER_TO_PHONE });
        const answer = await engine.answer({
          ...names,
          sdp: answerer.sdp({ formats: '8 101' }),
          ...ANSWER_TO_PHONE,
        });
        const pair = [portIn(offer.sdp), portIn(answer.sdp)];
        ports.push(names === ahead ? pair : pair.reverse());
      }
    }
    expect(new Set(ports.map(String))).toEqual(new Set([String([to.target, from.target])]));
    expect(await through(from, to, [], fromPhone(9))).toEqual([fromPhone(9)]);
  });
});

function isEvent(packet: Buffer): boolean {
  return ((packet[1] ?? 0) & 0x7f) === 101;
}

/** How much of the power is at this frequency, 0 to 1. */
function share(samples: Int16Array, hertz: number): number {
  let [re, im, power] = [0, 0, 0];
  samples.forEach((sample, i) => {
    const angle = (2 * Math.PI * hertz * i) / 8000;
    re += sample * Math.cos(angle);
    im += sample * Math.sin(angle);
    power += sample * sample;
  });
  return (2 * (re * re + im * im)) / samples.length / power;
}
