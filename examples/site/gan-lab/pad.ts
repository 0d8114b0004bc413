/**
 * A pad to draw a distribution on, by pointer or by keys.
 *
 * @module
 */
import { find } from "../shared/dom.ts";
import { counted } from "../shared/format.ts";
import { type Cells, cellAt, LIMIT, MOONS, SIDE, stroke, withCell } from "./cells.ts";
import type { Colors } from "./colors.ts";
import { REACH } from "./places.ts";

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** Cells that an arrow key moves by with Shift. */
const LEAP = 8;
const MIDDLE = (SIDE * SIDE) / 2 + SIDE / 2;

/** The pad of the page. */
export class Pad {
  readonly #canvas = find("pad", HTMLCanvasElement);
  /** What has the focus: a canvas is nothing that readers take input for. */
  readonly #surface = find("pad-surface", HTMLElement);
  readonly #erase = find("pad-erase", HTMLButtonElement);
  readonly #words = find("pad-words", HTMLElement);
  readonly #changed: (cells: Cells) => void;
  #cells: Cells = [];
  #cursor = MIDDLE;
  #last: number | undefined;
  #isCursorSeen = false;
  #colors: Colors | undefined;

  /** @param changed Is told of a drawing when a stroke has ended. */
  constructor(changed: (cells: Cells) => void) {
    this.#changed = changed;
    this.#listenToPointer();
    this.#surface.tabIndex = 0;
    this.#surface.addEventListener("keydown", (event) => this.#key(event));
    for (const name of ["focus", "blur"] as const) {
      this.#surface.addEventListener(name, () => {
        this.#isCursorSeen = name === "focus" && this.#surface.matches(":focus-visible");
        this.#paint();
      });
    }
    this.#erase.addEventListener("click", () => {
      this.#erase.setAttribute("aria-pressed", String(!this.#isErasing));
    });
    find("pad-clear", HTMLButtonElement).addEventListener("click", () => this.#finish([]));
    find("pad-moons", HTMLButtonElement).addEventListener("click", () => this.#finish(MOONS));
  }

  get #isErasing(): boolean {
    return this.#erase.getAttribute("aria-pressed") === "true";
  }

  #listenToPointer(): void {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.#isCursorSeen = false;
      this.#last = undefined;
      this.#stroke(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) this.#stroke(event);
    });
    canvas.addEventListener("lostpointercapture", () => this.#finish(this.#cells));
  }

  #stroke({ clientX, clientY }: PointerEvent): void {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const plane = (share: number): number => (2 * share - 1) * REACH;
    const cell = cellAt(plane((clientX - left) / width), -plane((clientY - top) / height));
    if (cell === undefined) {
      this.#last = undefined;
      return;
    }
    for (const passed of stroke(this.#last ?? cell, cell)) {
      this.#cells = withCell(this.#cells, passed, !this.#isErasing);
    }
    [this.#last, this.#cursor] = [cell, cell];
    this.#paint();
  }

  #key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (arrow === undefined && event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    this.#isCursorSeen = true;
    if (arrow === undefined) {
      this.#finish(withCell(this.#cells, this.#cursor, !this.#cells.includes(this.#cursor)));
      return;
    }
    const far = event.shiftKey ? LEAP : 1;
    const moved = (place: number, by: number): number => Math.min(SIDE - 1, Math.max(0, place + far * by));
    this.#cursor = SIDE * moved(Math.floor(this.#cursor / SIDE), arrow[1]) + moved(this.#cursor % SIDE, arrow[0]);
    this.#paint();
  }

  #finish(cells: Cells): void {
    this.#cells = cells;
    this.#paint();
    this.#changed(cells);
  }

  #say(): void {
    const full = this.#cells.length >= LIMIT ? "; it is full" : "";
    const [column, row] = [(this.#cursor % SIDE) + 1, Math.floor(this.#cursor / SIDE) + 1];
    const cursor = this.#isCursorSeen ? ` The cursor is in column ${column}, row ${row} of ${SIDE}.` : "";
    this.#words.textContent =
      this.#cells.length === 0
        ? `Nothing is drawn yet: draw something to learn.${cursor}`
        : `${counted(this.#cells.length, "point")} drawn${full}.${cursor}`;
  }

  #paint(): void {
    const context = this.#canvas.getContext("2d");
    if (context === null || this.#colors === undefined) return;
    const { width } = this.#canvas;
    const cell = width / SIDE;
    const middle = (index: number): readonly [number, number] => [
      ((index % SIDE) + 0.5) * cell,
      (Math.floor(index / SIDE) + 0.5) * cell,
    ];
    context.clearRect(0, 0, width, width);
    context.fillStyle = this.#colors.ink;
    for (const drawn of this.#cells) {
      const [x, y] = middle(drawn);
      context.beginPath();
      context.arc(x, y, 0.62 * cell, 0, 2 * Math.PI);
      context.fill();
    }
    if (this.#isCursorSeen) {
      const [x, y] = middle(this.#cursor);
      context.strokeStyle = this.#colors.marks[0] ?? this.#colors.ink;
      context.lineWidth = 3;
      context.strokeRect(x - cell, y - cell, 2 * cell, 2 * cell);
    }
    this.#say();
  }

  /** Shows a drawing. */
  draw(cells: Cells, colors: Colors): void {
    [this.#cells, this.#colors] = [cells, colors];
    this.#paint();
  }
}
