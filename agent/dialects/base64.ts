/**
 * Base64 with the standard alphabet (RFC 4648, https://www.rfc-editor.org/rfc/rfc4648#section-4)
 * straight between bytes and text: what the browser and Node have in common goes by way of a string
 * with one character per byte, and throws at what it cannot read.
 */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const PADDING = 61;
const NO_DIGIT = 255;

const CODES = Uint8Array.from(ALPHABET, (char) => char.charCodeAt(0));
const DIGITS = new Uint8Array(128).fill(NO_DIGIT);
CODES.forEach((code, digit) => (DIGITS[code] = digit));

const ascii = new TextDecoder();

export function toBase64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const [a = 0, b = 0, c = 0] = [bytes[from], bytes[from + 1], bytes[from + 2]];
    codes[to] = codeOf(a >> 2);
    codes[to + 1] = codeOf(((a & 3) << 4) | (b >> 4));
    codes[to + 2] = from + 1 < bytes.length ? codeOf(((b & 15) << 2) | (c >> 6)) : PADDING;
    codes[to + 3] = from + 2 < bytes.length ? codeOf(c & 63) : PADDING;
  }
  return ascii.decode(codes);
}

/** The bytes, or undefined for text that is no base64. Padding may be missing. */
export function fromBase64(text: string): Uint8Array | undefined {
  let length = text.length;
  if (length % 4 === 0) {
    if (text.endsWith('==')) length -= 2;
    else if (text.endsWith('=')) length -= 1;
  }
  if (length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((length * 3) / 4));
  let bits = 0;
  let to = 0;
  for (let from = 0; from < length; from += 1) {
    const digit = DIGITS[text.charCodeAt(from)] ?? NO_DIGIT;
    if (digit === NO_DIGIT) return undefined;
    bits = ((bits << 6) | digit) & 0xffffff;
    const phase = from & 3;
    if (phase > 0) bytes[to++] = bits >> (6 - 2 * phase);
  }
  return bytes;
}

function codeOf(digit: number): number {
  return CODES[digit] ?? PADDING;
}
