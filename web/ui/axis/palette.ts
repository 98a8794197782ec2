/** The theme's colours as a canvas wants them; read again when the colour scheme changes. */
import type { PhaseName } from '../../timeline/phases.ts';
import type { Side } from '../../timeline/types.ts';

export interface Palette {
  readonly surface: string;
  readonly sunken: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly amber: string;
  readonly amberSoft: string;
  readonly red: string;
  readonly focus: string;
  readonly voice: Readonly<Record<Side, string>>;
  readonly voiceSoft: Readonly<Record<Side, string>>;
  /** Of the peaks behind the RMS. */
  readonly voicePale: Readonly<Record<Side, string>>;
  readonly phase: Readonly<Record<PhaseName, string>>;
  readonly font: string;
}

export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const get = (name: string): string => style.getPropertyValue(name).trim();
  return {
    surface: get('--surface'),
    sunken: get('--sunken'),
    line: get('--line'),
    lineStrong: get('--line-strong'),
    ink: get('--ink'),
    ink2: get('--ink-2'),
    ink3: get('--ink-3'),
    amber: get('--amber'),
    amberSoft: get('--amber-soft'),
    red: get('--red'),
    focus: get('--focus'),
    voice: { caller: get('--caller'), agent: get('--agent') },
    voiceSoft: { caller: get('--caller-soft'), agent: get('--agent-soft') },
    voicePale: { caller: get('--caller-pale'), agent: get('--agent-pale') },
    phase: {
      transcribe: get('--phase-transcribe'),
      'hand-over': get('--phase-hand-over'),
      think: get('--phase-think'),
      speak: get('--phase-speak'),
      play: get('--phase-play'),
      wait: get('--phase-wait'),
    },
    font: get('--sans'),
  };
}
