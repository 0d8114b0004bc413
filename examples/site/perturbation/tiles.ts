/**
 * Images of 8×8 pixels in SVG, so that their colors are those of the scheme, light or dark.
 *
 * @module
 */
import { set, svg } from "../shared/dom.ts";
import { COUNT, SIDE } from "./pixels.ts";

/** An image to draw into. */
export interface Tile {
  readonly figure: SVGSVGElement;
  readonly pixels: readonly SVGRectElement[];
}

/** An empty image. `label` is for readers; without one it is hidden from them. */
export function tile(label?: string): Tile {
  const pixels = Array.from({ length: COUNT }, (_, index) =>
    // A little larger than 1, so that no seam shows between them.
    svg("rect", { x: index % SIDE, y: Math.floor(index / SIDE), width: 1.02, height: 1.02, opacity: 0 }),
  );
  const reading = label === undefined ? { "aria-hidden": "true" } : { role: "img", "aria-label": label };
  return { figure: svg("svg", { class: "tile", viewBox: `0 0 ${SIDE} ${SIDE}`, ...reading }, ...pixels), pixels };
}

/** Shows an image: values from −1, nothing, to 1, ink. */
export function drawImage({ pixels }: Tile, values: ArrayLike<number>): void {
  for (const [index, pixel] of pixels.entries()) set(pixel, { opacity: (((values[index] ?? -1) + 1) / 2).toFixed(3) });
}

/** Shows a change: ink added in one color, ink taken away in another; the largest entry is full. */
export function drawChange({ pixels }: Tile, after: ArrayLike<number>, before: ArrayLike<number>): void {
  const change = pixels.map((_, index) => (after[index] ?? 0) - (before[index] ?? 0));
  const most = Math.max(...change.map(Math.abs)) || 1;
  for (const [index, pixel] of pixels.entries()) {
    const entry = change[index] ?? 0;
    set(pixel, { opacity: (Math.abs(entry) / most).toFixed(3), class: entry < 0 ? "less" : "more" });
  }
}
