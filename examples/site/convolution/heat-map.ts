/**
 * The frequency response as a heat map, in which a frequency can be pointed at.
 *
 * @module
 */
import { find, html, set, svg } from "../shared/dom.ts";
import { number, show } from "../shared/format.ts";
import { GRADIENT, PALETTE } from "./colors.ts";
import type { Kernel } from "./kernels.ts";
import { type Frequency, gainAt, type Response, respond } from "./response.ts";

/** Frequencies a side; odd, so that 0 is one of them. */
const COUNT = 257;
/** Of the overlay's coordinates. */
const SIDE = 400;
const STEP = Math.PI / 16;

function paint(canvas: HTMLCanvasElement, { gains, most, count }: Response): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const pixels = context.createImageData(count, count);
  const colors = new Uint32Array(pixels.data.buffer);
  const scale = most === 0 ? 0 : 255 / most;
  for (let row = 0; row < count; row++) {
    // The vertical frequency grows upward, the image's rows downward.
    const from = (count - 1 - row) * count;
    for (let column = 0; column < count; column++) {
      colors[row * count + column] = PALETTE[Math.round(scale * (gains[from + column] ?? 0))] ?? 0;
    }
  }
  context.putImageData(pixels, 0, 0);
}

const place = (value: number): number => (value / Math.PI + 1) * (SIDE / 2);

/** π/4 and so on, where it is that. */
function angle(value: number): string {
  const quarters = (4 * value) / Math.PI;
  if (Math.abs(quarters - Math.round(quarters)) > 1e-9) return number(value, 3);
  const words = ["0", "π/4", "π/2", "3π/4", "π"][Math.abs(Math.round(quarters))] ?? number(value, 3);
  return quarters < 0 ? `−${words}` : words;
}

/** The wave of a frequency on 24 × 24 pixels, as the layer's input sees it. */
function paintWave(canvas: HTMLCanvasElement, [vertical, horizontal]: Frequency): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas;
  const pixels = context.createImageData(width, height);
  for (let index = 0; index < width * height; index++) {
    const [row, column] = [Math.floor(index / width), index % width];
    const gray = 127.5 + 110 * Math.cos(vertical * row + horizontal * column);
    pixels.data.set([gray, gray, gray, 255], 4 * index);
  }
  context.putImageData(pixels, 0, 0);
}

/** The heat map of the page. */
export class HeatMap {
  readonly canvas: HTMLCanvasElement = html("canvas", { width: COUNT, height: COUNT, class: "heat" });
  readonly #overlay = svg("svg", {
    class: "overlay",
    viewBox: `0 0 ${SIDE} ${SIDE}`,
    tabindex: 0,
    role: "slider",
    "aria-label": "Frequency; arrow keys move it, Home goes to the largest gain",
  });
  readonly #cursor = svg("g", { class: "cursor" });
  readonly #wave = find("wave", HTMLCanvasElement);
  #kernel: Kernel = [];
  #dilation = 1;
  #response: Response | undefined;
  /** `undefined` follows the largest gain. */
  #chosen: Frequency | undefined;

  constructor(home: HTMLElement) {
    this.#cursor.append(
      svg("circle", { class: "halo", r: 10 }),
      svg("circle", { class: "ring", r: 10 }),
      svg("circle", { class: "point", r: 1.5 }),
    );
    this.#overlay.append(this.#cursor);
    home.append(this.canvas, this.#overlay);
    find("scale", HTMLElement).style.background = GRADIENT;
    this.#listen();
  }

  #listen(): void {
    const point = ({ clientX, clientY }: PointerEvent): void => {
      const { left, top, width, height } = this.#overlay.getBoundingClientRect();
      const toFrequency = (share: number): number => Math.max(-1, Math.min(1, 2 * share - 1)) * Math.PI;
      this.#choose([-toFrequency((clientY - top) / height), toFrequency((clientX - left) / width)]);
    };
    this.#overlay.addEventListener("pointerdown", (event) => {
      this.#overlay.setPointerCapture(event.pointerId);
      point(event);
    });
    this.#overlay.addEventListener("pointermove", (event) => {
      if (this.#overlay.hasPointerCapture(event.pointerId)) point(event);
    });
    this.#overlay.addEventListener("keydown", (event) => {
      if (this.#key(event.key)) event.preventDefault();
    });
    find("to-most", HTMLButtonElement).addEventListener("click", () => this.#choose(undefined));
  }

  #key(key: string): boolean {
    const [vertical, horizontal] = this.#frequency();
    const wrapped = (value: number): number => Math.max(-Math.PI, Math.min(Math.PI, Math.round(value / STEP) * STEP));
    const moves: Readonly<Record<string, Frequency | undefined>> = {
      ArrowUp: [wrapped(vertical + STEP), horizontal],
      ArrowDown: [wrapped(vertical - STEP), horizontal],
      ArrowLeft: [vertical, wrapped(horizontal - STEP)],
      ArrowRight: [vertical, wrapped(horizontal + STEP)],
      Home: undefined,
    };
    if (!(key in moves)) return false;
    this.#choose(moves[key]);
    return true;
  }

  #frequency(): Frequency {
    return this.#chosen ?? this.#response?.where ?? [0, 0];
  }

  #choose(frequency: Frequency | undefined): void {
    this.#chosen = frequency;
    this.#point();
  }

  #point(): void {
    const frequency = this.#frequency();
    const [vertical, horizontal] = frequency;
    for (const circle of this.#cursor.children) set(circle, { cx: place(horizontal), cy: SIDE - place(vertical) });
    const gain = gainAt(this.#kernel, this.#dilation, frequency);
    const words = `vertical ${angle(vertical)}, horizontal ${angle(horizontal)}`;
    show(find("gain", HTMLDataElement), gain);
    find("frequency", HTMLElement).textContent = words;
    set(this.#overlay, { "aria-valuenow": gain, "aria-valuetext": `gain ${number(gain)} at ${words}` });
    paintWave(this.#wave, frequency);
  }

  /** Draws the response of a kernel. */
  draw(kernel: Kernel, dilation: number): void {
    if (kernel !== this.#kernel || dilation !== this.#dilation) {
      this.#kernel = kernel;
      this.#dilation = dilation;
      this.#response = respond(kernel, dilation, COUNT);
      paint(this.canvas, this.#response);
      show(find("most", HTMLDataElement), this.#response.most);
    }
    this.#point();
  }
}
