/**
 * Reading all curves at one place: a pointer or arrow keys on any chart, and a table of what they cross.
 *
 * @module
 */
import { type Chart, responsive } from "../shared/chart.ts";
import { find, html, oneAFrame, set, svg } from "../shared/dom.ts";
import { offerSvg } from "../shared/download.ts";
import { number } from "../shared/format.ts";
import { at, CHARTS, type ChartName, type Curves, DRAW, reachOf, type Traced } from "./curves.ts";
import type { Measured } from "./protocol.ts";
import type { State } from "./state.ts";
import { constantWords } from "./words.ts";

const EMPTY: Curves = { runs: [], axis: "steps", cursor: undefined };

function rowOf({ place, name }: Traced, measured: Measured | undefined): HTMLTableRowElement {
  const cells =
    measured === undefined
      ? ["–", "–", "–", "–"]
      : [
          String(measured.step),
          number(measured.distance, 3),
          constantWords(measured).replace("between ", "").replace(" and ", " to "),
          Number.isNaN(measured.milliseconds) ? "–" : `${number(measured.milliseconds, 2)} ms`,
        ];
  const head = html("th", { scope: "row", class: `slot-${place}` }, html("span", { class: "swatch" }, name));
  return html("tr", {}, head, ...cells.map((cell) => html("td", {}, cell)));
}

/** The charts and their table. */
export class Reader {
  readonly #charts = new Map<ChartName, Chart>();
  readonly #redraws: (() => void)[];
  #curves: Curves = EMPTY;

  constructor() {
    this.#redraws = CHARTS.map((name) => {
      const place = find(`${name}-chart`, HTMLElement);
      const redraw = responsive(place, (width) => this.#draw(name, width));
      this.#listen(place, name);
      offerSvg(
        find(`save-${name}`, HTMLButtonElement),
        () => this.#charts.get(name)?.figure ?? svg("svg"),
        `${name}.svg`,
      );
      return oneAFrame(redraw);
    });
  }

  #draw(name: ChartName, width: number): SVGSVGElement {
    const drawn = DRAW[name](this.#curves, width);
    this.#charts.set(name, drawn);
    return drawn.figure;
  }

  #listen(place: HTMLElement, name: ChartName): void {
    const keys = "Left and right arrow keys read the curves";
    set(place, { tabindex: 0, role: "group", "aria-label": `${keys}; Escape ends it` });
    place.addEventListener("pointermove", ({ clientX }) => {
      const drawn = this.#charts.get(name);
      if (drawn === undefined) return;
      const { left, right } = drawn.frame;
      const share = (clientX - place.getBoundingClientRect().left - left) / (right - left);
      this.#read(share >= 0 && share <= 1 ? share * this.#reach() : undefined);
    });
    place.addEventListener("pointerleave", () => this.#read(undefined));
    place.addEventListener("blur", () => this.#read(undefined));
    place.addEventListener("keydown", (event) => {
      const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Escape") this.#read(undefined);
      if (direction === undefined) return;
      event.preventDefault();
      const reach = this.#reach();
      const from = this.#curves.cursor ?? (direction > 0 ? 0 : reach);
      this.#read(Math.min(reach, Math.max(0, from + (direction * reach) / 50)));
    });
  }

  #reach(): number {
    return reachOf(this.#curves.runs, this.#curves.axis);
  }

  #read(cursor: number | undefined): void {
    if (cursor === this.#curves.cursor) return;
    this.#curves = { ...this.#curves, cursor };
    this.#show();
  }

  /** Shows these runs, at the place that is read. */
  draw(runs: readonly Traced[], axis: State["axis"]): void {
    const cursor = axis === this.#curves.axis ? this.#curves.cursor : undefined;
    this.#curves = { runs, axis, cursor };
    this.#show();
  }

  #show(): void {
    for (const redraw of this.#redraws) redraw();
    this.#writeSoon();
  }

  readonly #writeSoon = oneAFrame(() => this.#write());

  #write(): void {
    const { runs, axis, cursor } = this.#curves;
    const rows = runs.map((run) =>
      rowOf(run, cursor === undefined ? run.history.at(-1) : at(run.history, axis, cursor)),
    );
    find("read-rows", HTMLTableSectionElement).replaceChildren(...rows);
    const unit = axis === "steps" ? "step" : "second";
    const words = cursor === undefined ? "Now" : `At ${unit} ${number(cursor, 3)}`;
    find("read-place", HTMLElement).textContent = words;
  }
}
