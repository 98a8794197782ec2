/** A call that goes on, as its axis tells it. */
import { expect, test } from 'vitest';
import type { AgentEvent } from '../../../agent/dialects/types.ts';
import type { BridgeEvent, SipEvent } from '../../../common/events.ts';
import { NO_COUNTERS, type CallFigures, type MediaCounters } from '../../../common/figures.ts';
import { COLUMN_FIELDS } from '../../../web/timeline/envelope.ts';
import { CallFollower } from '../../../web/timeline/follow-call.ts';
import { BANDS } from '../../../web/timeline/spectra.ts';
import { Timeline } from '../../../web/timeline/timeline.ts';
import { NO_HOPS } from '../../support/figures.ts';

/** When the call is answered. */
const ZERO = 1_000_000;

function scene() {
  const clock = { now: ZERO - 500 };
  const timeline = new Timeline({ callId: 'c1', startedAt: clock.now });
  const follower = new CallFollower(timeline, () => clock.now);
  const report = (at: number, counters: Partial<MediaCounters> = {}, columns = 5) => {
    clock.now = ZERO + at;
    const scope = {
      peakDbfs: 0,
      rmsDbfs: 0,
      clipped: 0,
      columns: new Int16Array(columns * COLUMN_FIELDS).fill(100),
      spectra: new Uint8Array(columns * BANDS).fill(50),
    };
    follower.onWorker({
      type: 'report',
      report: { at, caller: scope, agent: scope, counters: { ...NO_COUNTERS, ...counters } },
    });
  };
  const agent = (at: number, event: AgentEvent) =>
    follower.onWorker({ type: 'agent-event', event, at });
  return { clock, timeline, follower, report, agent };
}

function sip(callId: string, summary: string, at: number): SipEvent {
  return {
    type: 'sip',
    at: new Date(at).toISOString(),
    callId,
    sipCallId: callId,
    leg: 'phone',
    direction: 'in',
    transport: 'udp',
    local: '127.0.0.1:5060',
    remote: '127.0.0.1:4000',
    summary,
    text: `${summary} SIP/2.0\r\n`,
  };
}

function figures(part: Partial<CallFigures>): CallFigures {
  return {
    counters: NO_COUNTERS,
    hops: NO_HOPS,
    turns: [],
    answers: [],
    ...part,
  };
}

test('SIP messages, keys and hold stand where the bridge says; other calls’ do not', () => {
  const { clock, timeline, follower } = scene();
  follower.onBridge(sip('c1', 'INVITE sip:1000@x', ZERO - 520));
  follower.onBridge(sip('other', 'INVITE sip:1000@x', ZERO - 510));
  clock.now = ZERO;
  follower.answered();
  clock.now = ZERO + 2_000;
  const at = new Date(clock.now).toISOString();
  const key = { type: 'dtmf', callId: 'c1', digit: '5', source: 'rtp', from: 'phone' } as const;
  follower.onBridge({ ...key, at, durationMs: 120 });
  const hold = (heldBy: ('phone' | 'page')[], ms: number): BridgeEvent => ({
    type: 'call',
    at: new Date(ZERO + ms).toISOString(),
    callId: 'c1',
    call: {
      callId: 'c1',
      direction: 'inbound',
      extension: 'default',
      caller: 'a',
      dialled: 'b',
      state: 'answered',
      startedAt: at,
      heldBy,
    },
  });
  clock.now = ZERO + 3_050;
  follower.onBridge(hold(['phone'], 3_000));
  follower.onBridge(hold(['phone', 'page'], 3_020));
  clock.now = ZERO + 4_000;
  follower.onBridge(hold([], 4_000));
  follower.onBridge(hold(['page'], 4_500));
  clock.now = ZERO + 5_000;
  follower.ended('The caller hung up.', false);
  expect(
    timeline.entries.map(({ kind, at: from, endAt, text }) => [kind, from, endAt, text]),
  ).toEqual([
    ['sip', -520, undefined, 'phone → bridge: INVITE sip:1000@x'],
    ['call', 0, undefined, 'The call is answered.'],
    ['dtmf', 1_880, 2_000, 'The caller pressed 5.'],
    ['hold', 3_000, 4_000, 'On hold by the phone.'],
    ['hold', 4_500, 5_000, 'On hold at the page.'],
    ['call', 5_000, undefined, 'The caller hung up.'],
  ]);
  expect(timeline.durationMs).toBe(5_000);
});

