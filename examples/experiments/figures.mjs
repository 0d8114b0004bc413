// @ts-check
/**
 * Records as pictures, on light and on dark pages: medians over the seeds as lines, their range as a band.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { chosen } from "./claims.mjs";
import { DATA, styleOf, THEMES } from "./palette.mjs";
import { curveOf, scoresOf } from "./quantities.mjs";
import { median } from "./rules.mjs";

/** @typedef {import("./records.mjs").Record} Record */
/** @typedef {import("./palette.mjs").Theme} Theme */
/** @typedef {import("./quantities.mjs").Point} Point */
/** @typedef {{ panel: string, line: string, method: string, x: number, y: number, low: number, high: number }} Dot */

const [WIDTH, HEIGHT, LABELS] = [340, 250, 140];

/**
 * Medians and ranges over the seeds of what a measurement gives, by step or by whatever `places` gives.
 *
 * @param {readonly Record[]} records Of one line.
 * @param {{ panel: string, line: string, method: string }} name
 * @param {(point: Point) => readonly { x: number, y: number | undefined }[]} places
 * @returns {Dot[]}
 */
function summarize(records, name, places) {
  /** @type {Map<number, number[]>} */
  const found = new Map();
  for (const { x, y } of records.flatMap((record) => curveOf(record).flatMap(places))) {
    if (y !== undefined && Number.isFinite(y) && y > 0) found.set(x, [...(found.get(x) ?? []), y]);
  }
  return [...found].map(([x, ys]) => ({ ...name, x, y: median(ys), low: Math.min(...ys), high: Math.max(...ys) }));
}

/**
 * The ends of lines moved apart, so that their labels can be read.
 *
 * @param {readonly Dot[]} ends Of one panel.
 * @param {(y: number) => number} place The height in pixels, downward.
 * @returns {(Dot & { shift: number })[]}
 */
export function spread(ends, place) {
  const gap = 13;
  const sorted = [...ends].sort((a, b) => place(a.y) - place(b.y));
  let last = Number.NEGATIVE_INFINITY;
  const down = sorted.map(({ y }) => {
    last = Math.max(place(y), last + gap);
    return last;
  });
  // Back up by half of what the lowest was moved, so that labels stay around their lines.
  const excess = sorted.map(({ y }, index) => (down[index] ?? 0) - place(y));
  const back = Math.max(0, ...excess) / 2;
  return sorted.map((dot, index) => ({ ...dot, shift: (excess[index] ?? 0) - (back > 0 ? back : 0) }));
}

/** @param {number} value */
const short = (value) => String(Number(value.toPrecision(2)));

/** Figures 1, 2, 5 and 10 times a power of ten. @param {number} low @param {number} high */
function logarithmicTicks(low, high) {
  const factors = high / low > 300 ? [1] : [1, 2, 5];
  const powers = Array.from({ length: 21 }, (_, index) => 10 ** (index - 10));
  return powers.flatMap((power) => factors.map((factor) => factor * power)).filter((x) => x >= low && x <= high);
}

/** An element of Plot within the document it is drawn in. @param {Theme} theme @param {Document} document */
function panelOptions(theme, document) {
  const { ink } = THEMES[theme];
  const style = { color: ink, background: "none", fontSize: "12px", fontFamily: "system-ui, sans-serif" };
  return {
    document,
    style,
    width: WIDTH + LABELS,
    height: HEIGHT,
    marginLeft: 46,
    marginRight: LABELS,
    marginBottom: 38,
    marginTop: 30,
  };
}

/**
 * One panel: lines on a logarithmic axis, labeled at their ends.
 *
 * @param {readonly Dot[]} dots
 * @param {{ x: string, y: string, title: string, ordinal?: boolean }} axes
 * @param {Theme} theme
 * @param {Document} document
 */
function lines(dots, axes, theme, document) {
  const { ink, background } = THEMES[theme];
  const [low, high] = [
    Math.min(...dots.map(({ low: y }) => y)) / 1.05,
    Math.max(...dots.map(({ high: y }) => y)) * 1.05,
  ];
  const options = panelOptions(theme, document);
  const inner = HEIGHT - options.marginTop - options.marginBottom;
  const place = (/** @type {number} */ y) => (inner * Math.log(high / y)) / Math.log(high / low);
  const names = [...new Set(dots.map(({ line }) => line))];
  const ends = names.flatMap((name) => dots.filter(({ line }) => line === name).reduce((a, b) => (b.x >= a.x ? b : a)));
  const color = (/** @type {Dot} */ { method }) => styleOf(method, theme).color;
  const marks = names.flatMap((name) => {
    const own = dots.filter(({ line }) => line === name).sort((a, b) => a.x - b.x);
    const [{ method = "none" } = {}] = own;
    const { color: stroke, dashes } = styleOf(method, theme);
    return [
      Plot.areaY(own, { x: "x", y1: "low", y2: "high", fill: stroke, fillOpacity: 0.1 }),
      Plot.lineY(own, { x: "x", y: "y", stroke, strokeWidth: 2, strokeDasharray: dashes }),
    ];
  });
  const labels = spread(ends, place).map((end) =>
    Plot.text([end], {
      x: "x",
      y: "y",
      text: ["line"].map(() => end.line),
      textAnchor: "start",
      dx: 6,
      dy: end.shift,
      fill: color(end),
      stroke: background,
      strokeWidth: 3,
    }),
  );
  const ticks = logarithmicTicks(low, high);
  const xs = [...new Set(dots.map(({ x }) => x))];
  return Plot.plot({
    ...options,
    x: { label: null, domain: [Math.min(...xs), Math.max(...xs)] },
    y: { type: "log", domain: [low, high], label: null },
    marks: [
      Plot.gridY(ticks, { stroke: ink, strokeOpacity: 0.15 }),
      Plot.axisY(ticks, { tickFormat: short, label: null }),
      axes.ordinal ? Plot.axisX(xs, { tickFormat: String, label: null }) : Plot.axisX({ ticks: 5, label: null }),
      Plot.text([axes.title], {
        frameAnchor: "top-left",
        dy: -22,
        text: [axes.title],
        fontWeight: "bold",
        fontSize: 13,
      }),
      Plot.text([axes.y], { frameAnchor: "top-right", dy: -22, text: [axes.y], fill: THEMES[theme].quiet }),
      Plot.text([axes.x], { frameAnchor: "bottom", dy: 34, text: [axes.x], fill: THEMES[theme].quiet }),
      ...marks,
      ...labels,
    ],
  });
}

