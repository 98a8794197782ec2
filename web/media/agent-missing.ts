/** The spoken notice of an agent that cannot be reached (agent-missing.wav, see README.md here). */
import { readWav } from '../../audio/wav.ts';

export async function loadAgentMissing(): Promise<Int16Array> {
  const response = await fetch(new URL('./agent-missing.wav', import.meta.url));
  const { channels } = readWav(new Uint8Array(await response.arrayBuffer()));
  return channels[0] ?? new Int16Array();
}
