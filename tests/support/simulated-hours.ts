/**
 * Hours of a call within seconds. What a call's worker and the bridge would tell in that time is put
 * where it arrives in the page, at the worker's and the event stream's `message` events, so that
 * everything behind them is the page as it is: state, time axis, log, turns, charts, drawing. A call
 * has to be going on; its own worker's reports are held back meanwhile.
 *
 * In the page's words, since it runs there.
 */
import type { Page } from 'playwright';

/** Before the page's own scripts: keeps hold of its workers and of its event stream, and of the time. */
const TAP = `{
  const tap = (globalThis.tap = { skewMs: 0, isSimulating: false, worker: undefined, report: undefined, stream: undefined });
  const now = Date.now;
  Date.now = () => now() + tap.skewMs;
  globalThis.Worker = class extends Worker {
    constructor(...options) {
      super(...options);
      this.addEventListener('message', (event) => {
        if (event.data?.type !== 'report' || event.data.report.at === undefined) return;
        if (tap.isSimulating && event.isTrusted) event.stopImmediatePropagation();
        else [tap.worker, tap.report] = [this, event.data.report];
      });
    }
  };
  globalThis.EventSource = class extends EventSource {
    constructor(...options) {
      super(...options);
      tap.stream = this;
    }
  };
}`;

/** Turns of ten seconds, partial transcripts, figures, network, SIP; a key and a trouble now and then. */
const SIMULATE = `(async (seconds) => {
  const { tap } = globalThis;
  tap.isSimulating = true;
  const call = bridge.calls.find(({ state }) => state === 'answered');
  const callId = call.id;
  const say = (data) => tap.worker.dispatchEvent(new MessageEvent('message', { data }));
  const tell = (event) =>
    tap.stream.dispatchEvent(
      new MessageEvent(event.type, { data: JSON.stringify({ at: new Date(Date.now()).toISOString(), callId, ...event }) }),
    );
  const scope = (second) => {
    const columns = new Int16Array(40);
    const spectra = new Uint8Array(640);
    for (let i = 0; i < 10; i += 1) {
      const loud = ((second * 7 + i * 13) % 100) * 200;
      columns.set([-loud, loud, loud / 2, second % 10 < 4 ? 1 : 0], i * 4);
      spectra.fill((second + i) % 255, i * 64, i * 64 + 32);
    }
    return { peakDbfs: -6 - (second % 20), rmsDbfs: -20, clipped: 0, columns, spectra };
  };
  const hops = call.figures?.hops;
  const words = 'so tell me how late the last train to the coast leaves tonight and from where'.split(' ');
  let at = tap.report.at;
  let counters = tap.report.counters;
  const turns = (tap.turns ??= (call.figures?.turns ?? []).slice());
  const answers = [];
  const agent = (event) => say({ type: 'agent-event', event, at });
  for (let second = 0; second < seconds; second += 1) {
    const phase = second % 10;
    for (let i = 0; i < 5; i += 1) {
      at += 200;
      tap.skewMs += 200;
      counters = { ...counters, framesToAgent: counters.framesToAgent + 10, packets: counters.packets + 10, queuedMs: 20 * ((second * 5 + i) % 50), concealedMs: counters.concealedMs + (second % 30 === 0 && i === 0 ? 20 : 0), socketBacklogBytes: 100 * (second % 9) };
      say({ type: 'report', report: { at, caller: scope(second), agent: scope(second + 5), counters } });
    }
    if (phase < 4) agent({ type: 'transcript', text: words.slice(0, 4 * (phase + 1)).join(' ') + ' ' + second, final: phase === 3 });
    if (phase === 4) agent({ type: 'llm_response', text: 'At ten past eleven, from platform ' + second + '.', latencyMs: 300 });
    if (phase === 9) {
      const id = (turns.at(-1)?.id ?? 0) + 1;
      turns.push({ id, callerStartedMs: at - 9000, callerEndedMs: at - 5600, agentStartedMs: at - 5000, agentEndedMs: at - 600, latencyMs: 600, answer: id });
      answers.push({ id, receivedMs: at - 5200, startedMs: at - 5000, endedMs: at - 600, sentMs: 4400, heardMs: 4400, cutMs: 0 });
      agent({ type: 'turn_complete', totalLatencyMs: 590, llmLatencyMs: 300 });
      if (turns.length > 40) turns.shift();
      if (answers.length > 40) answers.shift();
    }
    if (second % 2 === 0 && hops) say({ type: 'figures', figures: { counters, hops, turns: turns.slice(-20), answers: answers.slice(-20) } });
    tell({ type: 'network', phone: { lossPercent: second % 7 === 0 ? 1 : 0, jitterMs: 2 + (second % 5) }, page: { lossPercent: 0, jitterMs: 1 } });
    if (second % 30 === 0) {
      tell({ type: 'sip', sipCallId: callId, leg: 'phone', direction: 'in', transport: 'udp', local: '127.0.0.1:5060', remote: '127.0.0.1:5070', summary: 'UPDATE sip:1000@127.0.0.1', text: 'UPDATE sip:1000@127.0.0.1 SIP/2.0\\r\\n' + ('X-' + second + ': ' + 'x'.repeat(60) + '\\r\\n').repeat(12) });
    }
    if (second % 60 === 20) tell({ type: 'dtmf', digit: '5', durationMs: 120, source: 'rtp', from: 'phone' });
    if (second % 300 === 100) tell({ type: 'media', state: 'silent', code: 'MEDIA_NO_PHONE_RTP', sentence: 'No audio comes from the phone.' });
    if (second % 300 === 110) tell({ type: 'media', state: 'flowing', sentence: 'Audio flows again.' });
    // What has changed is shown, now and then.
    if (second % 60 === 0) await new Promise((shown) => setTimeout(shown, 20));
  }
  tap.isSimulating = false;
})`;

/** Call it before the page is opened. */
export async function tapPage(page: Page): Promise<void> {
  await page.addInitScript(TAP);
}

export async function simulate(page: Page, seconds: number): Promise<void> {
  await page.evaluate(`${SIMULATE}(${seconds})`);
}
