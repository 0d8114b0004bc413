/**
 * A change against what is promised: certain within the radius, known to fail beyond the shortest change found.
 *
 * @module
 */
import { set, svg } from "../shared/dom.ts";
import { number } from "../shared/format.ts";
import type { Reading } from "./tasks.ts";
import { roundedDown } from "./words.ts";

const WIDTH = 280;
const HEIGHT = 66;
const [LEFT, RIGHT] = [6, WIDTH - 6];
const [TOP, BOTTOM] = [20, 36];
/** Lengths, on a logarithmic axis: radii differ by tens. */
const DOMAIN = [0.01, 10] as const;
const TICKS = [0.01, 0.1, 1, 10];

/** Where a length is, from the left; what lies outside is put on the border. */
export function placeOf(length: number): number {
  const share = Math.log(length / DOMAIN[0]) / Math.log(DOMAIN[1] / DOMAIN[0]);
  return LEFT + Math.max(0, Math.min(1, share)) * (RIGHT - LEFT);
}

function zone(name: string): SVGRectElement {
  return svg("rect", { class: name, y: TOP, height: BOTTOM - TOP });
}

function spread(rect: SVGRectElement, from: number, to: number): void {
  set(rect, { x: from, width: Math.max(0, to - from) });
}

/** The gauge of one model. */
export class Gauge {
  readonly #certain = zone("certain");
  readonly #open = zone("open");
  readonly #broken = zone("broken");
  readonly #size = svg("g", { class: "size" }, svg("path", { d: `M0,${TOP - 3}l-5,-8h10z` }));
  readonly #line = svg("line", { y1: TOP - 3, y2: BOTTOM + 3 });
  readonly figure = svg("svg", { class: "gauge", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });

  constructor() {
    const ticks = TICKS.map((tick, index) => {
      const anchor = index === 0 ? "start" : index === TICKS.length - 1 ? "end" : "middle";
      const words = svg("text", { x: placeOf(tick), y: BOTTOM + 18, "text-anchor": anchor }, number(tick));
      return svg("g", {}, svg("line", { x1: placeOf(tick), x2: placeOf(tick), y1: BOTTOM, y2: BOTTOM + 5 }), words);
    });
    this.#size.append(this.#line);
    this.figure.append(
      this.#certain,
      this.#open,
      this.#broken,
      svg("g", { class: "scale", "aria-hidden": "true" }, ...ticks),
      this.#size,
    );
  }

  /** Shows what is promised and found, and how large the change is. */
  draw({ radius, found, size }: Reading): void {
    const [sure, known] = [placeOf(radius), found === undefined ? RIGHT : placeOf(found)];
    spread(this.#certain, LEFT, sure);
    spread(this.#open, sure, Math.max(sure, known));
    spread(this.#broken, Math.max(sure, known), RIGHT);
    set(this.#size, { transform: `translate(${placeOf(size)} 0)`, visibility: size === 0 ? "hidden" : "visible" });
    const attack = found === undefined ? "" : `; the shortest change found that alters it ${number(found, 3)}`;
    set(this.figure, {
      "aria-label": `Certified radius ${roundedDown(radius)}; this change ${number(size, 3)}${attack}`,
    });
  }
}
