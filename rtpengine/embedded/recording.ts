/**
 * Records a call into one file: `wav`, stereo at 8 kHz with the caller on the left and whoever
 * answers on the right, or `pcap`, every RTP packet as it came, whatever its codec. Packets of a page
 * are written as they are after SRTP. What cannot be written (a full disk) ends the recording with a
 * line in the log, and leaves the call alone.
 */
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join } from 'node:path';
import { messageOf } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import { pcapHeader, pcapRecord } from '../pcap.ts';
import { decodeSpeech, type Format } from './codec.ts';
import type { Party } from './party.ts';
import { RequestError } from './request.ts';
import { payloadOffset, payloadTypeOf, ssrcOf, timestampOf } from './rtp.ts';
import { StereoTimeline } from './stereo.ts';

export interface RecordingOptions {
  readonly dir: string;
  readonly format: 'wav' | 'pcap';
}

const RATE = 8000;
const WAV_HEADER = 44;

export class Recording {
  readonly file: string;
  readonly #handle: FileHandle;
  readonly #isWav: boolean;
  readonly #log: (message: string) => void;
  readonly #timeline: StereoTimeline;
  /** Writes go one after the other. */
  #tail: Promise<void>;
  #bytes = 0;
  #failed = false;
  #closing: Promise<void> | undefined;

  private constructor(file: string, handle: FileHandle, log: (message: string) => void) {
    this.file = file;
    this.#handle = handle;
    this.#isWav = extname(file) === '.wav';
    this.#log = log;
    this.#timeline = new StereoTimeline(performance.now(), (samples) =>
      this.#append(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)),
    );
    this.#tail = Promise.resolve();
    this.#append(this.#isWav ? wavHeader(0) : pcapHeader());
  }

  /** @throws RequestError when the file cannot be made. */
  static async start(
    callId: string,
    options: RecordingOptions,
    wanted: string | undefined,
    log: Log,
  ): Promise<Recording> {
    const file = wanted ?? join(options.dir, `${nameOf(callId)}.${options.format}`);
    if (!isAbsolute(file) && wanted !== undefined) {
      throw new RequestError(`recording-file is not an absolute path: ${wanted}`);
    }
    if (!['.wav', '.pcap'].includes(extname(file))) {
      throw new RequestError(`A recording is a .wav or a .pcap file: ${file}`);
    }
    try {
      await mkdir(dirname(file), { recursive: true });
      const handle = await open(file, 'w');
      return new Recording(file, handle, (message) => log('error', message, { callId }));
    } catch (thrown) {
      throw new RequestError(`The recording ${file} cannot be written: ${messageOf(thrown)}`);
    }
  }

  /** Takes a packet of a party; the caller is side 0. */
  take(side: 0 | 1, party: Party, packet: Buffer, formats: readonly Format[]): void {
    if (this.#failed || this.#closing !== undefined) return;
    if (!this.#isWav) {
      const { leg } = party;
      if (leg === undefined) return;
      const target = { address: leg.address, port: leg.port };
      const source = leg.streams()[0]?.endpoint ?? { address: '0.0.0.0', port: 0 };
      this.#append(pcapRecord({ at: Date.now(), source, target, payload: packet }));
      return;
    }
    const format = formats.find(({ payloadType }) => payloadType === payloadTypeOf(packet));
    const samples = decodeSpeech(format?.name ?? '', packet.subarray(payloadOffset(packet)));
    if (samples === undefined) return;
    const at = { ssrc: ssrcOf(packet), timestamp: timestampOf(packet) };
    this.#timeline.put(side, at, samples, performance.now());
  }

  /** Idempotent; resolves when the file is whole. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      if (this.#isWav) this.#timeline.finish(performance.now());
      await this.#tail;
      try {
        if (this.#isWav && !this.#failed) {
          await this.#handle.write(wavHeader(this.#bytes - WAV_HEADER), 0, WAV_HEADER, 0);
        }
      } catch (thrown) {
        this.#fail(thrown);
      } finally {
        await this.#handle.close();
      }
    })();
    return this.#closing;
  }

  #append(bytes: Buffer): void {
    const at = this.#bytes;
    this.#bytes += bytes.length;
    this.#tail = this.#tail.then(async () => {
      if (this.#failed) return;
      try {
        await this.#handle.write(bytes, 0, bytes.length, at);
      } catch (thrown) {
        this.#fail(thrown);
      }
    });
  }

  #fail(thrown: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#log(`The recording ${this.file} ended: ${messageOf(thrown)}`);
  }
}

/** A Call-ID may hold anything; a file name may not. */
function nameOf(callId: string): string {
  const name = callId.replace(/[^\w.@-]/g, '_').slice(0, 100);
  return `${name}-${new Date().toISOString().replace(/\D/g, '').slice(0, 17)}`;
}

/** 16-bit stereo at 8 kHz (https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html). */
function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(WAV_HEADER);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(WAV_HEADER - 8 + dataBytes, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 4, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
