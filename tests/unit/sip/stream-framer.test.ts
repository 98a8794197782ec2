import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamFramer, type StreamItem } from '../../../signaling/sip/stream-framer.ts';

const message = (body: string, header = 'Content-Length'): string =>
  `MESSAGE sip:a@h SIP/2.0\r\nCall-ID: c\r\n${header}: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const text = (item: StreamItem): string => (item === 'ping' ? 'ping' : item.toString());

describe('StreamFramer', () => {
  it('finds the same messages wherever the stream is split', () => {
    const part = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 40 }).map((body) => message(body)),
      fc.string({ maxLength: 20 }).map((body) => message(`\r\n\r\n${body}`, 'l ')),
      fc.constant('\r\n\r\n'),
    );
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 1, maxLength: 6 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (parts, cuts) => {
          const bytes = Buffer.from(parts.join(''));
          const framer = new StreamFramer(1_048_576);
          const found: string[] = [];
          let from = 0;
          for (const cut of [...cuts.map((c) => c % (bytes.length + 1)), bytes.length].sort(
            (a, b) => a - b,
          )) {
            found.push(...framer.push(bytes.subarray(from, cut)).map(text));
            from = cut;
          }
          expect(found).toEqual(parts.map((p) => (p === '\r\n\r\n' ? 'ping' : p)));
        },
      ),
    );
  });

  it('skips single CRLFs between messages and takes no Content-Length as none', () => {
    const framer = new StreamFramer(1_048_576);
    const bare = 'OPTIONS sip:a SIP/2.0\r\nCall-ID: c\r\n\r\n';
    expect(framer.push(Buffer.from(`\r\n${bare}\r\n${bare}`)).map(text)).toEqual([bare, bare]);
  });

  it.each([
    ['a negative Content-Length', 'A sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\n'],
    ['an endless head', 'x'.repeat(70_000)],
    ['an oversized body', 'A sip:a SIP/2.0\r\nl: 99999999\r\n\r\n'],
  ])('gives up on %s', (_what, stream) => {
    expect(() => new StreamFramer(1_048_576).push(Buffer.from(stream))).toThrow(/stream is closed/);
  });
});
