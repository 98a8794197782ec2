/**
 * Reading JSON of unknown origin: an object or a reason why it is none, and fields only when they
 * have the type that is documented. Nothing in here throws.
 */
import type { AgentEvent } from './types.ts';

/** What is kept of a frame for a person to look at. */
const RAW_LENGTH = 2000;

export type Fields = Readonly<Record<string, unknown>>;

/** A text frame as a JSON object, or a sentence that says why it is none. */
export function fieldsOf(text: string): Fields | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'The frame is not JSON.';
  }
  return isFields(value) ? value : 'The frame is not a JSON object.';
}

export function badFrame(reason: string, frame: string | Uint8Array): AgentEvent {
  return { type: 'bad_frame', reason, raw: rawOf(frame) };
}

/** The beginning of a frame, as text or in hexadecimal. */
export function rawOf(frame: string | Uint8Array): string {
  if (typeof frame === 'string') return frame.slice(0, RAW_LENGTH);
  const bytes = [...frame.subarray(0, 32)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `${frame.length} bytes: ${bytes.join(' ')}`;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function textOf(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(fields: Fields, key: string): number | undefined {
  const value = fields[key];
  return typeof value === 'number' ? value : undefined;
}

type Compact<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Leaves out what is undefined: an absent field is absent in an event too. */
export function compact<const T extends object>(fields: T): Compact<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Compact<T>;
}
