import { describe, expect, it } from 'vitest';
import { decodeG711, encodeG711 } from '../../../audio/g711.ts';
import { parseTelephoneEvent } from '../../../softphone/dtmf.ts';
import { parseRtp, type RtpPacket } from '../../../softphone/rtp-packet.ts';
import { RtpReceiver } from '../../../softphone/rtp-receiver.ts';
import { RtpSender, type PlaySource } from '../../../softphone/rtp-sender.ts';

const PCMU = { codec: 'pcmu', payloadType: 0, eventPayloadType: 101 } as const;

function sender(
  source?: PlaySource,
  first: { sequence?: number; timestamp?: number } = {},
): RtpSender {
  return new RtpSender({ ssrc: 9, sequence: 65535, timestamp: 2 ** 32 - 160, source, ...first });
}

function next(from: RtpSender, slot: number, skipped = 0): RtpPacket {
  const packet = parseRtp(from.packet(slot, skipped)?.bytes ?? new Uint8Array());
  if (!packet) throw new Error('no packet');
  return packet;
}

describe('RTP sender', () => {
  it('sends nothing before a format is agreed on', () => {
    expect(sender().packet(0, 0)).toBeUndefined();
  });

  it('sends the samples, then silence; sequence and timestamp wrap', () => {
    const samples = Int16Array.from({ length: 240 }, (_, n) => n * 100);
    const expected = new Uint8Array(320).fill(0xff);
    encodeG711('pcmu', samples, expected);
    const from = sender(samples);
    from.setFormat(PCMU);
    const packets = [0, 1, 2].map((slot) => next(from, slot));
    expect(packets.map(({ sequence }) => sequence)).toEqual([65535, 0, 1]);
    expect(packets.map(({ timestamp }) => timestamp)).toEqual([2 ** 32 - 160, 0, 160]);
    expect(packets.map(({ marker }) => marker)).toEqual([true, false, false]);
    expect(packets[0]?.payload).toEqual(Buffer.from(expected.subarray(0, 160)));
    expect(packets[1]?.payload).toEqual(Buffer.from(expected.subarray(160)));
    expect(packets[2]?.payload).toEqual(Buffer.alloc(160, 0xff));
    expect(from).toMatchObject({ packets: 3, octets: 480, skipped: 0 });
  });

  it('keeps the samples at their place in time after skipped slots, and marks the gap', () => {
    const samples = new Int16Array(160 * 5).map((_, n) => Math.floor(n / 160) * 1000);
    const from = sender(samples, { sequence: 1, timestamp: 0 });
    from.setFormat(PCMU);
    next(from, 0);
    const late = next(from, 4, 3);
    expect(late).toMatchObject({ sequence: 2, timestamp: 640, marker: true });
    const heard = new Int16Array(160);
    decodeG711('pcmu', late.payload, heard);
    expect(heard[0]).toBeGreaterThan(3800);
    expect(from.skipped).toBe(3);
  });

  it('asks a live source for one frame a slot, and hides it while muted', () => {
    let calls = 0;
    const from = sender((frame) => {
      calls += 1;
      frame.fill(8000);
    });
    from.setFormat({ codec: 'pcma', payloadType: 8, eventPayloadType: undefined });
    const loud = new Uint8Array(160);
    encodeG711('pcma', new Int16Array(160).fill(8000), loud);
    expect(next(from, 0).payload).toEqual(Buffer.from(loud));
    from.muted = true;
    expect(next(from, 1).payload).toEqual(Buffer.alloc(160, 0xd5));
    from.muted = false;
    expect(next(from, 2).payload).toEqual(Buffer.from(loud));
    expect(calls).toBe(3);
  });

  it('sends a digit as an event: one timestamp, growing duration, the end three times', () => {
    const from = sender(undefined, { sequence: 1, timestamp: 1000 });
    from.setFormat(PCMU);
    let sent = 0;
    expect(from.queueDigit('#', 60, () => (sent += 1))).toBe(true);
    const packets = [0, 1, 2, 3, 4, 5, 6, 7].map((slot) => next(from, slot));
    const events = packets.slice(0, 5);
    expect(events.map(({ payloadType }) => payloadType)).toEqual([101, 101, 101, 101, 101]);
    expect(events.map(({ timestamp }) => timestamp)).toEqual([1000, 1000, 1000, 1000, 1000]);
    expect(events.map(({ marker }) => marker)).toEqual([true, false, false, false, false]);
    expect(events.map(({ payload }) => parseTelephoneEvent(payload))).toEqual([
      { digit: '#', end: false, duration: 160 },
      { digit: '#', end: false, duration: 320 },
      { digit: '#', end: true, duration: 480 },
      { digit: '#', end: true, duration: 480 },
      { digit: '#', end: true, duration: 480 },
    ]);
    expect(packets[5]).toMatchObject({ payloadType: 0, timestamp: 1000 + 5 * 160, sequence: 6 });
    expect(sent).toBe(1);
  });

  it('rests while the far end holds, and goes on in time with a marker', () => {
    const from = sender(undefined, { sequence: 1, timestamp: 0 });
    from.setFormat(PCMU);
    next(from, 0);
    from.sending = false;
    expect(from.packet(1, 0)).toBeUndefined();
    from.sending = true;
    expect(next(from, 2)).toMatchObject({ sequence: 2, timestamp: 320, marker: true });
  });

  it('refuses digits nobody has, and any when events were not agreed on', () => {
    const from = sender();
    expect(from.queueDigit('1', 100, () => undefined)).toBe(false);
    from.setFormat(PCMU);
    expect(from.queueDigit('x', 100, () => undefined)).toBe(false);
    expect(from.queueDigit('', 100, () => undefined)).toBe(false);
    expect(from.queueDigit('12', 100, () => undefined)).toBe(false);
  });
});

