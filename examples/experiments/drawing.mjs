// @ts-check
/**
 * Panels and sheets: how a picture looks, whatever it shows.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { styleOf, THEMES } from "./palette.mjs";

/** @typedef {import("./palette.mjs").Theme} Theme */
/** @typedef {ReturnType<typeof parseHTML>["document"]} Document */
/** A point of a line with its range; `line` is the label. @typedef {{ line: string, method: string, x: number, y: number, low: number, high: number }} Dot */
/** `linear` is about y, `logarithmic` about x. @typedef {{ x: string, y: string, ordinal?: boolean, linear?: boolean, logarithmic?: boolean }} Axes */
/** @typedef {{ label: string, method: string, x: number, y: number, left: number, right: number, low: number, high: number }} Cross */

const [WIDTH, HEIGHT, LABELS] = [340, 250, 140];

/**
 * The ends of lines moved apart, so that their labels can be read.
 *
 * @param {readonly Dot[]} ends Of one panel.
 * @param {(y: number) => number} place The height in pixels, downward.
 * @param {number} bottom Below which no label goes.
 * @returns {(Dot & { shift: number })[]}
 */
export function spread(ends, place, bottom) {
  const gap = 13;
  const sorted = [...ends].sort((a, b) => place(a.y) - place(b.y));
  let last = Number.NEGATIVE_INFINITY;
  return sorted.map((dot, index) => {
    const lowest = bottom - gap * (sorted.length - 1 - index);
    last = Math.min(lowest, Math.max(place(dot.y), last + gap));
    return { ...dot, shift: last - place(dot.y) };
  });
}

/** @param {number} value */
const short = (value) => (value > 0 && value < 0.01 ? value.toExponential(0) : String(Number(value.toPrecision(2))));

/** Round ones, as few as give three. @param {number} low @param {number} high */
function logarithmicTicks(low, high) {
  const powers = Array.from({ length: 21 }, (_, index) => index - 10);
  const [coarse = [], middle = [], fine = []] = [[1], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]].map((factors) =>
    powers
      .flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)))
      .filter((x) => x >= low && x <= high),
  );
  return [coarse, middle].find((ticks) => ticks.length >= 3) ?? fine;
}

/** Up to seven round ones from 0. @param {number} high */
function linearTicks(high) {
  const step = [1, 2, 5, 10, 15, 30].find((size) => high / size <= 6) ?? 30;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, index) => step * index);
}

/** The labels below: at every x, or at round ones. An axis of Plot leaves out labels of a logarithmic scale as it likes. @param {Axes} axes @param {readonly number[]} xs */
function alongX(axes, xs) {
  if (axes.ordinal) return [Plot.axisX(xs, { tickFormat: String, label: null })];
  if (!axes.logarithmic) return [Plot.axisX({ ticks: 5, label: null })];
  return [Plot.text(xs, { frameAnchor: "bottom", x: (x) => x, text: (x) => String(Number(x.toPrecision(4))), dy: 18 })];
}

/** What all panels have in common. @param {Theme} theme @param {Document} document */
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

/** What a panel shows and along which axes, around its frame. @param {Axes & { title: string }} axes @param {Theme} theme */
function captions({ title, x, y }, theme) {
  const fill = THEMES[theme].quiet;
  const at = (/** @type {string} */ text, /** @type {object} */ options) =>
    Plot.text([text], { text: [text], ...options });
  return [
    at(title, { frameAnchor: "top-left", dy: -22, fontWeight: "bold", fontSize: 13 }),
    at(y, { frameAnchor: "top-right", dy: -22, fill }),
    at(x, { frameAnchor: "bottom", dy: 34, fill }),
  ];
}

/**
 * One panel: lines, on a logarithmic axis unless told, labeled at their ends.
 *
 * @param {readonly Dot[]} given
 * @param {Axes & { title: string }} axes
 * @param {Theme} theme
 * @param {Document} document
 * @param {(method: string, theme: Theme) => { color: string, dashes: string }} [styled] How a line looks, by its method.
 */
