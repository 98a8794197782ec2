/** Whether this is WSL 2, and how it is joined to Windows' network. */
import type { WslNetwork } from '../../rtpengine/network.ts';

export interface WslMarkers {
  /** What `uname -r` says. */
  readonly kernel: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Undefined for a file that cannot be read. */
  readonly readText: (path: string) => string | undefined;
}

/** https://learn.microsoft.com/en-us/windows/wsl/networking#mirrored-mode-networking */
export function wslNetwork({ kernel, environment, readText }: WslMarkers): WslNetwork {
  if (!/microsoft/i.test(kernel)) return undefined;
  const user = environment['USERPROFILE'] ?? `/mnt/c/Users/${environment['USER'] ?? ''}`;
  const config = readText(`${user}/.wslconfig`) ?? '';
  return /^\s*networkingMode\s*=\s*mirrored/im.test(config) ? 'mirrored' : 'nat';
}
