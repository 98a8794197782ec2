/**
 * The page's end of one axis in the drawing worker (drawing-worker.ts), which all axes share. One
 * picture is under way at a time: what changes meanwhile is in the next one, so that a slow machine
 * draws less often and never late.
 */
import type { FromDrawing, ToDrawing } from './drawing-worker.ts';
import type { Size } from './painter.ts';
import type { Scene } from './scene.ts';

let worker: Worker | undefined;
let nextId = 1;
const open = new Map<number, Drawing>();

function sharedWorker(): Worker {
  if (worker !== undefined) return worker;
  worker = new Worker(new URL('./drawing-worker.ts', import.meta.url), {
    type: 'module',
    name: 'drawing',
  });
  worker.onmessage = ({ data }: MessageEvent<FromDrawing>) => open.get(data.id)?.painted();
  return worker;
}

export class Drawing {
  readonly #id: number;
  readonly #onPainted: (fromMs: number) => void;
  #fromMs = NaN;
  #isPainting = false;

  /** The canvas is the worker's from now on. */
  constructor(canvas: HTMLCanvasElement, size: Size, onPainted: (fromMs: number) => void) {
    this.#id = nextId;
    nextId += 1;
    this.#onPainted = onPainted;
    open.set(this.#id, this);
    const offscreen = canvas.transferControlToOffscreen();
    this.#post({ type: 'open', id: this.#id, canvas: offscreen, size }, [offscreen]);
  }

  /** A picture is under way. */
  get isPainting(): boolean {
    return this.#isPainting;
  }

  resize(size: Size): void {
    this.#post({ type: 'resize', id: this.#id, size });
  }

  paint(scene: Scene): void {
    this.#isPainting = true;
    this.#fromMs = scene.fromMs;
    const { bars, spectra } = scene;
    const transfer = [
      ...(bars === undefined ? [] : [bars.caller.values.buffer, bars.agent.values.buffer]),
      ...(spectra === undefined ? [] : [spectra.caller.buffer, spectra.agent.buffer]),
    ];
    this.#post({ type: 'paint', id: this.#id, scene }, transfer);
  }

  painted(): void {
    this.#isPainting = false;
    this.#onPainted(this.#fromMs);
  }

  /** Idempotent. */
  close(): void {
    if (open.delete(this.#id)) this.#post({ type: 'close', id: this.#id });
  }

  #post(message: ToDrawing, transfer: Transferable[] = []): void {
    sharedWorker().postMessage(message, transfer);
  }
}
