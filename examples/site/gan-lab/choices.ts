/**
 * The page's controls, and how they show a state.
 *
 * @module
 */
import { numberField, radios, slider } from "../shared/controls.ts";
import { find, html } from "../shared/dom.ts";
import { FEWEST, METHOD_NAMES, METHODS, type MethodName, MOST, toggled } from "./methods.ts";
import {
  DATA,
  DATA_NAMES,
  FIELDS,
  type Field,
  LAYER_NAMES,
  LAYERS,
  type Layer,
  NUMBER_NAMES,
  NUMBERS,
  type NumberName,
  noiseFor,
  PACES,
  type State,
} from "./state.ts";

type Change = (part: Partial<State>) => void;
type Show = (state: State) => void;

function checkbox(label: string, title: string, onChange: () => void): HTMLInputElement {
  const input = html("input", { type: "checkbox" });
  input.addEventListener("change", onChange);
  html("label", { title }, input, html("span", {}, label));
  return input;
}

/** The methods, of which no fewer than two and no more than four can be chosen. */
function methodBoxes(current: () => State, change: Change): Show {
  const boxes = new Map<MethodName, HTMLInputElement>();
  for (const name of METHOD_NAMES) {
    const { label, does } = METHODS[name];
    const input = checkbox(label, does, () => change({ methods: toggled(current().methods, name) }));
    input.value = name;
    boxes.set(name, input);
    find("methods", HTMLElement).append(input.parentElement ?? input);
  }
  return ({ methods }) => {
    const count = methods.filter((name) => name !== undefined).length;
    for (const [name, input] of boxes) {
      const place = methods.indexOf(name);
      input.checked = place >= 0;
      input.disabled = place >= 0 ? count <= FEWEST : count >= MOST;
      input.parentElement?.setAttribute("class", place >= 0 ? `slot-${place}` : "");
    }
  };
}

function layerBoxes(current: () => State, change: Change): Show {
  const boxes = new Map<Layer, HTMLInputElement>();
  for (const name of LAYER_NAMES) {
    const input = checkbox(LAYERS[name], "", () => {
      const { layers } = current();
      change({ layers: layers.includes(name) ? layers.filter((other) => other !== name) : [...layers, name] });
    });
    input.value = name;
    boxes.set(name, input);
    find("layers", HTMLElement).append(input.parentElement ?? input);
  }
  return ({ layers }) => {
    for (const [name, input] of boxes) input.checked = layers.includes(name);
  };
}

/** Learning rates are typed as people write them; what is out of range is marked. */
function numberFields(change: Change): Show {
  const setters = new Map<NumberName, (value: number) => void>();
  for (const name of NUMBER_NAMES) {
    const { label, least, most, step } = NUMBERS[name];
    const input = html("input", { type: "number", id: name, min: least, max: most, step: step === "any" ? step : 1 });
    // Any whole number is right, but arrow keys go in useful steps.
    if (step !== "any" && step > 1) {
      input.addEventListener("keydown", (event) => {
        const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
        if (direction === undefined || !Number.isFinite(input.valueAsNumber)) return;
        event.preventDefault();
        const next = Math.round(input.valueAsNumber / step + direction) * step;
        change({ [name]: Math.min(most, Math.max(least, next)) });
      });
    }
    setters.set(
      name,
      numberField(input, (value) => change({ [name]: value })),
    );
    find("numbers", HTMLElement).append(
      html("label", { class: "field" }, html("span", { class: "name" }, label), input),
    );
  }
  return (state) => {
    for (const [name, set] of setters) set(state[name]);
  };
}

function pace(change: Change): Show {
  const set = slider(find("pace", HTMLInputElement), (value) => change({ pace: value }));
  return ({ pace: chosen }) => {
    set(chosen);
    const most = PACES[chosen] ?? Number.POSITIVE_INFINITY;
    const words = Number.isFinite(most) ? `${most} step${most === 1 ? "" : "s"} a second` : "full speed";
    find("pace-name", HTMLElement).textContent = words;
    find("pace", HTMLInputElement).setAttribute("aria-valuetext", words);
  };
}

/** Puts the controls into the page; returns what shows a state. */
export function controls(current: () => State, change: Change): Show {
  const setData = radios(
    "data",
    DATA_NAMES.map((name) => [name, DATA[name]] as const),
    (data) => change({ data, noise: noiseFor(data) }),
  );
  const setField = radios(
    "field",
    (Object.keys(FIELDS) as Field[]).map((name) => [name, FIELDS[name]] as const),
    (field) => change({ field }),
  );
  const setAxis = radios("axis", [["steps", "by step"] as const, ["time", "by time"] as const], (axis) =>
    change({ axis }),
  );
  const shows = [methodBoxes(current, change), layerBoxes(current, change), numberFields(change), pace(change)];
  return (state) => {
    setData(state.data);
    setField(state.field);
    setAxis(state.axis);
    for (const show of shows) show(state);
    find("pad-panel", HTMLElement).hidden = state.data !== "own";
    find("layer-panel", HTMLElement).hidden = state.data === "digits";
    find("field-key", HTMLElement).dataset["field"] = state.data === "digits" ? "digits" : state.field;
  };
}
