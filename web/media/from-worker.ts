/** What a call worker tells its page (messages.ts): plain data, without a type of the browser's own. */
import type { Remark } from '../../agent/diagnosis/flow.ts';
import type { AgentEvent } from '../../agent/dialects/types.ts';
import type { Capture } from '../../common/api.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { CallFigures } from '../../common/figures.ts';
import type { LogLevel } from '../../common/log.ts';
import type { KeyPress } from './dtmf.ts';
import type { MediaReport, SocketStatus } from './report.ts';

export type FromWorker =
  /** Loaded: only now may a transform be given to it. */
  | { readonly type: 'ready' }
  | { readonly type: 'socket'; readonly socket: SocketStatus }
  /** `at`: milliseconds since the call was answered; absent while it rings. */
  | { readonly type: 'agent-event'; readonly event: AgentEvent; readonly at?: number }
  /** The caller presses a key. */
  | { readonly type: 'digit'; readonly digit: string }
  /** A key among the audio is up again. */
  | { readonly type: 'key'; readonly press: KeyPress }
  /** The agent hears the caller this way now. */
  | { readonly type: 'capture'; readonly capture: Capture; readonly aligned: boolean }
  /** Packets of this codec come from now on, and whether the worker can decode them. */
  | { readonly type: 'codec'; readonly mimeType: string; readonly canDecode: boolean }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly text: string;
      readonly code?: ErrorCode;
    }
  | { readonly type: 'report'; readonly report: MediaReport }
  /** What is odd about the agent, whenever that changes. */
  | { readonly type: 'remarks'; readonly remarks: readonly Remark[] }
  /** Every two seconds, when the agent begins to answer, and at the end. */
  | { readonly type: 'figures'; readonly figures: CallFigures }
  /** The caller has heard what the agent wanted to know of, or it was cut. */
  | {
      readonly type: 'mark';
      readonly name?: string;
      readonly complete: boolean;
      readonly heardMs: number;
    }
  /** How much of the recording has been sent, and whether it and the last answer are over. */
  | {
      readonly type: 'replay';
      readonly sentMs: number;
      readonly totalMs: number;
      readonly isOver: boolean;
    }
  /** All is released; the last report went out before. */
  | { readonly type: 'closed' };