describe('RTP receiver', () => {
  function receiver(): RtpReceiver {
    const to = new RtpReceiver(0, true);
    to.setFormats([PCMU, { codec: 'pcma', payloadType: 8 }], 101);
    return to;
  }

  it('records what the sender sent, digits apart', () => {
    const samples = Int16Array.from({ length: 800 }, (_, n) => Math.round(8000 * Math.sin(n / 7)));
    const from = sender(samples);
    from.setFormat(PCMU);
    const to = receiver();
    for (let slot = 0; slot < 5; slot += 1) {
      to.receive(from.packet(slot, 0)?.bytes ?? new Uint8Array(), 100 + slot * 20);
    }
    from.queueDigit('5', 40, () => undefined);
    from.queueDigit('0', 40, () => undefined);
    for (let slot = 5; slot < 20; slot += 1) {
      to.receive(from.packet(slot, 0)?.bytes ?? new Uint8Array(), 100 + slot * 20);
    }
    const code = new Uint8Array(800);
    const expected = new Int16Array(800);
    encodeG711('pcmu', samples, code);
    decodeG711('pcmu', code, expected);
    expect(to.recording(0, 200).samples.subarray(0, 800)).toEqual(new Int16Array(800));
    expect(to.recording(0, 200).samples.subarray(800, 1600)).toEqual(expected);
    expect(to.digits).toBe('50');
    expect(to.codec).toBe('pcmu');
    expect(to.firstMs).toBe(100);
    expect(to.recording(0, 0).packets[2]).toEqual({
      sequence: 1,
      timestamp: 160,
      arrivalMs: 140,
      sample: 1120,
    });
    expect(to.statistics).toMatchObject({ received: 20, lost: 0 });
  });

  it('drops and counts what is not part of the call', () => {
    const to = receiver();
    const foreign = sender();
    foreign.setFormat({ codec: 'pcmu', payloadType: 18, eventPayloadType: undefined });
    expect(to.receive(Uint8Array.of(1, 2, 3), 0)).toBeUndefined();
    expect(to.receive(foreign.packet(0, 0)?.bytes ?? new Uint8Array(), 0)).toBeUndefined();
    expect(to.malformed).toBe(2);
    expect(to.statistics.received).toBe(0);
  });

  it('does not record a packet twice', () => {
    const from = sender(new Int16Array(160).fill(1000));
    from.setFormat(PCMU);
    const bytes = from.packet(0, 0)?.bytes ?? new Uint8Array();
    const to = receiver();
    expect(to.receive(bytes, 0)).toBeDefined();
    expect(to.receive(bytes, 1)).toBeUndefined();
    expect(to.recording(0, 0).packets).toHaveLength(1);
    expect(to.statistics.duplicates).toBe(1);
  });
});
