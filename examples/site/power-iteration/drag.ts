/**
 * Columns that are moved by a pointer or by arrow keys.
 *
 * @module
 */
import type { Plane } from "./plane.ts";
import { LARGEST } from "./state.ts";
import type { Matrix } from "./tasks.ts";

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** What the page does when a column moves. */
export interface Moves {
  matrix(): Matrix;
  /** `isHeld` while a pointer holds the column, when the view must not change under it. */
  move(matrix: Matrix, isHeld: boolean): void;
  /** Units from the middle of the plane to its edge. */
  reach(): number;
}

/** Half a hundredth of the view or so, as a round number: what a drag rounds to, and a fifth of what a key moves by. */
export function grain(reach: number): number {
  return 10 ** Math.floor(Math.log10(reach / 50));
}

function withColumn(matrix: Matrix, index: number, [x, y]: readonly [number, number], reach: number): Matrix {
  const unit = grain(reach);
  const round = (value: number): number =>
    Number((Math.round(Math.max(-LARGEST, Math.min(LARGEST, value)) / unit) * unit).toPrecision(6));
  const [a, b, c, d] = matrix;
  return index === 0 ? [round(x), b, round(y), d] : [a, round(x), c, round(y)];
}

const columnOf = ([a, b, c, d]: Matrix, index: number): readonly [number, number] => (index === 0 ? [a, c] : [b, d]);

/** Makes the plane's columns move. */
export function makeMovable(plane: Plane, { matrix, move, reach }: Moves): void {
  for (const [index, handle] of plane.handles.entries()) {
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      handle.classList.add("is-held");
      event.preventDefault();
      handle.focus({ preventScroll: true });
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      move(withColumn(matrix(), index, plane.locate(event), reach()), true);
    });
    handle.addEventListener("lostpointercapture", () => {
      handle.classList.remove("is-held");
      move(matrix(), false);
    });
    handle.addEventListener("keydown", (event) => {
      const arrow = ARROWS[event.key];
      if (arrow === undefined) return;
      event.preventDefault();
      const [x, y] = columnOf(matrix(), index);
      const by = grain(reach()) * (event.shiftKey ? 20 : 5);
      move(withColumn(matrix(), index, [x + by * arrow[0], y + by * arrow[1]], reach()), false);
    });
  }
}
