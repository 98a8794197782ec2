/**
 * A call as one file to attach to a bug report: the files of a recording in a zip. Reading trusts
 * nothing: what is no zip, no bundle, too large or of a newer version is an error that says so, and a
 * file that is missing or broken is left out and named. Without DOM and without Node, for both.
 */
import { strFromU8, unzipSync, Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { readWav, type Wav } from '../audio/wav.ts';
import type { CallTrace, PageConfig } from '../common/api.ts';
import { BridgeError, messageOf } from '../common/errors.ts';
import type { CallFigures } from '../common/figures.ts';
import { FILES, FORMAT, FORMAT_VERSION, type FileName, type Manifest } from './manifest.ts';
import type { RecordedEvent } from './manifest.ts';

/** Unpacked: more than any call, less than what a hostile zip can claim. */
const MAX_BYTES = 2 * 1024 ** 3;
const OF_PHONES: ReadonlySet<FileName> = new Set([FILES.sip, FILES.stats]);
const TIDY = 'Was it made by another program, or cut off on its way?';

export interface BundlePart {
  readonly name: FileName;
  /** In pieces, so that an hour of audio need not be in memory twice. */
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface Bundle {
  readonly manifest: Manifest;
  readonly wav: Wav;
  /** The WAV file as it stands in the zip. */
  readonly audio: Uint8Array<ArrayBuffer>;
  readonly events: readonly RecordedEvent[];
  readonly trace: CallTrace | undefined;
  /** For the page's time axis. */
  readonly timeline: unknown;
  readonly figures: CallFigures | undefined;
  readonly stats: string | undefined;
  readonly config: Omit<PageConfig, 'sip'> | undefined;
  /** Sentences about what is missing. */
  readonly problems: readonly string[];
}

/** The zip, piece by piece. */
export async function writeBundle(
  parts: readonly BundlePart[],
  onPiece: (piece: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  const failures: Error[] = [];
  const zip = new Zip((error, piece) => {
    // It calls back with null where its types say that there is an error.
    const failure = error as Error | null;
    if (failure !== null) failures.push(failure);
    else onPiece(piece);
  });
  for (const { name, pieces } of parts) {
    // Voices hardly shrink and take long; silence is what makes it worth the least effort.
    const file = name.endsWith('.zip')
      ? new ZipPassThrough(name)
      : new ZipDeflate(name, { level: name === FILES.audio ? 1 : 6 });
    zip.add(file);
    for await (const piece of pieces) file.push(piece);
    file.push(new Uint8Array(), true);
  }
  zip.end();
  if (failures[0] !== undefined) throw failures[0];
}

/** @throws BridgeError BAD_BUNDLE */
export function readBundle(zip: Uint8Array): Bundle {
  const files = unzip(zip);
  const manifest = readManifest(files[FILES.manifest]);
  const audio = files[FILES.audio];
  if (audio === undefined) throw bad(`it holds no ${FILES.audio}. ${TIDY}`);
  const problems: string[] = [];
  const optional = <T>(name: FileName, read: (text: string) => T): T | undefined => {
    const bytes = files[name];
    try {
      if (bytes !== undefined) return read(strFromU8(bytes));
      // A replay has no phone, hence no SIP and no connection.
      const isMissed = manifest.replayOf === undefined || !OF_PHONES.has(name);
      if (isMissed) problems.push(`The bundle has no ${name}.`);
    } catch (thrown) {
      problems.push(`${name} cannot be read: ${messageOf(thrown)}`);
    }
    return undefined;
  };
  if (!manifest.complete) problems.push('The page went away during the call: its end is missing.');
  return {
    manifest,
    audio: audio.slice(),
    wav: wavOf(audio),
    events: optional(FILES.events, readEvents) ?? [],
    trace: optional(FILES.sip, readTrace),
    timeline: optional(FILES.timeline, readObject),
    figures: optional(FILES.figures, (text) => readObject(text) as unknown as CallFigures),
    stats: optional(FILES.stats, (text) => text),
    config: optional(FILES.config, (text) => readObject(text) as unknown as Bundle['config']),
    problems,
  };
}

function unzip(zip: Uint8Array): Readonly<Record<string, Uint8Array | undefined>> {
  const known = new Set<string>(Object.values(FILES));
  let total = 0;
  try {
    return unzipSync(zip, {
      filter: ({ name, originalSize }) => {
        if (!known.has(name)) return false;
        total += originalSize;
        if (total > MAX_BYTES) throw bad('unpacked it is larger than 2 GB');
        return true;
      },
    });
  } catch (thrown) {
    if (thrown instanceof BridgeError) throw thrown;
    throw bad(`it is no zip file (${messageOf(thrown)}). ${TIDY}`, thrown);
  }
}

function readManifest(bytes: Uint8Array | undefined): Manifest {
  if (bytes === undefined) throw bad(`it holds no ${FILES.manifest}. ${TIDY}`);
  let manifest: Readonly<Record<string, unknown>>;
  try {
    manifest = readObject(strFromU8(bytes));
  } catch (thrown) {
    throw bad(`its ${FILES.manifest} cannot be read: ${messageOf(thrown)}.`, thrown);
  }
  if (manifest['format'] !== FORMAT) throw bad(`it is no recording of a call. ${TIDY}`);
  const version = manifest['version'];
  if (typeof version !== 'number' || version > FORMAT_VERSION) {
    throw bad(`it is of version ${String(version)}, and this bridge reads ${FORMAT_VERSION}.`);
  }
  const texts = ['id', 'callId', 'caller', 'dialled', 'startedAt', 'extension'];
  const numbers = ['offsetMs', 'durationMs', 'sampleRate'];
  const missing = [
    ...texts.filter((key) => typeof manifest[key] !== 'string'),
    ...numbers.filter((key) => !Number.isFinite(manifest[key])),
  ];
  if (missing.length > 0) throw bad(`its ${FILES.manifest} lacks ${missing.join(', ')}.`);
  return manifest as unknown as Manifest;
}

function wavOf(audio: Uint8Array): Wav {
  try {
    const wav = readWav(audio);
    if (wav.channels.length === 2) return wav;
  } catch (thrown) {
    throw bad(`its ${FILES.audio} cannot be read: ${messageOf(thrown)}`, thrown);
  }
  throw bad(`its ${FILES.audio} is not stereo, caller left and agent right.`);
}

function readEvents(text: string): readonly RecordedEvent[] {
  const asEvent = (value: object) => value as RecordedEvent;
  // The last line of a page that went away may be half a line.
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [asEvent(readObject(line))];
    } catch {
      return [];
    }
  });
}

function readTrace(text: string): CallTrace {
  const trace = readObject(text);
  if (!Array.isArray(trace['messages'])) throw new Error('it holds no messages');
  return trace as unknown as CallTrace;
}

function readObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error('it is no JSON object');
  return value as Record<string, unknown>;
}

function bad(why: string, cause?: unknown): BridgeError {
  return new BridgeError('BAD_BUNDLE', `The bundle cannot be opened: ${why}`, { cause });
}
