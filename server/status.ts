/** What the status says of the drachtio server: its state as a sentence with a code. */
import type { PartStatus } from '../common/api.ts';
import type { DrachtioState } from '../signaling/drachtio-link.ts';
import type { Address } from './options.ts';

export function drachtioStatus(
  { state, why }: DrachtioState,
  { host, port }: Address,
  external: boolean,
): PartStatus {
  const address = `${host}:${port}`;
  const kind = external ? 'external' : 'embedded';
  if (state === 'connected') return { kind, address, ok: true };
  return {
    kind,
    address,
    ok: false,
    problem:
      state === 'refused'
        ? {
            code: 'DRACHTIO_REFUSED',
            message: `The drachtio server at ${address} refused the secret. Check --drachtio HOST:PORT:SECRET.`,
          }
        : {
            code: 'DRACHTIO_UNREACHABLE',
            message: `The drachtio server at ${address} does not answer${why ? ` (${why})` : ''}. Start it, or check --drachtio.`,
          },
  };
}
