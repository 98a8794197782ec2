/**
 * Reads what people write into files. Windows PowerShell's `>` writes UTF-16, and some editors put a
 * byte order mark before UTF-8: either is read as what it says.
 */
import { readFileSync } from 'node:fs';

/** @throws the system's error when it cannot be read. */
export function readText(path: string): string {
  const bytes = readFileSync(path);
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes);
}
