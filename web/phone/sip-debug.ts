/** JsSIP's own account of what it does, in the console. It remembers being switched on beyond the page. */
import { debug } from 'jssip';

/** What its types say nothing about. */
interface JsSipDebug {
  enable(names: string): void;
  disable(): void;
}

export function debugSip(on: boolean): void {
  const jsSip = debug as unknown as JsSipDebug;
  if (on) jsSip.enable('JsSIP:*');
  else jsSip.disable();
}
