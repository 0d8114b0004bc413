/**
 * The kernel as a grid of numbers, which are typed, stepped by arrow keys or dragged up and down.
 *
 * @module
 */
import { html, set } from "../shared/dom.ts";
import { shapeOf } from "./kernels.ts";
import { LARGEST, type State } from "./state.ts";

/** Pixels of a drag for each step of the field. */
const PIXELS = 5;
const STEP = 0.1;

/** A drag up or down changes the number; a press without one edits it as usual. */
function makeScrubbable(input: HTMLInputElement, change: (value: number) => void): void {
  let from: { readonly y: number; readonly value: number } | undefined;
  input.addEventListener("pointerdown", ({ clientY, button }) => {
    if (button === 0) from = { y: clientY, value: input.valueAsNumber };
  });
  input.addEventListener("pointermove", (event) => {
    if (from === undefined || event.buttons === 0) return;
    const steps = Math.trunc((from.y - event.clientY) / PIXELS);
    if (steps === 0 && !input.hasPointerCapture(event.pointerId)) return;
    input.setPointerCapture(event.pointerId);
    const value = Number((from.value + STEP * steps).toFixed(6));
    change(Math.max(-LARGEST, Math.min(LARGEST, value)));
  });
  const end = (): void => {
    from = undefined;
  };
  for (const name of ["pointerup", "pointercancel"]) input.addEventListener(name, end);
}

/** The editor of one filter at a time. */
export class Editor {
  readonly #home: HTMLElement;
  readonly #change: (index: number, value: number) => void;
  #inputs: HTMLInputElement[] = [];

  /** @param change Is told of entries of the filter shown. */
  constructor(home: HTMLElement, change: (index: number, value: number) => void) {
    this.#home = home;
    this.#change = change;
  }

  #build(side: number): void {
    this.#inputs = Array.from({ length: side * side }, (_, index) => {
      const input = html("input", {
        type: "number",
        step: "any",
        min: -LARGEST,
        max: LARGEST,
        "aria-label": `Row ${Math.floor(index / side) + 1}, column ${(index % side) + 1}`,
      });
      input.addEventListener("input", () => {
        const isRight = Number.isFinite(input.valueAsNumber) && input.validity.valid;
        input.setAttribute("aria-invalid", String(!isRight));
        if (isRight) this.#change(index, input.valueAsNumber);
      });
      input.addEventListener("keydown", (event) => this.#key(event, index, input));
      makeScrubbable(input, (value) => this.#change(index, value));
      return input;
    });
    this.#home.style.setProperty("--side", String(side));
    this.#home.replaceChildren(...this.#inputs);
  }

  /** With `step="any"`, which lets any number be valid, a browser's own arrow keys would step by 1. */
  #key(event: KeyboardEvent, index: number, input: HTMLInputElement): void {
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (direction === undefined || !Number.isFinite(input.valueAsNumber)) return;
    event.preventDefault();
    const value = input.valueAsNumber + direction * STEP * (event.shiftKey ? 10 : 1);
    this.#change(index, Number(Math.max(-LARGEST, Math.min(LARGEST, value)).toFixed(6)));
  }

  /** Shows the filter of a state. */
  draw({ kernel, filter }: State): void {
    const { side } = shapeOf(kernel);
    const cells = side * side;
    if (this.#inputs.length !== cells) this.#build(side);
    const entries = kernel.slice(filter * cells, (filter + 1) * cells);
    const largest = Math.max(...entries.map(Math.abs)) || 1;
    for (const [index, input] of this.#inputs.entries()) {
      const entry = entries[index] ?? 0;
      if (input !== document.activeElement || input.valueAsNumber !== entry) {
        input.value = String(Number(entry.toPrecision(4)));
        set(input, { "aria-invalid": "false", title: entry });
      }
      input.style.setProperty("--share", String(Math.abs(entry) / largest));
      input.classList.toggle("is-negative", entry < 0);
    }
  }
}
