/** A call as the engine keeps it: one Call-ID, and a dialog for each pair of tags. */
import type { Dialog } from './dialog.ts';

export interface Call {
  readonly id: string;
  /** Unix ms. */
  readonly createdAt: number;
  lastSignalAt: number;
  readonly dialogs: Dialog[];
}
