/**
 * What was said, as a list of turns made of the agent's events. A partial transcript is one turn that
 * changes until it is final; everything the agent reports beside speech stands between the turns.
 */
import type { AgentEvent } from '../../agent/dialects/types.ts';

export interface Turn {
  readonly id: number;
  readonly kind: 'caller' | 'agent' | 'note' | 'problem';
  readonly text: string;
  readonly isFinal: boolean;
  readonly at: Date;
  /** How long the agent took, where it says so. */
  readonly detail?: string;
}

const MAX_TURNS = 200;
const MAX_RAW = 160;

export class Conversation {
  turns: readonly Turn[] = [];
  #nextId = 1;
  /** The caller's turn that is still being recognised. */
  #partial: number | undefined;

  add(event: AgentEvent, at: Date): void {
    switch (event.type) {
      case 'transcript':
        this.#transcript(event.text, event.final, at);
        return;
      case 'llm_response':
        this.#agentSays(event.text, at, latency(event.latencyMs));
        return;
      case 'speech_started':
        this.#agentSays(event.text ?? '', at);
        return;
      case 'turn_complete':
        this.#turnComplete(event);
        return;
      case 'barge_in':
        this.note('The caller spoke over the agent; the rest of its answer is dropped.', at);
        return;
      case 'session_ending':
        this.note(event.message ?? 'The agent is about to end the session.', at);
        return;
      case 'error':
        this.#push('problem', event.message, at);
        return;
      case 'bad_frame':
        this.#push('problem', `${event.reason} ${event.raw.slice(0, MAX_RAW)}`, at);
        return;
      case 'session_started':
        this.note('The agent started its session.', at);
        return;
      case 'call_ended':
        this.note(`The agent ended its session${outcome(event.outcome)}.`, at);
        return;
      case 'unknown':
        this.note(`${event.name}: ${event.raw.slice(0, MAX_RAW)}`, at);
        return;
      case 'llm_started':
      case 'speech_ended':
      case 'heartbeat':
        return;
    }
  }

  /** Something that is no speech but belongs to the conversation. */
  note(text: string, at: Date): void {
    this.#push('note', text, at);
  }

  #transcript(text: string, isFinal: boolean, at: Date): void {
    const partial = this.#partial;
    if (partial !== undefined) {
      this.#replace(partial, (turn) => ({ ...turn, text, isFinal }));
    } else if (text.trim() === '') {
      return;
    } else {
      this.#partial = this.#push('caller', text, at, isFinal);
    }
    if (isFinal) this.#partial = undefined;
  }

  /** Revisions announce one answer twice: as the model's response and as speech. */
  #agentSays(text: string, at: Date, detail?: string): void {
    const last = this.turns.findLast(({ kind }) => kind === 'agent' || kind === 'caller');
    if (text.trim() === '' || (last?.kind === 'agent' && last.text.includes(text))) return;
    this.#push('agent', text, at, true, detail);
  }

  #turnComplete(event: Extract<AgentEvent, { type: 'turn_complete' }>): void {
    const last = this.turns.findLast(({ kind }) => kind === 'agent');
    const detail = [
      latency(event.totalLatencyMs, 'answered in '),
      latency(event.llmLatencyMs, 'LLM '),
      latency(event.ttsLatencyMs, 'TTS '),
    ].filter((part) => part !== undefined);
    if (last === undefined || detail.length === 0) return;
    this.#replace(last.id, (turn) => ({ ...turn, detail: detail.join(', ') }));
  }

  #push(kind: Turn['kind'], text: string, at: Date, isFinal = true, detail?: string): number {
    const id = this.#nextId;
    this.#nextId += 1;
    const turn: Turn = { id, kind, text, isFinal, at, ...(detail === undefined ? {} : { detail }) };
    this.turns = [...this.turns.slice(1 - MAX_TURNS), turn];
    return id;
  }

  #replace(id: number, change: (turn: Turn) => Turn): void {
    this.turns = this.turns.map((turn) => (turn.id === id ? change(turn) : turn));
  }
}

function latency(ms: number | undefined, what = ''): string | undefined {
  return ms === undefined ? undefined : `${what}${Math.round(ms)} ms`;
}

function outcome(text: string | undefined): string {
  return text === undefined ? '' : `: ${text}`;
}
