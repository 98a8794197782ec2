import { expect, it } from 'vitest';
import { concat } from '../../../audio/concat.ts';
import { CallTape, type TapeMessage } from '../../../web/recording/call-tape.ts';

it('tells when it began, sends both voices on its clock, and ends once', () => {
  const sent: TapeMessage[] = [];
  const tape = new CallTape(
    { postMessage: (message) => sent.push(message) },
    { callerRate: 8_000, agentRate: 8_000, answeredAt: 1_000, now: 1_500, timeOrigin: 10_000 },
  );
  tape.hearCaller(new Int16Array(160).fill(1));
  tape.hearCaller(new Int16Array(160).fill(2));
  tape.hearAgent(new Int16Array(160).fill(9), 1_520);
  tape.end();
  tape.end();
  tape.hearCaller(new Int16Array(160).fill(3));
  expect(sent.map(({ type }) => type)).toEqual(['start', 'audio', 'end']);
  expect(sent[0]).toEqual({ type: 'start', sampleRate: 8_000, startedAt: 11_500, offsetMs: 500 });
  const samples = concat(
    sent.flatMap((message) => (message.type === 'audio' ? new Int16Array(message.samples) : [])),
  );
  expect(samples.length).toBe(640);
  expect([samples[0], samples[1], samples[320], samples[321]]).toEqual([1, 0, 2, 9]);
});
