/**
 * Ten scores as bars: before the change an outline, after it filled.
 *
 * @module
 */
import { set, svg } from "../shared/dom.ts";
import { percent } from "../shared/format.ts";
import { answerOf, sharesOf } from "./scores.ts";

const [WIDTH, HEIGHT, FLOOR, TOP] = [280, 92, 72, 6];
const STEP = WIDTH / 10;

/** The bars of one model. */
export class Bars {
  readonly figure = svg("svg", { class: "bars", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  readonly #after: SVGRectElement[] = [];
  readonly #before: SVGRectElement[] = [];
  readonly #digits: SVGTextElement[] = [];

  constructor() {
    for (let digit = 0; digit < 10; digit++) {
      const x = digit * STEP;
      const after = svg("rect", { class: "after", x: x + 4, width: STEP - 8 });
      const before = svg("rect", { class: "before", x: x + 2.5, width: STEP - 5 });
      const name = svg("text", { x: x + STEP / 2, y: FLOOR + 16, "text-anchor": "middle" }, String(digit));
      this.#after.push(after);
      this.#before.push(before);
      this.#digits.push(name);
      this.figure.append(after, before, name);
    }
    this.figure.append(svg("line", { class: "floor", x1: 0, x2: WIDTH, y1: FLOOR, y2: FLOOR }));
  }

  /** Shows the scores of an image before and after its change. */
  draw(before: ArrayLike<number>, after: ArrayLike<number>): void {
    const raise = (rects: readonly SVGRectElement[], shares: readonly number[]): void => {
      for (const [digit, rect] of rects.entries()) {
        const height = (shares[digit] ?? 0) * (FLOOR - TOP);
        set(rect, { y: FLOOR - height, height });
      }
    };
    const shares = sharesOf(after);
    raise(this.#after, shares);
    raise(this.#before, sharesOf(before));
    const answer = answerOf(after);
    for (const [digit, name] of this.#digits.entries()) name.classList.toggle("is-answer", digit === answer);
    const named = shares.map((share, digit) => ({ share, digit })).sort((a, b) => b.share - a.share);
    const words = named.slice(0, 3).map(({ share, digit }) => `${digit} ${percent(share)}`);
    set(this.figure, { "aria-label": `Scores after the change, as shares: ${words.join(", ")}` });
  }
}
