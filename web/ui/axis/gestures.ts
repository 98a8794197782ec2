/** Wheel, pointer and keys over the time axis, as movements of its viewport. */
import type { Viewport } from '../../timeline/viewport.ts';
import { GUTTER } from './layout.ts';

/** A notch of a wheel is 100 to 120: about a fifth nearer or farther. */
const ZOOM_PER_NOTCH = 1.2;
const NOTCH = 100;
/** Of the picture. */
const KEY_PAN = 0.1;
const KEY_ZOOM = 1.5;
/** A pointer that moved no further has clicked. */
const CLICK = 4;

export interface GestureOptions {
  readonly viewport: Viewport;
  readonly onMoved: () => void;
  /** The pointer rests here, undefined when it has left. */
  readonly onPoint: (x: number | undefined, y: number) => void;
  readonly onPick: (x: number, y: number) => void;
  /** To the next mark, or the one before. */
  readonly onStep: (step: 1 | -1) => void;
}

export class AxisGestures {
  beginMs = 0;
  readonly #options: GestureOptions;
  #dragged: { x: number; moved: number } | undefined;

  constructor(options: GestureOptions) {
    this.#options = options;
  }

  attach(canvas: HTMLCanvasElement): void {
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.#dragged = { x: event.offsetX, moved: 0 };
    });
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', (event) => this.#up(event));
    canvas.addEventListener('pointercancel', () => (this.#dragged = undefined));
    canvas.addEventListener('pointerleave', () => this.#options.onPoint(undefined, 0));
    canvas.addEventListener('keydown', (event) => this.#key(event));
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { viewport, onMoved } = this.#options;
    const { deltaX, deltaY } = inPixels(event);
    if (event.shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) {
      viewport.pan((deltaX || deltaY) * viewport.msPerPixel);
    } else {
      viewport.zoom(
        ZOOM_PER_NOTCH ** (deltaY / NOTCH),
        viewport.isFollowing ? undefined : event.offsetX - GUTTER,
      );
    }
    onMoved();
  }

  #move({ offsetX, offsetY }: PointerEvent): void {
    const dragged = this.#dragged;
    const { viewport, onMoved, onPoint } = this.#options;
    if (dragged === undefined) {
      onPoint(offsetX - GUTTER, offsetY);
      return;
    }
    const by = dragged.x - offsetX;
    dragged.moved += Math.abs(by);
    // A click that trembles is no drag.
    if (dragged.moved < CLICK) return;
    dragged.x = offsetX;
    viewport.pan(by * viewport.msPerPixel);
    onMoved();
  }

  #up({ offsetX, offsetY }: PointerEvent): void {
    const wasClick = (this.#dragged?.moved ?? CLICK) < CLICK;
    this.#dragged = undefined;
    if (wasClick) this.#options.onPick(offsetX - GUTTER, offsetY);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { viewport, onMoved, onStep } = this.#options;
    const actions: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => viewport.pan(-KEY_PAN * viewport.spanMs),
      ArrowRight: () => viewport.pan(KEY_PAN * viewport.spanMs),
      PageUp: () => viewport.pan(-viewport.spanMs),
      PageDown: () => viewport.pan(viewport.spanMs),
      ArrowUp: () => onStep(-1),
      ArrowDown: () => onStep(1),
      '+': () => viewport.zoom(1 / KEY_ZOOM),
      '=': () => viewport.zoom(1 / KEY_ZOOM),
      '-': () => viewport.zoom(KEY_ZOOM),
      '0': () => viewport.fit(),
      Home: () => viewport.show(this.beginMs),
      End: () => viewport.follow(),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    // The page has keys of its own.
    event.stopPropagation();
    action();
    onMoved();
  }
}

/** Wheels that count lines or pages. */
function inPixels({ deltaMode, deltaX, deltaY }: WheelEvent): { deltaX: number; deltaY: number } {
  const unit = deltaMode === 1 ? NOTCH / 3 : deltaMode === 2 ? 4 * NOTCH : 1;
  return { deltaX: deltaX * unit, deltaY: deltaY * unit };
}
