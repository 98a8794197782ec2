/**
 * W3C Trace Context: what a call is named in the agent's own traces. Always marked as sampled, whether
 * anything is exported here or not: an agent whose tracer follows its caller would keep nothing of the
 * call otherwise. https://www.w3.org/TR/trace-context/#traceparent-header
 */
import { randomBytes } from 'node:crypto';

export const HEADER = 'traceparent';

export interface TraceContext {
  /** 32 and 16 hexadecimal digits, not all of them zero. */
  readonly traceId: string;
  readonly spanId: string;
}

export function newContext(traceId = randomHex(16)): TraceContext {
  return { traceId, spanId: randomHex(8) };
}

export function formatTraceparent({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/** Undefined for what is none; later versions may say more behind the flags. */
export function parseTraceparent(text: string): TraceContext | undefined {
  const { groups } =
    /^(?<version>[\da-f]{2})-(?<traceId>[\da-f]{32})-(?<spanId>[\da-f]{16})-[\da-f]{2}(?<more>-.*)?$/.exec(
      text.trim(),
    ) ?? {};
  const { version, traceId = '', spanId = '', more } = groups ?? {};
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) {
    return undefined;
  }
  return isZero(traceId) || isZero(spanId) ? undefined : { traceId, spanId };
}

function isZero(hex: string): boolean {
  return /^0+$/.test(hex);
}

/** All zeros would mean that there is none. */
function randomHex(bytes: number): string {
  for (;;) {
    const hex = randomBytes(bytes).toString('hex');
    if (!isZero(hex)) return hex;
  }
}
