/**
 * Paints the time axes of the page: a thread of its own, so that neither the page nor the call waits
 * for a picture, and a picture needs no frame of the page.
 */
import { AxisPainter, type Size } from './painter.ts';
import type { Scene } from './scene.ts';

/** `id`: which axis. */
export type ToDrawing =
  | {
      readonly type: 'open';
      readonly id: number;
      readonly canvas: OffscreenCanvas;
      readonly size: Size;
    }
  | { readonly type: 'resize'; readonly id: number; readonly size: Size }
  | { readonly type: 'paint'; readonly id: number; readonly scene: Scene }
  | { readonly type: 'close'; readonly id: number };

/** It can be seen with the next frame. */
export interface FromDrawing {
  readonly type: 'painted';
  readonly id: number;
}

interface DrawingScope {
  onmessage: ((event: MessageEvent<ToDrawing>) => void) | null;
  postMessage(message: FromDrawing): void;
}

const scope = self as unknown as DrawingScope;
const painters = new Map<number, AxisPainter>();

scope.onmessage = ({ data }) => {
  const { id } = data;
  switch (data.type) {
    case 'open':
      painters.set(id, new AxisPainter(data.canvas, data.size));
      return;
    case 'resize':
      painters.get(id)?.resize(data.size);
      return;
    case 'paint':
      painters.get(id)?.paint(data.scene);
      scope.postMessage({ type: 'painted', id });
      return;
    case 'close':
      painters.delete(id);
      return;
  }
};