test('a bridge on a computer with another clock: its events stand where they come', () => {
  const { clock, timeline, follower } = scene();
  clock.now = ZERO;
  follower.answered();
  clock.now = ZERO + 700;
  follower.onBridge(sip('c1', 'BYE sip:x', ZERO + 3_600_000));
  expect(timeline.entries.at(-1)?.at).toBe(700);
});

test('a partial transcript is replaced, a final one is kept, an answer is told once', () => {
  const { timeline, follower, agent } = scene();
  follower.answered(ZERO);
  agent(1_000, { type: 'transcript', text: 'what', final: false });
  agent(1_300, { type: 'transcript', text: 'what time', final: false });
  agent(1_600, { type: 'transcript', text: 'what time is it', final: true });
  agent(1_900, { type: 'llm_response', text: 'It is noon.' });
  agent(2_000, { type: 'speech_started', text: 'It is noon.' });
  agent(3_000, { type: 'transcript', text: 'th', final: false });
  agent(3_100, { type: 'barge_in' });
  const said = timeline.entries.filter(({ kind }) => kind !== 'call');
  expect(said.map(({ kind, side, at, text }) => [kind, side, at, text])).toEqual([
    ['transcript', 'caller', 1_000, 'what time is it'],
    ['transcript', 'agent', 1_900, 'It is noon.'],
    ['transcript', 'caller', 3_000, 'th'],
    ['barge-in', 'caller', 3_100, 'The caller spoke over the agent; its answer is cut.'],
  ]);
  expect(said.map(({ isPartial }) => isPartial)).toEqual([undefined, undefined, true, undefined]);
});

test('a turn has what the audio tells and what the agent tells of it, in order', () => {
  const { timeline, follower, agent } = scene();
  follower.answered(ZERO);
  agent(100, { type: 'speech_started', text: 'Welcome.' });
  agent(2_000, { type: 'transcript', text: 'hi', final: false });
  agent(2_450, { type: 'transcript', text: 'hi there', final: true });
  agent(2_500, { type: 'llm_started' });
  agent(2_800, { type: 'llm_response', text: 'Hello.', latencyMs: 290 });
  agent(5_000, { type: 'transcript', text: 'bye', final: true });
  agent(5_400, { type: 'llm_response', text: 'Goodbye.', latencyMs: 350 });
  const answer = { heardMs: 700, sentMs: 900, cutMs: 200 };
  follower.onWorker({
    type: 'figures',
    figures: figures({
      turns: [
        { id: 1, agentStartedMs: 120, answer: 1 },
        {
          id: 2,
          callerStartedMs: 1_500,
          callerEndedMs: 2_300,
          agentStartedMs: 3_000,
          latencyMs: 700,
          answer: 2,
        },
        {
          id: 3,
          callerStartedMs: 4_500,
          callerEndedMs: 4_900,
          latencyMs: 600,
          agentStartedMs: 5_500,
        },
      ],
      answers: [
        { id: 1, receivedMs: 110, ...answer },
        { id: 2, receivedMs: 2_980, ...answer },
      ],
    }),
  });
  expect(timeline.turns).toEqual([
    {
      id: 1,
      agentStartedMs: 120,
      answer: 1,
      audioMs: 110,
      sentMs: 900,
      heardMs: 700,
      answered: 'Welcome.',
    },
    {
      id: 2,
      callerStartedMs: 1_500,
      callerEndedMs: 2_300,
      transcriptMs: 2_450,
      llmStartedMs: 2_500,
      llmEndedMs: 2_800,
      audioMs: 2_980,
      agentStartedMs: 3_000,
      latencyMs: 700,
      answer: 2,
      sentMs: 900,
      heardMs: 700,
      said: 'hi there',
      answered: 'Hello.',
    },
    {
      id: 3,
      callerStartedMs: 4_500,
      callerEndedMs: 4_900,
      transcriptMs: 5_000,
      llmStartedMs: 5_050,
      llmEndedMs: 5_400,
      agentStartedMs: 5_500,
      latencyMs: 600,
      said: 'bye',
      answered: 'Goodbye.',
    },
  ]);
});

