// @ts-check
/**
 * Records as pictures, on light and on dark pages: medians over the seeds as lines, their range as a band.
 *
 * @module
 */
import { chosen } from "./claims.mjs";
import { crosses, lines, sheet } from "./drawing.mjs";
import { DATA, styleOf } from "./palette.mjs";
import { curveOf, scoresOf, timeOfStep } from "./quantities.mjs";
import { median } from "./rules.mjs";

/** @typedef {import("./records.mjs").Record} Record */
/** @typedef {import("./palette.mjs").Theme} Theme */
/** @typedef {import("./quantities.mjs").Point} Point */
/** @typedef {import("./drawing.mjs").Dot} Dot */

/**
 * Medians and ranges over the seeds of what a measurement gives, by step or by whatever `places` gives.
 *
 * @param {readonly Record[]} records Of one line.
 * @param {{ line: string, method: string }} name
 * @param {(point: Point) => readonly { x: number, y: number | undefined }[]} places
 * @returns {Dot[]}
 */
function summarize(records, name, places) {
  /** @type {Map<number, number[]>} */
  const found = new Map();
  for (const { x, y } of records.flatMap((record) => curveOf(record).flatMap(places))) {
    if (y !== undefined && Number.isFinite(y)) found.set(x, [...(found.get(x) ?? []), y]);
  }
  return [...found].map(([x, ys]) => ({ ...name, x, y: median(ys), low: Math.min(...ys), high: Math.max(...ys) }));
}

/**
 * A panel for each data set with a line for each method.
 *
 * @param {readonly Record[]} records
 * @param {readonly string[]} methods
 * @param {(point: Point) => readonly { x: number, y: number | undefined }[]} places
 * @param {(records: readonly Record[]) => number} [scale] What a line's x is multiplied by, from its records.
 * @returns {[string, Dot[]][]}
 */
function byData(records, methods, places, scale = () => 1) {
  const data = [...new Set(records.map(({ run }) => run.data))];
  return data.map((panel) => {
    const dots = methods.flatMap((method) => {
      const own = records.filter(({ run }) => run.data === panel && run.method === method);
      const factor = own.length > 0 ? scale(own) : 1;
      const line = summarize(own, { line: styleOf(method, "light").label, method }, places);
      return line.map((dot) => ({ ...dot, x: dot.x * factor }));
    });
    return [DATA[panel] ?? panel, dots];
  });
}

/**
 * The supervised models, each with the λ chosen for it.
 *
 * @param {readonly Record[]} records
 */
function classifiers(records) {
  const methods = [...new Set(records.filter(({ run }) => run.task === "supervised").map(({ run }) => run.method))];
  return methods.map((method) => {
    const scores = chosen(records, method).map(scoresOf);
    const [clean, attacked] = [scores.map((one) => 100 * one.clean), scores.map((one) => 100 * one.attacked)];
    return {
      label: styleOf(method, "light").label,
      method,
      ...{ x: median(clean), left: Math.min(...clean), right: Math.max(...clean) },
      ...{ y: median(attacked), low: Math.min(...attacked), high: Math.max(...attacked) },
    };
  });
}

const MAIN = [
  "none",
  "weightClipping",
  "gradientPenalty",
  "oneSidedPenalty",
  "spectralArticle",
  "spectralTorch",
  "spectralConstraint",
  "spectralCertified",
];
const SPECTRAL = ["spectralArticle", "spectralTorch", "spectralConstraint", "spectralCertified"];

/**
 * What there is to draw: a name, a title and panels. A figure without records is left out.
 *
 * @param {readonly Record[]} records
 * @returns {{ name: string, title: string, axes: { x: string, y: string, ordinal?: boolean, linear?: boolean }, panels: [string, Dot[]][] }[]}
 */
