/**
 * The panel of one model.
 *
 * @module
 */
import { html } from "../shared/dom.ts";
import { number, show } from "../shared/format.ts";
import { Bars } from "./bars.ts";
import type { Progress } from "./contestant.ts";
import { Gauge } from "./gauge.ts";
import { type Model, NAMES } from "./models.ts";
import type { Answer } from "./tasks.ts";
import { drawChange, drawImage, tile } from "./tiles.ts";
import { accuracyOf, promiseOf, roundedDown, troubleOf, verdictOf } from "./words.ts";

/** A row of the table: its heading, what it means, its number. */
function row(title: string, meaning: string, value: HTMLElement): HTMLTableRowElement {
  return html("tr", {}, html("th", { scope: "row" }, title, html("small", {}, meaning)), html("td", {}, value));
}

/** The panel, to be put into the page. */
export class Card {
  readonly panel: HTMLElement;
  readonly #image = tile("The digit after the change");
  readonly #change = tile("The change: ink added and taken away");
  readonly #bars = new Bars();
  readonly #gauge = new Gauge();
  readonly #answer: HTMLElement;
  readonly #verdict: HTMLElement;
  readonly #promise: HTMLElement;
  readonly #trouble: HTMLElement;
  readonly #numbers: Readonly<Record<"radius" | "size" | "found" | "lead" | "upper" | "accuracy", HTMLDataElement>>;

  constructor(model: Model) {
    const { title, about } = NAMES[model];
    const data = (name: string): HTMLDataElement => html("data", { id: `${name}-${model}` });
    this.#answer = html("p", { class: "answer", id: `answer-${model}` });
    this.#verdict = html("p", { class: "verdict", id: `verdict-${model}` });
    this.#promise = html("p", { class: "promise", id: `promise-${model}` });
    this.#trouble = html("p", { class: "trouble", id: `trouble-${model}`, role: "status", hidden: "" });
    this.#numbers = {
      radius: data("radius"),
      found: data("found"),
      size: data("size"),
      lead: data("lead"),
      upper: data("upper"),
      accuracy: data("accuracy"),
    };
    const heading = html("h2", { id: `title-${model}`, class: "swatch" }, title);
    this.panel = html(
      "section",
      { class: `panel model ${model}-model`, "aria-labelledby": `title-${model}` },
      html("div", { class: "heading" }, heading, html("p", { class: "about" }, about)),
      this.#trouble,
      html("div", { class: "sight" }, this.#image.figure, this.#change.figure, this.#answer),
      this.#bars.figure,
      this.#verdict,
      this.#gauge.figure,
      this.#promise,
      this.#table(),
    );
  }

  #table(): HTMLTableElement {
    const { radius, size, found, lead, upper, accuracy } = this.#numbers;
    const body = html(
      "tbody",
      {},
      row("This change", "its length", size),
      row("Certified radius", "lead / (√2 · L)", radius),
      row("Shortest found", "that alters it, by attack", found),
      row("Lead", "of the answer’s score", lead),
      row("L, certified", "Lipschitz constant", upper),
      row("Accuracy", "on 500 digits unseen", accuracy),
    );
    return html("table", { class: "readings" }, body);
  }

  /** Shows what a model answers; `original` is the image before the change. */
  showAnswer(answer: Answer, original: Float32Array): void {
    const { before, after, radius, size, found, lead, scores } = answer;
    drawImage(this.#image, answer.image);
    drawChange(this.#change, answer.image, original);
    this.#bars.draw(...scores);
    this.#gauge.draw(answer);
    const isChanged = before !== after;
    const words = isChanged ? [`${before} → `, html("strong", {}, String(after))] : [html("strong", {}, String(after))];
    this.#answer.replaceChildren(...words, html("small", {}, isChanged ? "changed" : size > 0 ? "unchanged" : ""));
    this.#verdict.textContent = verdictOf(answer);
    this.#verdict.classList.toggle("is-inside", size > 0 && size < radius);
    this.#verdict.classList.toggle("is-warning", isChanged);
    this.#promise.textContent = promiseOf(answer);
    show(this.#numbers.radius, radius, roundedDown(radius));
    show(this.#numbers.size, size, number(size, 3));
    show(this.#numbers.lead, lead, number(lead, 3));
    show(this.#numbers.found, found ?? Number.NaN, found === undefined ? "…" : number(found, 3));
    show(this.#numbers.upper, answer.upper, number(answer.upper, 3));
  }

  /** Shows how far the model has come. */
  showProgress(progress: Progress): void {
    show(this.#numbers.accuracy, progress.accuracy, accuracyOf(progress));
    const trouble = troubleOf(progress);
    this.#trouble.hidden = trouble === undefined;
    this.#trouble.textContent = trouble ?? "";
  }
}
