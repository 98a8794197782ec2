/**
 * What a page may send as the figures of a call (common/figures.ts), checked before it is kept: a
 * page of another version, or another program, must not be able to fill the memory or the metrics.
 * Counters are taken by any name, so that a newer page's new ones reach GET /api/calls/{id} too.
 */
import { z } from 'zod';
import { HOP_NAMES, SENT_TURNS, type HopName } from '../../common/figures.ts';
import { BOUNDS_MS } from '../../common/histogram.ts';

const MAX_COUNTERS = 64;

const count = z.number().int().min(0);
const ms = z.number();
const length = z.number().min(0);

const histogram = z.strictObject({
  counts: z.array(count).length(BOUNDS_MS.length + 1),
  sumMs: length,
  maxMs: length,
});

const hops = z.strictObject(
  Object.fromEntries(HOP_NAMES.map((name) => [name, histogram])) as Record<
    HopName,
    typeof histogram
  >,
);

const turn = z.strictObject({
  id: count,
  callerStartedMs: ms.optional(),
  callerEndedMs: ms.optional(),
  agentStartedMs: ms.optional(),
  agentEndedMs: ms.optional(),
  latencyMs: length.optional(),
  answer: count.optional(),
  overlapped: z.literal(true).optional(),
  cutBy: z.enum(['agent', 'page', 'api']).optional(),
  claims: z
    .strictObject({ totalMs: ms.optional(), llmMs: ms.optional(), ttsMs: ms.optional() })
    .optional(),
});

const answer = z.strictObject({
  id: count,
  receivedMs: ms,
  startedMs: ms.optional(),
  endedMs: ms.optional(),
  sentMs: length,
  heardMs: length,
  cutMs: length,
});

export const callFiguresSchema = z.strictObject({
  counters: z
    .record(z.string().regex(/^[a-zA-Z]{1,40}$/), z.number().nullable())
    .refine((counters) => Object.keys(counters).length <= MAX_COUNTERS, 'too many counters'),
  hops,
  turns: z.array(turn).max(SENT_TURNS),
  answers: z.array(answer).max(SENT_TURNS),
});

/** Figures as received: of `counters` any may be missing. */
export type ReceivedFigures = z.infer<typeof callFiguresSchema>;
