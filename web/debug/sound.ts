/** What can be injected into a call: a WAV file, as a file or its address, or a tone. */
import { readWav } from '../../audio/wav.ts';
import { BridgeError } from '../../common/errors.ts';

export interface Tone {
  readonly hz: number;
  /** Length; 1000 unless told. */
  readonly ms?: number;
  /** Level; −12 unless told. */
  readonly dbfs?: number;
}

export type Sound = Blob | ArrayBuffer | string | Tone;

export interface Samples {
  readonly samples: Int16Array<ArrayBuffer>;
  readonly sampleRate: number;
}

const TONE_RATE = 16_000;
/** A beginning and an end that do not click. */
const FADE = TONE_RATE / 200;

/** @throws BridgeError BAD_WAV */
export async function samplesOf(sound: Sound): Promise<Samples> {
  if (typeof sound === 'string') {
    const response = await fetch(sound);
    if (!response.ok) throw new BridgeError('BAD_WAV', `${sound}: HTTP ${response.status}.`);
    return fromWav(await response.arrayBuffer());
  }
  if (sound instanceof Blob) return fromWav(await sound.arrayBuffer());
  if (sound instanceof ArrayBuffer) return fromWav(sound);
  return toneOf(sound);
}

function fromWav(bytes: ArrayBuffer): Samples {
  const { sampleRate, channels } = readWav(new Uint8Array(bytes));
  return { samples: (channels[0] ?? new Int16Array()).slice(), sampleRate };
}

function toneOf({ hz, ms = 1_000, dbfs = -12 }: Tone): Samples {
  if (!(hz > 0 && hz < TONE_RATE / 2 && ms > 0)) {
    throw new BridgeError('BAD_REQUEST', `A tone needs {hz: 1 to ${TONE_RATE / 2 - 1}, ms, dbfs}.`);
  }
  const length = Math.round((TONE_RATE * ms) / 1_000);
  const level = 32_767 * 10 ** (Math.min(0, dbfs) / 20);
  const samples = Int16Array.from({ length }, (_, i) => {
    const edge = Math.min(1, i / FADE, (length - 1 - i) / FADE);
    return Math.round(level * edge * Math.sin((2 * Math.PI * hz * i) / TONE_RATE));
  });
  return { samples, sampleRate: TONE_RATE };
}