test('voices stand at their times, also after a worker was held up', () => {
  const { timeline, follower, report } = scene();
  report(140, {}, 0);
  expect(timeline.caller.total).toBe(0);
  report(200);
  // Five columns that end at 200 ms begin at 100 ms.
  expect(timeline.caller.total).toBe(10);
  follower.answered(ZERO);
  report(300);
  expect(timeline.caller.total).toBe(15);
  report(5_000);
  expect(timeline.caller.total).toBe(250);
  expect(timeline.callerSpectra.total).toBe(250);
  expect([100, 247].map((at) => timeline.callerSpectra.at(at, 5))).toEqual([0, 50]);
  const peak = { low: 0, high: 0, rms: 0, flags: 0 };
  timeline.agent.read(20, 245, peak);
  expect(peak.high).toBe(0);
  timeline.agent.read(245, 250, peak);
  expect(peak.high).toBe(100);
});

test('counters that grow become gaps and concealment with a beginning and an end', () => {
  const { timeline, follower, report } = scene();
  follower.answered(ZERO);
  report(100);
  report(200, { concealedMs: 20 });
  report(300, { concealedMs: 60 });
  report(400, { concealedMs: 60 });
  report(2_000, { concealedMs: 60, silenceMs: 100 });
  report(2_100, { concealedMs: 60, silenceMs: 200 });
  report(2_200, { concealedMs: 60, silenceMs: 320 });
  report(2_300, { concealedMs: 60, silenceMs: 320, underruns: 1 });
  const marks = timeline.entries.filter(({ kind }) => kind !== 'call');
  expect(marks.map(({ kind, side, at, endAt, text }) => [kind, side, at, endAt, text])).toEqual([
    ['concealed', 'caller', 100, 300, '60 ms of lost audio made up for.'],
    ['gap', 'caller', 400, 2_200, 'No audio from the phone for 0.3 s: the agent hears silence.'],
    ['gap', 'agent', 2_200, 2_300, 'The agent’s audio ran dry in the middle of its answer.'],
  ]);
});

test('the socket’s changes are told once each, as are remarks and errors', () => {
  const { timeline, follower, clock } = scene();
  follower.answered(ZERO);
  clock.now = ZERO + 10;
  const socket = (state: 'open' | 'reconnecting') =>
    follower.onWorker({ type: 'socket', socket: { state, sentence: state } });
  socket('open');
  socket('reconnecting');
  socket('reconnecting');
  socket('open');
  const remark = { code: 'AGENT_SLOW', sentence: 'Slow.' } as const;
  const remarks = [remark] as never;
  follower.onWorker({ type: 'remarks', remarks });
  follower.onWorker({ type: 'remarks', remarks });
  follower.onWorker({ type: 'log', level: 'info', text: 'no news' });
  follower.onWorker({ type: 'log', level: 'error', text: 'full', code: 'PLAYOUT_FULL' });
  expect(timeline.entries.slice(1).map(({ kind, level, text }) => [kind, level, text])).toEqual([
    ['socket', 'info', 'open'],
    ['socket', 'warn', 'reconnecting'],
    ['socket', 'info', 'open'],
    ['error', 'warn', 'Slow.'],
    ['error', 'error', 'full'],
  ]);
});

test('figures of a second: what the worker counts, and what the browser measures', () => {
  const { timeline, follower, report } = scene();
  follower.answered(ZERO);
  report(1_000, { queuedMs: 80, socketBacklogBytes: 640, skewPpm: 12 });
  report(1_100, { queuedMs: 90 });
  follower.onStreams({ toPage: { lossPercent: 2, mos: 4 } });
  expect(timeline.samples).toEqual([
    {
      at: 1_000,
      playoutMs: 80,
      socketBytes: 640,
      skewPpm: 12,
      streams: { toPage: { lossPercent: 2, mos: 4 } },
    },
  ]);
});
