/**
 * The developer's ears: each side of a call by itself, at a volume of its own, on this computer's
 * loudspeaker. Off until asked for, and then a listener only: what caller and agent get does not
 * pass here. An AudioContext exists while a side is on and no longer; it is the only one there is.
 *
 * Browsers keep silent for many reasons and name none, so the reason is looked for: no gesture yet,
 * no device, a device that does not take sound, a volume of zero, or nothing to be heard. Whether
 * the tab is muted no page can know; that is said as what remains.
 */
import type { Side } from './report.ts';

export interface Ear {
  readonly on: boolean;
  /** 0 to 1. */
  readonly volume: number;
  /** What is heard, or why nothing is; empty while off. */
  readonly sentence: string;
}

export type EarStates = Readonly<Record<Side, Ear>>;

const OFF: Ear = { on: false, volume: 0.8, sentence: '' };
export const EARS_OFF: EarStates = { caller: OFF, agent: OFF };

const LOOK_MS = 500;
/** A context that runs and whose time stands still for so many looks has no working device. */
const STALLED_LOOKS = 3;
/** −60 dBFS of a sample between −1 and 1. */
const AUDIBLE = 0.001;
/** So many looks (2 s) in silence, and the side is called silent. */
const SILENT_LOOKS = 4;

interface Listening {
  readonly source: MediaStreamAudioSourceNode;
  readonly gain: GainNode;
  readonly analyser: AnalyserNode;
  silentLooks: number;
}

export class Ears {
  #states: EarStates = EARS_OFF;
  readonly #streams = new Map<Side, MediaStream>();
  readonly #listening = new Map<Side, Listening>();
  readonly #onChange: (states: EarStates) => void;
  readonly #samples = new Float32Array(1_024);
  #context: AudioContext | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #hasDevice = true;
  #lastTime = 0;
  #stalledLooks = 0;

  constructor(onChange: (states: EarStates) => void) {
    this.#onChange = onChange;
  }

  get states(): EarStates {
    return this.#states;
  }

  /** What there is to be heard of a side. */
  attach(side: Side, stream: MediaStream): void {
    this.#streams.set(side, stream);
    if (this.#states[side].on) this.#listen(side);
  }

  set(side: Side, change: Partial<Pick<Ear, 'on' | 'volume'>>): void {
    const ear = { ...this.#states[side], ...change };
    this.#states = { ...this.#states, [side]: ear };
    if (ear.on) this.#listen(side);
    else this.#deafen(side);
    const gain = this.#listening.get(side)?.gain;
    if (gain !== undefined) gain.gain.value = ear.volume;
    this.#look();
  }

  close(): void {
    for (const side of this.#listening.keys()) this.#deafen(side);
  }

  #listen(side: Side): void {
    const stream = this.#streams.get(side);
    if (stream === undefined || this.#listening.has(side)) return;
    const context = (this.#context ??= this.#open());
    const source = context.createMediaStreamSource(stream);
    const gain = context.createGain();
    const analyser = context.createAnalyser();
    // Before the volume: what there is to hear, not how loud it is wanted.
    source.connect(analyser);
    source.connect(gain).connect(context.destination);
    this.#listening.set(side, { source, gain, analyser, silentLooks: 0 });
  }

  #deafen(side: Side): void {
    const listening = this.#listening.get(side);
    listening?.source.disconnect();
    listening?.gain.disconnect();
    this.#listening.delete(side);
    if (this.#listening.size > 0) return;
    clearInterval(this.#timer);
    void this.#context?.close();
    this.#context = undefined;
  }

  #open(): AudioContext {
    const context = new AudioContext();
    // Granted by the click that switched the ear on, or by the next one anywhere on the page.
    const wake = () => void context.resume().catch(() => undefined);
    wake();
    document.addEventListener('pointerdown', wake);
    context.onstatechange = () => {
      if (context.state === 'closed') document.removeEventListener('pointerdown', wake);
      this.#look();
    };
    this.#lastTime = -1;
    this.#stalledLooks = 0;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    void this.#findDevice();
    return context;
  }

  async #findDevice(): Promise<void> {
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => undefined);
    this.#hasDevice = devices?.some(({ kind }) => kind === 'audiooutput') ?? true;
  }

  #look(): void {
    const time = this.#context?.currentTime ?? 0;
    this.#stalledLooks = time === this.#lastTime ? this.#stalledLooks + 1 : 0;
    this.#lastTime = time;
    const before = this.#states;
    for (const side of ['caller', 'agent'] as const) {
      const ear = this.#states[side];
      const sentence = ear.on ? this.#sentence(side, ear) : '';
      if (sentence !== ear.sentence)
        this.#states = { ...this.#states, [side]: { ...ear, sentence } };
    }
    if (before !== this.#states || this.#timer === undefined) this.#onChange(this.#states);
  }

  #sentence(side: Side, { volume }: Ear): string {
    const listening = this.#listening.get(side);
    if (listening === undefined || this.#context === undefined)
      return `No audio of the ${side} yet.`;
    if (this.#context.state === 'suspended') {
      return 'The browser keeps silent until you click on this page.';
    }
    if (!this.#hasDevice) return 'This browser sees no audio output device on this computer.';
    if (this.#stalledLooks >= STALLED_LOOKS) {
      return 'The audio output device takes no sound: choose another one in the system’s settings.';
    }
    if (volume === 0) return 'The volume is at zero.';
    listening.analyser.getFloatTimeDomainData(this.#samples);
    const isAudible = this.#samples.some((sample) => Math.abs(sample) > AUDIBLE);
    listening.silentLooks = isAudible ? 0 : listening.silentLooks + 1;
    if (listening.silentLooks >= SILENT_LOOKS) return `Listening; the ${side} is silent.`;
    return `You hear the ${side}. If not: unmute this tab (right-click on it), or look at the system’s volume.`;
  }
}
