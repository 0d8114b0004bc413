/**
 * Images of 8×8 pixels in SVG, so that their colors are those of the scheme, light or dark: a path for each level of ink, for
 * 64 elements of their own would be a long task to restyle whenever the models have learned something.
 *
 * @module
 */
import { set, svg } from "../shared/dom.ts";
import { INK, SIDE } from "./pixels.ts";

/** An image to draw into. */
export interface Tile {
  readonly figure: SVGSVGElement;
  /** From the faintest to the fullest. */
  readonly levels: readonly SVGPathElement[];
  /** The same for ink that was taken away. */
  readonly less: readonly SVGPathElement[];
}

/** An empty image. `label` is for readers; without one it is hidden from them. */
export function tile(label?: string): Tile {
  const [levels, less] = [levelsOf("ink"), levelsOf("less")];
  const reading = label === undefined ? { "aria-hidden": "true" } : { role: "img", "aria-label": label };
  const figure = svg("svg", { class: "tile", viewBox: `0 0 ${SIDE} ${SIDE}`, ...reading }, ...levels, ...less);
  return { figure, levels, less };
}

function levelsOf(name: string): SVGPathElement[] {
  return Array.from({ length: INK }, (_, level) => svg("path", { class: name, opacity: (level + 1) / INK }));
}

/** Shows an image: values from −1, nothing, to 1, ink. */
export function drawImage({ levels }: Tile, values: ArrayLike<number>): void {
  paint(
    levels,
    Array.from(values, (value) => (value + 1) / 2),
  );
}

/** Shows a change: ink added in one color, ink taken away in another; the largest entry is full. */
export function drawChange({ figure, levels, less }: Tile, after: ArrayLike<number>, before: ArrayLike<number>): void {
  const change = Array.from(after, (value, index) => value - (before[index] ?? 0));
  const most = Math.max(...change.map(Math.abs)) || 1;
  figure.classList.add("change");
  paint(
    levels,
    change.map((entry) => entry / most),
  );
  paint(
    less,
    change.map((entry) => -entry / most),
  );
}

/** A little larger than 1, so that no seam shows between them. */
const SQUARE = "h1.02v1.02h-1.02z";

/** Puts each pixel on the level nearest to its share; what is below the first is not there. */
function paint(levels: readonly SVGPathElement[], shares: readonly number[]): void {
  const squares = levels.map(() => "");
  for (const [index, share] of shares.entries()) {
    const level = Math.min(INK, Math.round(share * INK)) - 1;
    if (level >= 0) squares[level] += `M${index % SIDE},${Math.floor(index / SIDE)}${SQUARE}`;
  }
  for (const [level, path] of levels.entries()) {
    const d = squares[level] ?? "";
    if (path.getAttribute("d") !== d) set(path, { d });
  }
}
