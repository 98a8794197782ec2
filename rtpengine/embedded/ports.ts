/**
 * The RTP port range as a pool of pairs: RTP on the even port, RTCP on the odd one above it
 * (RFC 3550 section 11, https://www.rfc-editor.org/rfc/rfc3550#section-11). A WebRTC leg takes a
 * pair too and uses its even port. Pairs are handed out in turn, so that a port just given back is
 * the last to be used again and late packets of an ended call meet nobody.
 */

/** The stable text by which clients know this error; rtpengine says the same. */
export const OUT_OF_PORTS = 'Ran out of ports';

export class PortsExhausted extends Error {
  override readonly name = 'PortsExhausted';

  constructor() {
    super(OUT_OF_PORTS);
  }
}

export class PortPool {
  readonly #free: number[] = [];
  readonly #used = new Set<number>();

  constructor(min: number, max: number) {
    for (let port = min + (min % 2); port + 1 <= max; port += 2) this.#free.push(port);
  }

  /** Pairs that can be had. */
  get free(): number {
    return this.#free.length;
  }

  get used(): number {
    return this.#used.size;
  }

  /** An even port whose odd neighbour is free as well; throws PortsExhausted. */
  take(): number {
    const port = this.#free.shift();
    if (port === undefined) throw new PortsExhausted();
    this.#used.add(port);
    return port;
  }

  /** Idempotent: a pair is only put back once. */
  giveBack(port: number): void {
    if (this.#used.delete(port)) this.#free.push(port);
  }

  /**
   * Takes pairs until `open` succeeds with one; a pair some other program holds (EADDRINUSE,
   * EACCES on Windows' reserved ranges) is put back and the next one tried.
   */
  async open<T>(open: (port: number) => Promise<T>): Promise<T> {
    for (let left = this.#free.length; left > 0; left--) {
      const port = this.take();
      try {
        return await open(port);
      } catch (thrown) {
        this.giveBack(port);
        if (!isTaken(thrown)) throw thrown;
      }
    }
    throw new PortsExhausted();
  }
}

function isTaken(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return code === 'EADDRINUSE' || code === 'EACCES';
}
