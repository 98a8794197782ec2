/** The package has no types of its own; this is what is used of it. */
declare module 'pino-roll' {
  import type { SonicBoom } from 'sonic-boom';

  export default function roll(options: {
    file: string;
    extension?: string;
    size?: string;
    mkdir?: boolean;
    limit?: { count: number };
  }): Promise<SonicBoom>;
}
