/**
 * The figures in the page, read by pointer and by keys.
 *
 * @module
 */
import { type Chart, responsive } from "../shared/chart.ts";
import { find, html, set, svg } from "../shared/dom.ts";
import { offerSvg } from "../shared/download.ts";
import { number } from "../shared/format.ts";
import { normsByDepth, type Placed, smallerSide, spectrum, stableRanks } from "./plots.ts";
import { layerName, shortened } from "./words.ts";

/** What is read at a place of a figure. */
interface Reading {
  /** On the horizontal axis. */
  readonly at: number;
  readonly lines: readonly string[];
}

/** A figure whose points are read one by one. */
class ReadFigure {
  readonly #place: HTMLElement;
  readonly #tip = html("div", { class: "tip", role: "status" });
  readonly #readings: () => readonly Reading[];
  readonly #redraw: () => void;
  #chart: Chart | undefined;
  #cursor: number | undefined;

  constructor(
    id: string,
    name: string,
    draw: (cursor: number | undefined, width: number) => Chart,
    readings: () => readonly Reading[],
    open: ((at: number) => void) | undefined,
  ) {
    this.#place = find(id, HTMLElement);
    this.#readings = readings;
    this.#redraw = responsive(this.#place, (width) => {
      this.#chart = draw(this.#cursor, width);
      return this.#chart.figure;
    });
    this.#place.append(this.#tip);
    this.#tip.hidden = true;
    const keys = open === undefined ? "" : "; Enter opens the weight";
    set(this.#place, {
      tabindex: 0,
      role: "group",
      "aria-label": `${name}. Arrow keys read it${keys}; Escape ends it`,
    });
    this.#listen(open);
    offerSvg(find(`save-${id}`, HTMLButtonElement), () => this.#chart?.figure ?? svg("svg"), `${id}.svg`);
  }

  #listen(open: ((at: number) => void) | undefined): void {
    const place = this.#place;
    place.addEventListener("pointermove", ({ clientX }) => this.#point(clientX));
    place.addEventListener("pointerleave", () => this.#read(undefined));
    place.addEventListener("blur", () => this.#read(undefined));
    const openHere = () => this.#cursor !== undefined && open?.(this.#cursor);
    place.addEventListener("click", openHere);
    place.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#read(undefined);
      if (event.key === "Enter") openHere();
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: Number.NEGATIVE_INFINITY, End: Number.POSITIVE_INFINITY }[
        event.key
      ];
      if (step === undefined) return;
      event.preventDefault();
      this.#step(step);
    });
  }

  #point(clientX: number): void {
    const drawn = this.#chart;
    if (drawn === undefined) return;
    const across = clientX - this.#place.getBoundingClientRect().left;
    const [first, ...others] = this.#readings();
    const isBeside = across < drawn.frame.left - 8 || across > drawn.frame.right + 8;
    if (isBeside || first === undefined) {
      this.#read(undefined);
      return;
    }
    const distance = ({ at }: Reading) => Math.abs(drawn.x(at) - across);
    this.#read(others.reduce((best, reading) => (distance(reading) < distance(best) ? reading : best), first).at);
  }

  #step(by: number): void {
    const readings = this.#readings();
    if (readings.length === 0) return;
    const from = readings.findIndex(({ at }) => at === this.#cursor);
    const start = from === -1 ? (by > 0 && Number.isFinite(by) ? -1 : readings.length) : from;
    const index = Math.min(readings.length - 1, Math.max(0, start + by));
    this.#read(readings[index]?.at);
  }

  #read(cursor: number | undefined): void {
    if (cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.show();
  }

  show(): void {
    const reading = this.#readings().find(({ at }) => at === this.#cursor);
    if (reading === undefined) this.#cursor = undefined;
    this.#redraw();
    this.#tip.hidden = reading === undefined;
    if (reading === undefined || this.#chart === undefined) return;
    const [head = "", ...lines] = reading.lines;
    this.#tip.replaceChildren(html("strong", {}, head), ...lines.map((text) => html("span", {}, text)));
    const { frame, x } = this.#chart;
    const isLeft = x(reading.at) > (frame.left + frame.right) / 2;
    this.#tip.style.insetInlineStart = isLeft ? `${frame.left + 4}px` : "auto";
    this.#tip.style.insetInlineEnd = isLeft ? "auto" : "4px";
  }
}

function normLines({ no, row }: Placed): readonly string[] {
  const { name, spectralNorm, frobeniusNorm, operator } = row;
  const words = [
    `${no}: ${shortened(layerName(name), 40)}`,
    `spectral ${number(spectralNorm ?? Number.NaN)}`,
    `Frobenius ${number(frobeniusNorm ?? Number.NaN)}`,
  ];
  return operator === null ? words : [...words, `as run ${number(operator.lower)} to ${number(operator.upper)}`];
}

function rankLines({ no, row }: Placed): readonly string[] {
  const rank = `stable rank ${number(row.stableRank ?? Number.NaN)} of at most ${smallerSide(row)}`;
  return [`${no}: ${shortened(layerName(row.name), 40)}`, rank];
}

/** The three figures. */
export class Figures {
  readonly #figures: readonly ReadFigure[];
  #placed: readonly Placed[] = [];
  #count = 1;
  #values: readonly number[] = [];

  /** @param open Is called with the number of a weight that is chosen in a figure. */
  constructor(open: (no: number) => void) {
    const byDepth = (lines: (placed: Placed) => readonly string[]) => () =>
      this.#placed.map((placed): Reading => ({ at: placed.no, lines: lines(placed) }));
    const at = (cursor: number | undefined) => this.#placed.find(({ no }) => no === cursor);
    this.#figures = [
      new ReadFigure(
        "norms",
        "Norms by depth",
        (cursor, width) => normsByDepth(this.#placed, this.#count, at(cursor), width),
        byDepth(normLines),
        open,
      ),
      new ReadFigure(
        "ranks",
        "Stable rank by depth",
        (cursor, width) => stableRanks(this.#placed, this.#count, at(cursor), width),
        byDepth(rankLines),
        open,
      ),
      new ReadFigure(
        "spectrum",
        "Leading singular values",
        (cursor, width) => spectrum(this.#values, cursor, width),
        () => this.#spectrumReadings(),
        undefined,
      ),
    ];
  }

  #spectrumReadings(): readonly Reading[] {
    const [first = Number.NaN] = this.#values;
    return this.#values.map((value, at) => ({
      at: at + 1,
      lines: [`σ${at + 1} = ${number(value)}`, `${number(value / first, 3)} of the largest`],
    }));
  }

  /** @param chosen The weight whose spectrum is drawn. */
  show(placed: readonly Placed[], count: number, chosen: Placed | undefined): void {
    this.#placed = placed;
    this.#count = Math.max(1, count);
    this.#values = chosen?.row.singularValues ?? [];
    const name = chosen === undefined ? "" : `${chosen.no}: ${shortened(chosen.row.name, 60)}`;
    find("spectrum-name", HTMLElement).textContent = name;
    find("spectrum-empty", HTMLElement).hidden = this.#values.length > 0 || chosen === undefined;
    for (const figure of this.#figures) figure.show();
  }
}
