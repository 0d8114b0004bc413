/**
 * Paints pictures in a worker, so that the page answers while those of running training come several times a second.
 *
 * @module
 */
import type { Order, Painted, Picture } from "./picture.ts";

/** One for all canvases of a page. */
export class Painter {
  readonly #worker = new Worker(new URL("./painter.worker.ts", import.meta.url), { type: "module" });
  readonly #canvases: { readonly context: ImageBitmapRenderingContext; turn: number; shown: () => void }[] = [];

  constructor() {
    this.#worker.addEventListener("message", ({ data: { id, turn, bitmap } }: MessageEvent<Painted>) => {
      const kept = this.#canvases[id];
      if (kept === undefined) return;
      const { canvas } = kept.context;
      // Chromium leaves it to the page to say how many pixels there are.
      if (canvas.width !== bitmap.width) [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      kept.context.transferFromImageBitmap(bitmap);
      if (turn === kept.turn) kept.shown();
    });
  }

  /** Makes a brush for a canvas; `shown` is called when the newest picture that was asked for is there. */
  brush(canvas: HTMLCanvasElement): (picture: Picture, shown: () => void) => void {
    const context = canvas.getContext("bitmaprenderer") as ImageBitmapRenderingContext;
    const kept = { context, turn: 0, shown: () => {} };
    const id = this.#canvases.push(kept) - 1;
    return (picture, shown) => {
      kept.turn += 1;
      kept.shown = shown;
      this.#worker.postMessage({ id, turn: kept.turn, picture } satisfies Order);
    };
  }
}