/** @param {Document} document @param {string} name @param {Readonly<{ [name: string]: string | number }>} attributes */
function element(document, name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/**
 * Panels beside and below one another on a card, so that the picture reads the same wherever it is shown.
 *
 * @param {string} title What a reader hears who does not see.
 * @param {Theme} theme
 * @param {(document: Document) => (Element)[]} panels
 */
function sheet(title, theme, panels) {
  const { document } = parseHTML("<!doctype html><body></body>");
  const drawn = panels(document);
  const columns = Math.min(2, drawn.length);
  const [width, height] = [columns * (WIDTH + LABELS) + 16, Math.ceil(drawn.length / columns) * HEIGHT + 16];
  const size = { width, height, viewBox: `0 0 ${width} ${height}` };
  const svg = element(document, "svg", {
    xmlns: "http://www.w3.org/2000/svg",
    role: "img",
    "aria-label": title,
    ...size,
  });
  svg.append(element(document, "rect", { width, height, rx: 8, fill: THEMES[theme].background }));
  for (const [index, panel] of drawn.entries()) {
    // Plot's style sheet is for a figure within a page; what it sets is set here.
    panel.querySelector("style")?.remove();
    panel.setAttribute("x", String(8 + (index % columns) * (WIDTH + LABELS)));
    panel.setAttribute("y", String(8 + Math.floor(index / columns) * HEIGHT));
    panel.setAttribute("overflow", "visible");
    svg.append(panel);
  }
  return `${svg.outerHTML.replaceAll(/-?\d+\.\d{3,}/g, (number) => String(Math.round(100 * Number(number)) / 100))}\n`;
}

/**
 * A panel for each data set with a line for each method.
 *
 * @param {readonly Record[]} records
 * @param {readonly string[]} methods
 * @param {(point: Point) => readonly { x: number, y: number | undefined }[]} places
 * @returns {[string, Dot[]][]}
 */
function byData(records, methods, places) {
  const data = [...new Set(records.map(({ run }) => run.data))];
  return data.map((panel) => {
    const dots = methods.flatMap((method) => {
      const own = records.filter(({ run }) => run.data === panel && run.method === method);
      return summarize(own, { panel, line: styleOf(method, "light").label, method }, places);
    });
    return [DATA[panel] ?? panel, dots];
  });
}

/** The supervised models: accuracy under attack against clean, one dot a regularizer, its range over the seeds as a cross. @param {readonly Record[]} records @param {Theme} theme @param {Document} document */
function tradeOff(records, theme, document) {
  const methods = [...new Set(records.filter(({ run }) => run.task === "supervised").map(({ run }) => run.method))];
  const dots = methods.map((method) => {
    const scores = chosen(records, method).map(scoresOf);
    const [clean, attacked] = [scores.map(({ clean: x }) => 100 * x), scores.map(({ attacked: y }) => 100 * y)];
    const { label, color } = styleOf(method, theme);
    const [left, right, low, high] = [
      Math.min(...clean),
      Math.max(...clean),
      Math.min(...attacked),
      Math.max(...attacked),
    ];
    return { label, color, x: median(clean), y: median(attacked), left, right, low, high };
  });
  const { ink, quiet } = THEMES[theme];
  const rule = { stroke: "color", strokeWidth: 2 };
  return Plot.plot({
    ...panelOptions(theme, document),
    x: { label: null, nice: true },
    y: { label: null, nice: true },
    color: { type: "identity" },
    marks: [
      Plot.gridY({ stroke: ink, strokeOpacity: 0.15 }),
      Plot.axisX({ ticks: 5, label: null }),
      Plot.axisY({ ticks: 5, label: null }),
      Plot.text(["Classifiers of the digits"], {
        frameAnchor: "top-left",
        dy: -22,
        text: (x) => x,
        fontWeight: "bold",
        fontSize: 13,
      }),
      Plot.text(["% right under attack"], { frameAnchor: "top-right", dy: -22, text: (x) => x, fill: quiet }),
      Plot.text(["% right on clean images"], { frameAnchor: "bottom", dy: 34, text: (x) => x, fill: quiet }),
      Plot.ruleX(dots, { x: "x", y1: "low", y2: "high", ...rule }),
      Plot.ruleY(dots, { y: "y", x1: "left", x2: "right", ...rule }),
      Plot.dot(dots, { x: "x", y: "y", fill: "color", r: 4 }),
      Plot.text(dots, { x: "x", y: "y", text: "label", fill: "color", textAnchor: "start", dx: 7, dy: -8 }),
    ],
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
 * @returns {{ name: string, title: string, axes: { x: string, y: string, ordinal?: boolean }, panels: [string, Dot[]][] }[]}
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
      axes: { x: steps, y: "degrees" },
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
  if (!records.some(({ run }) => run.task === "supervised")) return curves;
  const title = "Accuracy of classifiers under attack against clean";
  return [
    ...curves,
    both("supervised", title, (theme) => sheet(title, theme, (document) => [tradeOff(records, theme, document)])),
  ];
}