export function lines(given, axes, theme, document, styled = styleOf) {
  // A logarithmic axis has no place for 0.
  const dots = axes.linear ? given : given.filter((dot) => dot.low > 0);
  const { ink, background } = THEMES[theme];
  const [least, most] = [Math.min(...dots.map((dot) => dot.low)), Math.max(...dots.map((dot) => dot.high))];
  const [low, high] = axes.linear ? [0, Math.max(1, most) * 1.05] : [least / 1.05, most * 1.05];
  const options = panelOptions(theme, document);
  const inner = HEIGHT - options.marginTop - options.marginBottom;
  const place = (/** @type {number} */ y) =>
    inner * (axes.linear ? 1 - y / high : Math.log(high / y) / Math.log(high / low));
  const names = [...new Set(dots.map(({ line }) => line))];
  const ends = names.flatMap((name) => dots.filter(({ line }) => line === name).reduce((a, b) => (b.x >= a.x ? b : a)));
  const color = (/** @type {Dot} */ { method }) => styled(method, theme).color;
  const marks = names.flatMap((name) => {
    const own = dots.filter(({ line }) => line === name).sort((a, b) => a.x - b.x);
    const [{ method = "none" } = {}] = own;
    const { color: stroke, dashes } = styled(method, theme);
    return [
      Plot.areaY(own, { x: "x", y1: "low", y2: "high", fill: stroke, fillOpacity: 0.1 }),
      Plot.lineY(own, { x: "x", y: "y", stroke, strokeWidth: 2, strokeDasharray: dashes }),
    ];
  });
  const labels = spread(ends, place, inner).map((end) =>
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
  const ticks = axes.linear ? linearTicks(high) : logarithmicTicks(low, high);
  const xs = [...new Set(dots.map(({ x }) => x))];
  return Plot.plot({
    ...options,
    x: {
      label: null,
      domain: [Math.min(...xs), Math.max(...xs)],
      ...(axes.logarithmic && { type: "log", axis: null }),
    },
    y: { type: axes.linear ? "linear" : "log", domain: [low, high], axis: null },
    marks: [
      Plot.gridY(ticks, { stroke: ink, strokeOpacity: 0.15 }),
      // An axis of Plot leaves out labels of a logarithmic scale as it likes.
      Plot.text(ticks, { frameAnchor: "left", y: (y) => y, text: short, textAnchor: "end", dx: -6 }),
      ...alongX(axes, xs),
      ...captions(axes, theme),
      ...marks,
      ...labels,
    ],
  });
}

/**
 * One panel: labeled dots, their ranges as crosses.
 *
 * @param {readonly Cross[]} dots
 * @param {Axes & { title: string }} axes
 * @param {Theme} theme
 * @param {Document} document
 */
export function crosses(dots, axes, theme, document) {
  const color = (/** @type {Cross} */ { method }) => styleOf(method, theme).color;
  const rule = { stroke: color, strokeWidth: 2 };
  return Plot.plot({
    ...panelOptions(theme, document),
    x: { label: null, inset: 14 },
    y: { label: null, inset: 14 },
    marks: [
      Plot.gridY({ stroke: THEMES[theme].ink, strokeOpacity: 0.15 }),
      Plot.axisX({ ticks: 5, label: null }),
      Plot.axisY({ ticks: 5, label: null }),
      ...captions(axes, theme),
      Plot.ruleX(dots, { x: "x", y1: "low", y2: "high", ...rule }),
      Plot.ruleY(dots, { y: "y", x1: "left", x2: "right", ...rule }),
      Plot.dot(dots, { x: "x", y: "y", fill: color, r: 4 }),
      Plot.text(dots, { x: "x", y: "y", text: "label", fill: color, textAnchor: "start", dx: 7, dy: -8 }),
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
 * @param {(document: Document) => ReturnType<typeof Plot.plot>[]} panels
 * @param {{ width: number, height: number }} [whole] Of a card with one panel of another size.
 */
export function sheet(title, theme, panels, whole) {
  const { document } = parseHTML("<!doctype html><body></body>");
  const drawn = panels(document);
  const columns = Math.min(2, drawn.length);
  const { width, height } = whole ?? {
    width: columns * (WIDTH + LABELS) + 16,
    height: Math.ceil(drawn.length / columns) * HEIGHT + 16,
  };
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
  return `${svg.outerHTML.replaceAll(/-?\d+\.\d{4,}/g, (/** @type {string} */ number) => String(Math.round(100 * Number(number)) / 100))}\n`;
}