function plans(records) {
  const shallow = records.filter(({ run }) => run.claims.includes(1));
  const deep = records.filter(({ run }) => run.claims.includes(4));
  const generators = records.filter(({ run }) => run.task === "conditional");
  const at = (/** @type {(point: Point) => number | undefined} */ read) => (/** @type {Point} */ point) => [
    { x: point.step, y: read(point) },
  ];
  const byClasses = [2, 10].flatMap((classes) => {
    const own = generators.filter(({ run }) => run.options["classes"] === classes);
    const methods = [...new Set(own.map(({ run }) => run.method))];
    return byData(
      own,
      methods,
      at(({ distance }) => distance),
    ).map(([, dots]) => /** @type {[string, Dot[]]} */ ([`digits, ${classes} classes`, dots]));
  });
  const steps = "steps of the generator";
  const all = [
    {
      name: "distance",
      title: "Distance of generated samples by step",
      axes: { x: steps, y: "sliced W₁" },
      panels: byData(
        shallow,
        MAIN,
        at(({ distance }) => distance),
      ),
    },
    {
      name: "time",
      title: "Distance of generated samples by time of the processor",
      axes: { x: "seconds", y: "sliced W₁" },
      panels: byData(
        shallow,
        MAIN,
        at(({ distance }) => distance),
        (own) => median(own.map(timeOfStep)) / 1000,
      ),
    },
    {
      name: "modes",
      title: "Modes covered by step",
      axes: { x: steps, y: "modes", linear: true },
      panels: byData(
        shallow.filter(({ run }) => run.data.endsWith("Gaussians")),
        MAIN,
        at(({ covered }) => covered),
      ),
    },
    {
      name: "lipschitz-above",
      title: "The critic's certified Lipschitz constant by step",
      axes: { x: steps, y: "constant, certified" },
      panels: byData(
        shallow,
        MAIN,
        at(({ upper }) => upper),
      ),
    },
    {
      name: "lipschitz-below",
      title: "The critic's steepest slope found by step",
      axes: { x: steps, y: "constant, from below" },
      panels: byData(
        shallow,
        MAIN,
        at(({ lower }) => lower),
      ),
    },
    {
      name: "angle",
      title: "Angle of the gradient to the true one by step",
      axes: { x: steps, y: "degrees", linear: true },
      panels: byData(
        shallow,
        SPECTRAL,
        at(({ angle }) => angle),
      ),
    },
    {
      name: "layers",
      title: "Gradients by layer of a deep critic",
      axes: { x: "layer", y: "gradient norm", ordinal: true },
      panels: byData(deep, ["none", "weightClipping", "gradientPenalty", "spectralTorch"], ({ step, norms = [] }) =>
        step === 0 ? [] : norms.map((y, index) => ({ x: index + 1, y })),
      ),
    },
    {
      name: "conditional",
      title: "Distance within classes by step",
      axes: { x: steps, y: "sliced W₁ in a class" },
      panels: byClasses,
    },
  ];
  return all
    .map((plan) => ({ ...plan, panels: plan.panels.filter(([, dots]) => dots.length > 0) }))
    .filter(({ panels }) => panels.length > 0);
}

/**
 * Every figure in both themes.
 *
 * @param {readonly Record[]} records
 * @returns {{ name: string, title: string, files: { [name: string]: string } }[]} The text of each file by its name.
 */
export function drawFigures(records) {
  const both = (
    /** @type {string} */ name,
    /** @type {string} */ title,
    /** @type {(theme: Theme) => string} */ draw,
  ) => ({
    name,
    title,
    files: { [`${name}-light.svg`]: draw("light"), [`${name}-dark.svg`]: draw("dark") },
  });
  const curves = plans(records).map(({ name, title, axes, panels }) =>
    both(name, title, (theme) =>
      sheet(title, theme, (document) =>
        panels.map(([panel, dots]) => lines(dots, { ...axes, title: panel }, theme, document)),
      ),
    ),
  );
  const dots = classifiers(records);
  if (dots.length === 0) return curves;
  const title = "Accuracy of classifiers under attack against clean";
  const axes = { title: "Digits", x: "% right on clean images", y: "% right under attack" };
  const draw = (/** @type {Theme} */ theme) =>
    sheet(title, theme, (document) => [crosses(dots, axes, theme, document)]);
  return [...curves, both("supervised", title, draw)];
}
