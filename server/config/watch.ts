/**
 * Tells when a file was written. Editors replace files instead of writing into them, and write more
 * than once, so the folder is watched and a moment of quiet is waited for.
 */
import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';

const QUIET_MS = 200;

export interface Watch {
  close(): void;
}

export function watchFile(file: string, onWritten: () => void): Watch {
  const name = basename(file);
  let quiet: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(file), { persistent: false }, (_event, changed) => {
    if (changed !== name) return;
    clearTimeout(quiet);
    quiet = setTimeout(onWritten, QUIET_MS);
  });
  // A folder that is taken away is no reason to end: the configuration stays as it is.
  watcher.on('error', () => watcher.close());
  return {
    close: () => {
      clearTimeout(quiet);
      watcher.close();
    },
  };
}
