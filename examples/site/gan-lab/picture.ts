/**
 * What a panel shows, as a worker paints it.
 *
 * @module
 */
import type { Colors } from "./colors.ts";
import { paintImages } from "./images.ts";
import { paintPlane } from "./painting.ts";
import type { Look, Snapshot } from "./protocol.ts";

/** All that decides how a canvas looks. */
export interface Picture {
  /** Pixels of its sides, above 0. */
  readonly side: number;
  readonly place: number;
  /** How many numbers a sample has: two are painted in the plane, more as an image. */
  readonly dimensions: number;
  readonly snapshot: Snapshot | undefined;
  readonly real: Float32Array;
  readonly look: Look;
  readonly colors: Colors;
}

/** Asked of the painter, by the number of a canvas; `turn` tells pictures apart. */
export interface Order {
  readonly id: number;
  readonly turn: number;
  readonly picture: Picture;
}

/** What the painter answers. */
export interface Painted {
  readonly id: number;
  readonly turn: number;
  readonly bitmap: ImageBitmap;
}

let canvas: OffscreenCanvas | undefined;

/** Paints a picture. */
export function paint(picture: Picture): ImageBitmap {
  const { side, place, dimensions, look, colors } = picture;
  if (canvas?.width !== side) canvas = new OffscreenCanvas(side, side);
  const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
  if (dimensions === 2) paintPlane({ context, side }, picture, look, colors, colors.marks[place] ?? colors.ink);
  else paintImages({ context, side }, picture, colors, place);
  return canvas.transferToImageBitmap();
}
