/**
 * The page's numbers, and what they mean.
 *
 * @module
 */
import { find } from "../shared/dom.ts";
import { counted, ends, number, percent, show } from "../shared/format.ts";
import { PRESETS, presetOf, type State } from "./state.ts";
import { FORMS, type Form, type Matrix, type Reading } from "./tasks.ts";

const output = (id: string): HTMLDataElement => find(id, HTMLDataElement);

function showForm(form: Form, { step }: State, reading: Reading): void {
  const run = reading[form];
  const estimate = step === 0 ? Number.NaN : (run.history[step - 1] ?? Number.NaN);
  show(output(`sigma-${form}`), estimate, step === 0 ? "–" : number(estimate, 5));
  const missing = 1 - estimate / reading.sigma;
  // Rounding alone is not worth a number.
  const words = missing < 1e-12 ? "all of it" : `misses ${percent(missing)}`;
  find(`missing-${form}`, HTMLElement).textContent = step === 0 || reading.sigma === 0 ? "" : words;
}

/** What the article's first product makes of all ones: W by the Gram form, Wᵀ by the alternating one. */
export function firstProduct(form: Form, [a, b, c, d]: Matrix): readonly [number, number] {
  return form === "gram" ? [a + b, c + d] : [a + c, b + d];
}

/** How both forms fare from all ones, where one of them fails. */
function lostStart({ start }: State, { matrix, alternating, gram }: Reading): string | undefined {
  if (start !== "ones" || !(alternating.restarted || gram.restarted)) return;
  const lost = FORMS.filter((form) => firstProduct(form, matrix).every((entry) => entry === 0));
  const product = lost.includes("alternating") ? "Wᵀ·1 = (0, 0)" : "WᵀW·1 = (0, 0)";
  return `${product}: it has no direction, and the article's next line divides it by its length, 0/0. The engine noticed and went on from a random vector (restarted: true).`;
}

function meaning({ sigma, radius }: Reading): string {
  if (sigma === 0) return "The zero matrix moves nothing: its norm is 0, and W/σ would be 0/0.";
  const gap = radius < sigma * (1 - 1e-6) ? ` Its largest eigenvalue, ${number(radius)}, would promise less.` : "";
  return `Moving the input by 1 moves the output by up to ${number(sigma, 5)}.${gap}`;
}

/** Writes the numbers of a reading at the state's step. */
export function showReadings(state: State, reading: Reading): void {
  for (const form of FORMS) showForm(form, state, reading);
  show(output("sigma"), reading.sigma, number(reading.sigma, 5));
  const [lower, upper] = ends(reading.lower, reading.upper);
  show(output("lower"), reading.lower, lower);
  show(output("upper"), reading.upper, upper);
  show(output("radius"), reading.radius, number(reading.radius, 5));
  show(output("frobenius"), reading.frobenius, number(reading.frobenius, 5));
  find("meaning", HTMLElement).textContent = meaning(reading);
  const warning = lostStart(state, reading);
  const look = find("look", HTMLElement);
  const preset = presetOf(state.matrix);
  look.textContent = warning ?? (preset === undefined ? "" : PRESETS[preset].look);
  look.classList.toggle("is-warning", warning !== undefined);
  look.hidden = look.textContent === "";
}

/** Writes which step is shown. */
export function showStep(step: number): void {
  find("step-name", HTMLElement).textContent = step === 0 ? "the start" : `after ${counted(step, "step")}`;
}
