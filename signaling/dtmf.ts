/**
 * A key press as a SIP INFO. There never was a standard for it; what phones send is
 * `application/dtmf-relay` (`Signal=5`, `Duration=160`; `Signal=10` for the star on some) and the older
 * `application/dtmf` with nothing but the key. Pure.
 */

export interface KeyPress {
  readonly digit: string;
  readonly durationMs: number;
}

export const RELAY_TYPE = 'application/dtmf-relay';
/** What phones send when they say nothing, and what nobody's telephone takes for noise. */
const USUAL_MS = 160;
const KEY = /^[\d*#A-D]$/;

export function isKeys(text: string): boolean {
  return /^[\d*#A-D]+$/i.test(text);
}

/** Undefined for an INFO of another kind; 'bad' for one of this kind that names no key. */
export function keyPressIn(type: string | undefined, body: string): KeyPress | 'bad' | undefined {
  const kind = type?.split(';')[0]?.trim().toLowerCase();
  if (kind === 'application/dtmf') return pressOf(body.trim(), undefined);
  if (kind !== RELAY_TYPE) return undefined;
  return pressOf(field(body, 'Signal') ?? '', field(body, 'Duration'));
}

export function writeKeyPress({ digit, durationMs }: KeyPress): string {
  return `Signal=${digit}\r\nDuration=${durationMs}\r\n`;
}

function pressOf(signal: string, duration: string | undefined): KeyPress | 'bad' {
  const digit = { '10': '*', '11': '#' }[signal] ?? signal.toUpperCase();
  if (!KEY.test(digit)) return 'bad';
  const durationMs = Number(duration ?? USUAL_MS);
  return {
    digit,
    durationMs:
      Number.isInteger(durationMs) && durationMs > 0 && durationMs <= 10_000
        ? durationMs
        : USUAL_MS,
  };
}

function field(body: string, name: string): string | undefined {
  return new RegExp(`^${name}\\s*=\\s*(\\S+)\\s*$`, 'im').exec(body)?.[1];
}
