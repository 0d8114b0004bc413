/**
 * What a row opens to: all that is known of a weight.
 *
 * @module
 */
import { html } from "../shared/dom.ts";
import { type Item, problemsOf } from "./rows.ts";
import type { Column, Measured } from "./tasks.ts";
import { visible } from "./words.ts";

/** Numbers in full, as they can be copied. */
function factsOf({ cells }: Measured, columns: readonly Column[]): HTMLElement {
  const facts = columns.flatMap(({ key, head, meaning }, index) => {
    const cell = cells[index];
    if (cell === undefined || cell.value === null || key === "error" || key === "note") return [];
    const isExact = typeof cell.value === "number";
    const shown = isExact
      ? html("data", { value: String(cell.value), "data-key": key }, String(cell.value))
      : html("span", { "data-key": key }, visible(key === "singular_values" ? String(cell.value) : cell.text));
    return [html("div", {}, html("dt", {}, head, html("small", {}, meaning)), html("dd", {}, shown))];
  });
  return html("dl", { class: "facts" }, ...facts);
}

function adapterOf({ row: { adapter } }: Measured): string | undefined {
  if (adapter === null) return undefined;
  const scale =
    adapter.scale === null
      ? "s is not known, for the file has no α: these are the numbers of B·A"
      : `s = α/rank = ${adapter.scale}`;
  return `The product s·B·A of a LoRA pair of rank ${adapter.rank}; ${scale}. A is ${visible(adapter.down)}, B is ${visible(adapter.up)}.`;
}

function layerOf({ row: { operator } }: Measured): string | undefined {
  if (operator === null) return undefined;
  return operator.layer === null
    ? "As run: a bracket that holds for any stride, dilation, groups and transposition, if padding is by zeros or circular. A layers file gives the norm itself."
    : `As run, with ${visible(JSON.stringify(operator.layer))}.`;
}

/** The content of an opened row. */
export function detailsOf({ job, measured }: Item, columns: readonly Column[]): HTMLElement {
  const name = html("p", { class: "full-name" }, html("bdi", {}, visible(job.name)));
  if (measured === undefined) return html("div", { class: "details" }, name, html("p", {}, "Not measured yet."));
  const problems = problemsOf(measured.row).map(({ text, isGrave }) =>
    html("p", { class: isGrave ? "problem is-grave" : "problem" }, visible(text)),
  );
  const remarks = [adapterOf(measured), layerOf(measured)].filter((text) => text !== undefined);
  return html(
    "div",
    { class: "details" },
    name,
    ...problems,
    factsOf(measured, columns),
    ...remarks.map((text) => html("p", { class: "hint" }, text)),
  );
}
