/**
 * The controls: what is audited how, and which rows are shown.
 *
 * @module
 */
import { presets, radios } from "../shared/controls.ts";
import { find, html } from "../shared/dom.ts";
import { powerOfTen } from "../shared/format.ts";
import { EXAMPLES, type ExampleName } from "./examples.ts";
import { AXES, INTERVALS, KINDS, type LayersFile, type State, TOLERANCES, VALUES } from "./state.ts";
import type { Column } from "./tasks.ts";

/** Changes a part of the state. */
export type Change = (part: Partial<State>) => void;

const AXIS_LABELS = { "0": "0, PyTorch", "1": "1, transposed", last: "last, Keras" } as const;
const INTERVAL_LABELS = { none: "none", auto: "where quick", rigorous: "all rigorous" } as const;

/** `1e-6` as it is set. */
const toleranceText = (tolerance: State["tolerance"]): string => powerOfTen(Number(tolerance.slice(2)));

/** A number that may be missing: an empty field is none, and what is no number is marked and not passed on. */
function optionalField(id: string, onChange: (value: number | undefined) => void): (value: number | undefined) => void {
  const input = find(id, HTMLInputElement);
  input.addEventListener("input", () => {
    input.setAttribute("aria-invalid", String(!input.validity.valid));
    if (input.validity.valid) onChange(input.value === "" ? undefined : input.valueAsNumber);
  });
  return (value) => {
    // Not under the fingers of whoever types: "0." on the way to a number would be lost.
    if (input !== document.activeElement) input.value = value === undefined ? "" : String(value);
  };
}

/** The options of the audit; returns what shows them. */
export function settingControls(change: Change): (state: State) => void {
  const setAxis = radios(
    "axis",
    AXES.map((axis) => [axis, AXIS_LABELS[axis]] as const),
    (axis) => change({ axis }),
  );
  const setIntervals = radios(
    "intervals",
    INTERVALS.map((intervals) => [intervals, INTERVAL_LABELS[intervals]] as const),
    (intervals) => change({ intervals }),
  );
  const setValues = radios(
    "values",
    VALUES.map((values) => [values, values] as const),
    (values) => change({ values }),
  );
  const setTolerance = radios(
    "tolerance",
    TOLERANCES.map((tolerance) => [tolerance, toleranceText(tolerance)] as const),
    (tolerance) => change({ tolerance }),
  );
  const setAlpha = optionalField("alpha", (alpha) => change({ alpha }));
  return ({ axis, intervals, values, tolerance, alpha }) => {
    setAxis(axis);
    setIntervals(intervals);
    setValues(values);
    setTolerance(tolerance);
    setAlpha(alpha);
    const words = [
      `axis ${axis}`,
      intervals === "none" ? "norms alone" : `intervals ${INTERVAL_LABELS[intervals]}`,
      `to ${toleranceText(tolerance)}`,
    ];
    find("options-words", HTMLElement).textContent = words.join(", ");
  };
}

/** The buttons of the examples; returns what marks the one that is shown. */
export function exampleButtons(pick: (name: ExampleName) => void): (current: ExampleName | undefined) => void {
  return presets(
    "examples",
    EXAMPLES.map(({ name, label }) => [name, label] as const),
    pick,
  );
}

/** The file of layers; returns what names the one in use, and offers to remove one that was given. */
export function layersControl(
  give: (layers: LayersFile | undefined) => void,
): (name: string | undefined, isGiven: boolean) => void {
  const input = find("layers", HTMLInputElement);
  const remove = find("no-layers", HTMLButtonElement);
  input.addEventListener("change", async () => {
    const [file] = input.files ?? [];
    if (file !== undefined) give({ name: file.name, text: await file.text() });
    // So that the same file can be picked again after it was edited.
    input.value = "";
  });
  remove.addEventListener("click", () => give(undefined));
  return (name, isGiven) => {
    find("layers-name", HTMLElement).textContent = name ?? "not told";
    remove.hidden = !isGiven;
  };
}

const KIND_LABELS = {
  all: "every kind",
  matrix: "matrices",
  kernel: "kernels",
  normalized: "normalized",
  adapter: "LoRA products",
} as const;

/** Which rows are shown; returns what shows the filter. */
export function filterControls(change: Change): (state: State) => void {
  const search = find("search", HTMLInputElement);
  const kind = find("kind", HTMLSelectElement);
  const problems = find("problems", HTMLInputElement);
  kind.append(...KINDS.map((each) => html("option", { value: each }, KIND_LABELS[each])));
  search.addEventListener("input", () => change({ search: search.value }));
  kind.addEventListener("change", () => change({ kind: KINDS.find((each) => each === kind.value) ?? "all" }));
  problems.addEventListener("change", () => change({ only: problems.checked ? "problems" : "everything" }));
  const setAbove = optionalField("above", (above) => change({ above }));
  return (state) => {
    if (search !== document.activeElement) search.value = state.search;
    kind.value = state.kind;
    problems.checked = state.only === "problems";
    setAbove(state.above);
  };
}

/** A box for each column; returns what offers those there are, and checks the chosen. */
export function columnControls(
  toggle: (key: string) => void,
): (columns: readonly Column[], chosen: readonly string[]) => void {
  const place = find("columns", HTMLElement);
  let offered = "";
  return (columns, chosen) => {
    const signature = columns.map(({ key }) => key).join();
    if (signature !== offered) {
      offered = signature;
      place.replaceChildren(...columns.map((column) => boxOf(column, toggle)));
    }
    for (const box of place.querySelectorAll("input")) box.checked = chosen.includes(box.value);
  };
}

function boxOf({ key, head, meaning }: Column, toggle: (key: string) => void): HTMLElement {
  const box = html("input", { type: "checkbox", value: key });
  box.addEventListener("change", () => toggle(key));
  return html("label", { class: "check", title: meaning }, box, ` ${head}`);
}
