/**
 * What the agent says, obeyed: audio to the playout, a barge-in at once, marks when the caller has heard
 * what precedes them, and everything else told to the page.
 */
import type { AgentEvent, AudioFormat } from '../../agent/dialects/types.ts';
import type { AgentProfile } from '../../common/api.ts';
import type { CutBy } from '../../common/figures.ts';
import type { AgentAudio } from './agent-audio.ts';
import type { AgentSocket } from './agent-socket.ts';
import { beginsAnswer } from './begins-answer.ts';
import type { CallDoctor } from './call-doctor.ts';
import type { CallMeter } from './call-meter.ts';
import type { FromWorker } from './messages.ts';

export interface AgentLineOptions {
  readonly socket: AgentSocket;
  readonly audio: AgentAudio;
  readonly doctor: CallDoctor;
  readonly meter: CallMeter;
  readonly output: AgentProfile['output'];
  readonly post: (message: FromWorker) => void;
}

export class AgentLine {
  /** Messages that were no audio. */
  texts = 0;
  /** What the agent said of an error, for the close that may follow. */
  lastError = '';
  readonly #options: AgentLineOptions;

  constructor(options: AgentLineOptions) {
    this.#options = options;
  }

  /** One message of the agent. */
  listen(message: Uint8Array | string): void {
    const { socket, meter, post } = this.#options;
    const { session } = socket;
    const { audio, event, reply } = session.receive(message);
    if (audio !== undefined) {
      this.#speak(audio, performance.now());
      return;
    }
    this.texts += 1;
    socket.reply(reply);
    this.#obey(event);
    const at = meter.timeOf(performance.now());
    post({ type: 'agent-event', event, ...(at !== undefined && { at }) });
    if (event.type === 'bad_frame' && session.badFrames === 1) {
      const text = `The agent does not keep to its dialect: ${event.reason}`;
      post({ type: 'log', level: 'warn', text, code: 'AGENT_BAD_FRAME' });
    }
  }

  /** Whatever the agent is saying ends here. */
  cut(by: CutBy): void {
    const { audio, doctor, meter } = this.#options;
    audio.cut(by, performance.now());
    doctor.beginSample();
    meter.turns.cut(by);
  }

  /** A connection that is made anew says nothing of the one before. */
  restart(): void {
    const { audio, doctor } = this.#options;
    this.lastError = '';
    audio.beginSample();
    doctor.beginSample();
  }

  #speak(bytes: Uint8Array, now: number): void {
    const { audio, doctor } = this.#options;
    const before = audio.receivedSamples;
    audio.push(bytes, now);
    // What is left of a cut answer may begin anywhere in a sample, and nobody hears it.
    if (!audio.gate.isOpen) return;
    doctor.hearBytes(bytes, audio.toMs(audio.receivedSamples - before), now);
  }

  #obey(event: AgentEvent): void {
    const { socket, audio, doctor, meter } = this.#options;
    doctor.onEvent(event, performance.now());
    if (beginsAnswer(event)) audio.gate.open();
    switch (event.type) {
      case 'barge_in':
        this.cut('agent');
        return;
      case 'turn_complete':
        meter.claim(event);
        return;
      case 'call_ended':
        socket.expectEnd();
        return;
      case 'error':
        this.lastError = event.message;
        return;
      case 'session_started':
        if (event.output !== undefined) this.#setOutput(event.output);
        socket.greeted();
        return;
      case 'mark':
        this.#answerMark(event.name);
        return;
      default:
        return;
    }
  }

  #setOutput(format: AudioFormat): void {
    const { audio, doctor, output } = this.#options;
    audio.setOutput(format);
    doctor.setFormat({ ...output, ...format });
  }

  /** Tells the agent once the caller has heard it; a connection that came later knows no such mark. */
  #answerMark(name: string | undefined): void {
    const { socket, audio, post } = this.#options;
    const { session } = socket;
    const named = name === undefined ? {} : { name };
    audio.whenHeard(({ complete, heardSamples }) => {
      post({ type: 'mark', ...named, complete, heardMs: audio.toMs(heardSamples) });
      if (socket.session !== session) return;
      socket.say({ type: 'played', ...(name !== undefined && { mark: name }) });
    });
  }
}
