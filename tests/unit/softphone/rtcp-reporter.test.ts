import { describe, expect, it } from 'vitest';
import { RtcpReporter } from '../../../softphone/rtcp-reporter.ts';
import { writeRtcp } from '../../../softphone/rtcp.ts';
import { RtpReceiver } from '../../../softphone/rtp-receiver.ts';
import { RtpSender } from '../../../softphone/rtp-sender.ts';

const PCMU = { codec: 'pcmu', payloadType: 0, eventPayloadType: undefined } as const;

/** A reporter whose clock stands still until told to move. */
function reporter() {
  let time = 0;
  let due: (() => void) | undefined;
  const sent: Buffer[] = [];
  const sender = new RtpSender({ ssrc: 11, sequence: 0, timestamp: 0 });
  const receiver = new RtpReceiver(0, false);
  const tested = new RtcpReporter({
    cname: 'c',
    sender,
    receiver,
    clock: {
      now: () => time,
      setTimer: (callback, delayMs) => {
        expect(delayMs).toBe(5000);
        return (due = callback);
      },
      clearTimer: () => (due = undefined),
    },
    send: (report) => {
      sent.push(Buffer.from(report));
      return Promise.resolve();
    },
  });
  return {
    ...{ tested, sender, receiver, sent },
    wait: (ms: number) => (time += ms),
    fire: () => due?.(),
    armed: () => due !== undefined,
  };
}

describe('RTCP reporter', () => {
  it('reports every five seconds: RR until something was sent, then SR', () => {
    const { tested, sender, sent, fire } = reporter();
    tested.start();
    fire();
    expect(sent[0]?.[1]).toBe(201);
    sender.setFormat(PCMU);
    sender.packet(0, 0);
    sender.packet(1, 0);
    fire();
    expect(sent[1]?.[1]).toBe(200);
    expect(sent[1]?.readUInt32BE(16)).toBe(160);
    expect(sent[1]?.readUInt32BE(20)).toBe(2);
    expect(sent[1]?.readUInt32BE(24)).toBe(320);
  });

  it('tells what it received, and how long ago the last sender report came', () => {
    const { tested, receiver, sent, wait, fire } = reporter();
    const far = new RtpSender({ ssrc: 22, sequence: 7, timestamp: 0 });
    far.setFormat(PCMU);
    receiver.setFormats([PCMU], undefined);
    for (const slot of [0, 1, 2, 3]) {
      const packet = far.packet(slot, 0);
      if (packet && slot !== 2) receiver.receive(packet.bytes, slot * 20);
    }
    tested.start();
    tested.receive(
      writeRtcp({
        ssrc: 22,
        cname: 'far',
        wallMs: 500,
        sent: { timestamp: 0, packets: 4, octets: 640 },
        received: {
          ssrc: 11,
          loss: { fractionLost: 0, cumulativeLost: 9, extendedHighestSequence: 0, jitter: 0 },
          ...{ lastSenderReport: 0, delaySinceLast: 0 },
        },
        bye: false,
      }),
    );
    expect(tested.reportedLost).toBe(9);
    wait(1500);
    fire();
    const block = sent[0]?.subarray(8) ?? Buffer.alloc(24);
    expect(block.readUInt32BE(0)).toBe(22);
    // One of four lost: a quarter of 256, and one in all.
    expect(block.readUInt32BE(4)).toBe((64 << 24) | 1);
    expect(block.readUInt32BE(8)).toBe(10);
    expect(block.readUInt32BE(16)).toBe(0x7e808000);
    expect(block.readUInt32BE(20)).toBe(1.5 * 65_536);
  });

  it('ends with BYE and no timer', async () => {
    const { tested, sent, armed } = reporter();
    tested.start();
    expect(armed()).toBe(true);
    await tested.stop();
    expect(armed()).toBe(false);
    expect(sent.at(-1)?.subarray(-8).toString('hex')).toBe('81cb00010000000b');
  });
});
