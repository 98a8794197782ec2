import { describe, expect, test } from 'vitest';
import { causeOfReason, reasonHeader, textOfReason } from '../../../signaling/call-phrases.ts';

describe('the Reason header (RFC 3326)', () => {
  test.each([
    ['SIP;cause=200;text="Call completed elsewhere"', 200, 'Call completed elsewhere'],
    ['SIP ;cause=480; text="The page was closed"', 480, 'The page was closed'],
    ['sip ; text="a \\"quoted\\" word" ; cause=500', 500, 'a "quoted" word'],
    ['Q.850;cause=16;text="Terminated"', 0, 'Terminated'],
    ['SIP;text="no cause"', 0, 'no cause'],
    [undefined, 0, undefined],
  ])('%s', (header, cause, text) => {
    expect(causeOfReason(header)).toBe(cause);
    expect(textOfReason(header)).toBe(text);
  });

  test('is read as it is written', () => {
    const header = reasonHeader(503, 'No "engine" \\ left');
    expect(causeOfReason(header)).toBe(503);
    expect(textOfReason(header)).toBe('No "engine" \\ left');
  });
});
