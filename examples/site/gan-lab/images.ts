/**
 * Generated digits beside real ones.
 *
 * @module
 */
import type { Colors } from "./colors.ts";
import { css, type Scale } from "./field.ts";
import type { Snapshot } from "./protocol.ts";

/** Pixels a side of an image. */
const SIDE = 8;
/** Columns of generated images, and of real ones. */
const GENERATED = 5;
const REAL = 3;
const ROWS = 8;

/** Images in columns, from some place on. */
function paintColumns(
  context: OffscreenCanvasRenderingContext2D,
  images: Float32Array,
  { left, columns, cell, scale }: { left: number; columns: number; cell: number; scale: Scale },
): void {
  const colors = scale.map(css);
  const pixel = (cell * 0.9) / SIDE;
  for (let index = 0; index < columns * ROWS; index++) {
    const [x, y] = [left + (index % columns) * cell, Math.floor(index / columns) * cell];
    for (let at = 0; at < SIDE * SIDE; at++) {
      const value = images[index * SIDE * SIDE + at] ?? -1;
      const share = Math.min(1, Math.max(0, (value + 1) / 2));
      context.fillStyle = colors[Math.round(share * (colors.length - 1))] ?? "";
      // Half a pixel more, so that no seams show where pixels are no whole number of the screen's.
      context.fillRect(x + (at % SIDE) * pixel, y + Math.floor(at / SIDE) * pixel, pixel + 0.5, pixel + 0.5);
    }
  }
}

/** Paints a run on images: generated ones at the left in the method's color, real ones at the right. */
export function paintImages(
  { context, side }: { readonly context: OffscreenCanvasRenderingContext2D; readonly side: number },
  { snapshot, real }: { readonly snapshot: Snapshot | undefined; readonly real: Float32Array },
  colors: Colors,
  place: number,
): void {
  context.fillStyle = colors.card;
  context.fillRect(0, 0, side, side);
  if (snapshot === undefined) return;
  const cell = side / (GENERATED + REAL + 0.3);
  const scale = colors.images.marks[place] ?? colors.images.real;
  paintColumns(context, snapshot.samples, { left: 0, columns: GENERATED, cell, scale });
  const left = (GENERATED + 0.4) * cell;
  paintColumns(context, real, { left, columns: REAL, cell, scale: colors.images.real });
}
