/** Messages of MicroSIP and of RFC 4475, damaged: no crash, no hang, nothing kept that should go. */
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BridgeError } from '../../../common/errors.ts';
import { faultOf, parseMessage } from '../../../signaling/sip/message.ts';
import { StreamFramer } from '../../../signaling/sip/stream-framer.ts';
import { TransactionLayer } from '../../../signaling/sip/transaction-layer.ts';
import type { Flow } from '../../../signaling/sip/transport.ts';
import { masked } from '../../../signaling/trace/mask.ts';
import { TraceRing } from '../../../signaling/trace/ring.ts';
import { mutated } from '../../support/mutations.ts';
import { Clock } from './clock.ts';

const MICROSIP = new URL('../../integration/drachtio/fixtures/', import.meta.url);
const TORTURE = new URL('rfc4475/', import.meta.url);
const messages = [
  ...readdirSync(MICROSIP)
    .filter((name) => name.startsWith('microsip-'))
    .map((name) =>
      Buffer.from(readFileSync(new URL(name, MICROSIP), 'utf8').replace(/\r?\n/g, '\r\n')),
    ),
  ...readdirSync(TORTURE).map((name) => readFileSync(new URL(name, TORTURE))),
];

function flow(sent: Buffer[]): Flow {
  return {
    protocol: 'udp',
    remote: { address: '192.0.2.7', port: 4000 },
    local: { address: '192.0.2.9', port: 5060 },
    closed: false,
    send: (data) => sent.push(data),
    onClose: () => () => undefined,
  };
}

describe('damaged messages', () => {
  it('are read or refused as SIP_MALFORMED, never thrown over', () => {
    fc.assert(
      fc.property(mutated(messages), (data) => {
        try {
          const message = parseMessage(data, 256);
          if (faultOf(message) !== undefined) return;
          // What is accepted can be written and read again.
          const again = parseMessage(message.toBuffer());
          expect(again.callId).toBe(message.callId);
          expect(again.body).toEqual(message.body);
        } catch (error) {
          expect(error).toBeInstanceOf(BridgeError);
          expect(['SIP_MALFORMED', 'SIP_TOO_LARGE']).toContain((error as BridgeError).code);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('get at most one answer each, and leave nothing behind when their time is over', () => {
    const clock = new Clock();
    const sent: Buffer[] = [];
    const layer = new TransactionLayer({
      after: clock.after,
      limits: { messagesPerSecond: 1e9 },
      onRequest: () => undefined,
      onAck: () => undefined,
    });
    let received = 0;
    fc.assert(
      fc.property(mutated(messages), (data) => {
        sent.length = 0;
        received++;
        layer.message(data, flow(sent));
        expect(sent.length).toBeLessThanOrEqual(1);
        // Not even a refusal is larger than what caused it, by more than its first line and stamp.
        expect(sent[0]?.length ?? 0).toBeLessThan(data.length + 200);
      }),
      { numRuns: 2000 },
    );
    expect(layer.counters.received).toBe(received);
    layer.close();
    expect(layer.size).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('are cut out of a stream or close it, and hold no more than the limit', () => {
    fc.assert(
      fc.property(
        fc.array(mutated(messages), { maxLength: 4 }),
        fc.integer({ min: 1, max: 700 }),
        (parts, step) => {
          const stream = Buffer.concat(parts);
          const framer = new StreamFramer(100_000);
          try {
            for (let at = 0; at < stream.length; at += step)
              for (const item of framer.push(stream.subarray(at, at + step)))
                if (item !== 'ping') expect(item.length).toBeLessThanOrEqual(100_000);
          } catch (error) {
            expect(error).toBeInstanceOf(BridgeError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it('are traced and masked without changing their length', () => {
    const ring = new TraceRing({ maxBytes: 200_000 });
    fc.assert(
      fc.property(mutated(messages), (data) => {
        const text = data.toString();
        expect(Buffer.byteLength(masked(text))).toBe(Buffer.byteLength(text));
        const { local, remote } = flow([]);
        ring.add({ at: 0, direction: 'in', protocol: 'udp', local, remote, text });
        expect(ring.usedBytes).toBeLessThanOrEqual(200_000);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a message made to be slow is not', () => {
  // Of the order of a second if any step were quadratic in 60 kB; the limit is for a loaded machine.
  it.each([
    ['a long quoted string that never closes', `To: "${'\\"'.repeat(30_000)}`],
    ['many parameters', `To: <sip:a@h>${';p=1'.repeat(15_000)}`],
    ['many list elements', `Contact: ${'<sip:a@h>,'.repeat(6_000)}<sip:a@h>`],
    ['many folds', `Subject: a${'\r\n b'.repeat(15_000)}`],
    ['blanks', `Subject:${' '.repeat(60_000)}x`],
    ['colons and at signs', `To: <sip:${'a:b@'.repeat(15_000)}>`],
    ['a Via that goes on', `Via: SIP/2.0/UDP ${'h;'.repeat(30_000)}`],
    ['credentials', `Authorization: Digest ${'response="x",'.repeat(4_600)}`],
  ])('%s', (_what, line) => {
    const layer = new TransactionLayer({
      after: new Clock().after,
      limits: { messagesPerSecond: 1e9 },
      onRequest: () => undefined,
      onAck: () => undefined,
      trace: ((ring: TraceRing) => ring.add.bind(ring))(new TraceRing()),
    });
    const data = Buffer.from(
      `OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCall-ID: c\r\nFrom: <sip:b@h>;tag=1\r\nCSeq: 1 OPTIONS\r\n${line}\r\n\r\n`,
    );
    const start = process.cpuUsage();
    layer.message(data, flow([]));
    layer.close();
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});
