/** What everything that handles calls has in common. */
import type { RecordingLibrary } from '../recording/library.ts';
import type { CallBoard } from './call-board.ts';
import type { ChangePace } from './change-pace.ts';
import type { EventLog } from './event-log.ts';
import type { Happenings } from './happenings.ts';

export interface Desk {
  readonly calls: CallBoard;
  readonly log: EventLog;
  readonly happenings: Happenings;
  readonly recordings: RecordingLibrary;
  readonly changes: ChangePace;
}
