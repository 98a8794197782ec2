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

export const turnSchema = z.strictObject({
  id: count,
  callerStartedMs: ms.exactOptional(),
  callerEndedMs: ms.exactOptional(),
  agentStartedMs: ms.exactOptional(),
  agentEndedMs: ms.exactOptional(),
  latencyMs: length.exactOptional(),
  answer: count.exactOptional(),
  overlapped: z.literal(true).exactOptional(),
  cutBy: z.enum(['agent', 'page', 'api']).exactOptional(),
  claims: z
    .strictObject({
      totalMs: ms.exactOptional(),
      llmMs: ms.exactOptional(),
      ttsMs: ms.exactOptional(),
    })
    .exactOptional(),
});

const answer = z.strictObject({
  id: count,
  receivedMs: ms,
  startedMs: ms.exactOptional(),
  endedMs: ms.exactOptional(),
  sentMs: length,
  heardMs: length,
  cutMs: length,
});

export const callFiguresSchema = z.strictObject({
  counters: z
    .record(z.string().regex(/^[a-zA-Z]{1,40}$/), z.number().nullable())
    .refine((counters) => Object.keys(counters).length <= MAX_COUNTERS, 'too many counters'),
  hops,
  turns: z.array(turnSchema).max(SENT_TURNS),
  answers: z.array(answer).max(SENT_TURNS),
});

/** Figures as received: of `counters` any may be missing. */
export type ReceivedFigures = z.infer<typeof callFiguresSchema>;
