/**
 * One method: what it has learned, painted, and its numbers.
 *
 * @module
 */
import { html, oneAFrame } from "../shared/dom.ts";
import { offerPng } from "../shared/download.ts";
import { number, show } from "../shared/format.ts";
import type { Colors } from "./colors.ts";
import { METHODS } from "./methods.ts";
import type { Painter } from "./painter.ts";
import type { Measured } from "./protocol.ts";
import type { Run } from "./session.ts";
import type { State } from "./state.ts";
import { constantWords, meaningOf, modesWords, troubleWords } from "./words.ts";

const datum = (name: string): HTMLDataElement => html("data", { class: name });

/** Where a run is shown. */
export class Panel {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement = html("canvas", { role: "img" });
  readonly #place: number;
  readonly #title = html("h3");
  readonly #status = html("span", { class: "status" });
  readonly #trouble = html("p", { class: "verdict is-warning trouble", role: "alert" });
  readonly #distance = datum("distance");
  readonly #lower = datum("lower");
  readonly #upper = datum("upper");
  readonly #interval = html("span", { class: "interval" });
  readonly #meaning = html("p", { class: "hint meaning" });
  readonly #modes = html("span", { class: "modes" });
  readonly #pace = datum("pace");
  #painted: unknown[] = [];
  readonly #brush: ReturnType<Painter["brush"]>;
  #side = 0;

  constructor(place: number, painter: Painter) {
    this.#place = place;
    this.#brush = painter.brush(this.canvas);
    const save = html("button", { type: "button", class: "quiet save" }, "Save PNG");
    this.element = html(
      "section",
      { class: `run slot-${place}`, "data-place": place },
      this.#title,
      this.canvas,
      this.#trouble,
      this.#readings(),
      this.#meaning,
      save,
    );
    offerPng(save, this.canvas, `gan-lab-${place + 1}.png`);
    new ResizeObserver(() => this.#fit()).observe(this.canvas);
  }

  #readings(): HTMLElement {
    const row = (name: string, ...values: readonly (Node | string)[]): Node =>
      html("div", {}, html("dt", {}, name), html("dd", {}, ...values));
    this.#lower.hidden = true;
    this.#upper.hidden = true;
    return html(
      "dl",
      {},
      row("Step", this.#status),
      row("Distance", this.#distance, this.#modes),
      row("Lipschitz constant", this.#interval, this.#lower, this.#upper),
      row("A step takes", this.#pace),
    );
  }

  /** A pixel of the canvas for each of the screen. */
  #fit(): void {
    const side = Math.round(this.canvas.clientWidth * Math.min(2, devicePixelRatio));
    if (side === 0 || side === this.#side) return;
    this.#side = side;
    this.#repaint();
  }

  #repaint: () => void = () => {};
  #show: () => void = () => {};
  readonly #drawSoon = oneAFrame(() => this.#show());
  /** Whether a picture is being painted, for which the words wait: they are about the same step. */
  #isPainting = false;

  /** Shows a run soon, as the state wants it. What has not changed is not painted again. */
  draw(run: Run, state: State, colors: Colors): void {
    this.#show = () => {
      const now = [run.snapshot, run.real, state.field, state.layers, colors];
      this.#repaint = () => this.#paint(run, state, colors);
      if (now.some((part, index) => part !== this.#painted[index])) this.#repaint();
      this.#painted = now;
      this.#say = () => this.#write(run);
      if (!this.#isPainting) this.#say();
    };
    this.#drawSoon();
  }

  #say: () => void = () => {};

  #paint({ snapshot, real, dimensions }: Run, { field, layers }: State, colors: Colors): void {
    if (this.#side === 0) return;
    const look = { field, layers };
    this.#isPainting = true;
    this.#brush({ side: this.#side, place: this.#place, dimensions, snapshot, real, look, colors }, () => {
      this.#isPainting = false;
      this.#say();
    });
  }

  #write({ method, status, snapshot, history, trouble, dimensions }: Run): void {
    const { label, does } = METHODS[method];
    if (this.#title.textContent !== label) {
      this.#title.replaceChildren(html("span", { class: "swatch" }, label));
      this.#title.title = does;
    }
    const what = dimensions === 2 ? "Real and generated points" : "Generated and real digits";
    this.canvas.setAttribute("aria-label", `${what} by ${label}`);
    const words = status === "failed" ? " (stopped)" : "";
    const isDrawn = snapshot !== undefined || status === "failed";
    this.#status.textContent = isDrawn ? `${snapshot?.step ?? 0}${words}` : "starting…";
    this.element.classList.toggle("is-failed", status === "failed");
    this.#trouble.hidden = trouble === undefined;
    this.#trouble.textContent = trouble === undefined ? "" : troubleWords(trouble);
    const last = history.at(-1);
    if (last !== undefined) this.#writeNumbers(last);
  }

  #writeNumbers(last: Measured): void {
    const { distance, lower, upper, milliseconds } = last;
    show(this.#distance, distance, number(distance, 3));
    show(this.#lower, lower);
    show(this.#upper, upper);
    this.#interval.textContent = constantWords(last);
    this.#meaning.textContent = meaningOf(last);
    this.#modes.textContent = modesWords(last);
    show(this.#pace, milliseconds, Number.isNaN(milliseconds) ? "–" : `${number(milliseconds, 2)} ms`);
  }
}
