/**
 * The digit, drawn by a pointer or by keys.
 *
 * @module
 */
import { find, set, svg } from "../shared/dom.ts";
import { brushed, INK, type Levels, SIDE, toValues } from "./pixels.ts";
import { drawImage, type Tile, tile } from "./tiles.ts";

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** What the page does when pixels change. */
export interface Edits {
  levels(): Levels;
  isErasing(): boolean;
  change(levels: Levels): void;
}

/** The editor of the page. */
export class Editor {
  readonly #tile: Tile = tile();
  readonly #cursor = svg("rect", { class: "cursor", width: 1, height: 1 });
  readonly #edits: Edits;
  #column = 3;
  #row = 3;

  constructor(home: HTMLElement, edits: Edits) {
    this.#edits = edits;
    const { figure } = this.#tile;
    figure.removeAttribute("aria-hidden");
    set(figure, {
      class: "tile editor",
      id: "editor",
      tabindex: 0,
      role: "application",
      "aria-label": "The digit, 8 by 8 pixels. Arrow keys move; Space inks or clears a pixel; 0 to 9 set its level.",
      "aria-describedby": "place",
    });
    const grid = svg("path", { class: "mesh", d: this.#meshOf() });
    figure.append(grid, this.#cursor);
    home.append(figure);
    this.#listenToPointer(figure);
    figure.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey || event.altKey) && this.#key(event.key)) event.preventDefault();
    });
  }

  #meshOf(): string {
    const places = Array.from({ length: SIDE - 1 }, (_, index) => index + 1);
    return places.map((at) => `M${at},0V${SIDE}M0,${at}H${SIDE}`).join("");
  }

  #listenToPointer(figure: SVGSVGElement): void {
    const paint = ({ clientX, clientY }: PointerEvent): void => {
      const { left, top, width, height } = figure.getBoundingClientRect();
      const place = [((clientX - left) / width) * SIDE, ((clientY - top) / height) * SIDE] as const;
      this.#edits.change(brushed(this.#edits.levels(), place, this.#edits.isErasing()));
      const inside = (at: number): number => Math.max(0, Math.min(SIDE - 1, Math.floor(at)));
      [this.#column, this.#row] = [inside(place[0]), inside(place[1])];
      this.#point();
    };
    figure.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      figure.setPointerCapture(event.pointerId);
      paint(event);
    });
    figure.addEventListener("pointermove", (event) => {
      if (figure.hasPointerCapture(event.pointerId)) paint(event);
    });
  }

  #key(key: string): boolean {
    const arrow = ARROWS[key];
    if (arrow !== undefined) {
      this.#column = Math.max(0, Math.min(SIDE - 1, this.#column + arrow[0]));
      this.#row = Math.max(0, Math.min(SIDE - 1, this.#row + arrow[1]));
      this.#point();
      return true;
    }
    const at = SIDE * this.#row + this.#column;
    const levels = this.#edits.levels();
    const isLevel = /^\d$/.test(key);
    if (key !== " " && !isLevel) return false;
    const level = isLevel ? Math.round((INK * Number(key)) / 9) : (levels[at] ?? 0) >= INK / 2 ? 0 : INK;
    this.#edits.change(levels.map((old, index) => (index === at ? level : old)));
    return true;
  }

  #point(): void {
    set(this.#cursor, { x: this.#column, y: this.#row });
    const level = this.#edits.levels()[SIDE * this.#row + this.#column] ?? 0;
    find("place", HTMLElement).textContent = `Row ${this.#row + 1}, column ${this.#column + 1}: ink ${level} of ${INK}`;
  }

  /** Shows the digit. */
  draw(levels: Levels): void {
    drawImage(this.#tile, toValues(levels));
    this.#point();
  }
}
