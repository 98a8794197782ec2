/** What recordings are made of, for the storage worker that keeps them and the page that shows them. */
import type { Bundle } from '../../recording/bundle.ts';
import type { FileName, Manifest } from '../../recording/manifest.ts';
import type { RecordedSpectra } from '../bundle/recorded-spectra.ts';
import type { TapeMessage } from './call-tape.ts';
import type { RecordingStore } from './store.ts';

export interface Locks {
  /** Resolves when it is held, to what lets go of it. */
  hold(name: string): Promise<() => void>;
  isHeld(name: string): Promise<boolean>;
}

export type RecordingsNews =
  | { readonly type: 'changed' }
  /** No more of it is kept. */
  | { readonly type: 'failed'; readonly id: string; readonly sentence: string };

export interface KeptRecording extends Manifest {
  readonly bytes: number;
  /** It is growing, here or in another page. */
  readonly isLive: boolean;
  readonly fileName: string;
}

export interface RecordingList {
  /** Newest first. */
  readonly recordings: readonly KeptRecording[];
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly kind: RecordingStore['kind'];
}

/** What a zip holds, and what is shown of it besides. */
export interface ReadBundle extends Bundle {
  readonly spectra: RecordedSpectra;
}

/** What only the end of a call tells. */
export type RecordingParts = Readonly<Partial<Record<FileName, string | Blob>>>;

/** What is used of a MessagePort. */
export interface TapeSource {
  onmessage: ((event: { readonly data: TapeMessage }) => void) | null;
  close(): void;
}
