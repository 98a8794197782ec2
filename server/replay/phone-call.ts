/** A call as a phone makes it: the caller's voice goes out as RTP, what comes back is kept. */
import { Softphone } from '../../softphone/softphone.ts';
import { atRate, type Conversation, type ConversationEvent } from './conversation.ts';

const RATE = 8000;
/** Gives up on a silent server sooner than a person would. */
const TIMERS = { t1: 100 };

export interface PhoneCallOptions {
  readonly to: string;
  readonly server: { readonly host: string; readonly port: number };
  readonly user: string;
  readonly password: string | undefined;
  readonly voice: { readonly sampleRate: number; readonly samples: Int16Array };
  readonly durationMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (ms: number) => void;
}

const PROGRESS_MS = 200;

/** @throws BridgeError of why it was not answered. */
export async function talkByPhone(
  options: PhoneCallOptions,
): Promise<Conversation & { readonly callId: string }> {
  const { to, server, user, password, voice, durationMs, signal, onProgress } = options;
  const phone = await Softphone.create({ server, user, password, timers: TIMERS });
  const caller = atRate(voice.samples, voice.sampleRate, RATE);
  try {
    let firstAt: number | undefined;
    const call = await phone.call({
      to,
      play: caller,
      onPacketSent: (_sequence, _timestamp, timeMs) => (firstAt ??= timeMs),
    });
    const hangUp = () => void call.hangup();
    signal.addEventListener('abort', hangUp, { once: true });
    await call.answered;
    const answeredAt = call.times.answeredMs ?? performance.now();
    const progress = setInterval(() => onProgress(performance.now() - answeredAt), PROGRESS_MS);
    const timer = setTimeout(hangUp, durationMs);
    const ending = await call.ended;
    clearInterval(progress);
    clearTimeout(timer);
    signal.removeEventListener('abort', hangUp);

    const { samples: heard } = call.recording;
    const { startedMs, ringingMs, endedMs = performance.now() } = call.times;
    const length = Math.max(heard.length, Math.round(((endedMs - answeredAt) * RATE) / 1000));
    const said = new Int16Array(length);
    // The first packet leaves a moment after the answer.
    const offset = Math.round((((firstAt ?? answeredAt) - answeredAt) * RATE) / 1000);
    said.set(caller.subarray(0, Math.max(0, length - offset)), Math.min(length, offset));
    const agent = new Int16Array(length);
    agent.set(heard);
    const since = (moment: number) => Math.round((moment - answeredAt) * 10) / 10;
    const events: ConversationEvent[] = [
      { ms: since(startedMs), type: 'invite', to },
      ...(ringingMs === undefined ? [] : [{ ms: since(ringingMs), type: 'ringing' }]),
      { ms: 0, type: 'answered', codec: call.statistics.codec },
      { ms: since(endedMs), type: 'ended', by: ending.by },
    ];
    return { callId: call.callId, sampleRate: RATE, caller: said, agent, events };
  } finally {
    await phone.close();
  }
}
