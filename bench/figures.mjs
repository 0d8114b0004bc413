// @ts-check
/**
 * What `npm run bench:peers` found as pictures, on light and on dark pages.
 *
 * @module
 */
import * as Plot from "@observablehq/plot";
import { lines, sheet } from "../examples/experiments/drawing.mjs";
import { THEMES } from "../examples/experiments/palette.mjs";
import { parts } from "./parts/index.mjs";
import { rate, verdicts } from "./report-peers.mjs";

/** @typedef {import("../examples/experiments/palette.mjs").Theme} Theme */
/** @typedef {import("./report-peers.mjs").Found} Found */
/** @typedef {import("./report-peers.mjs").Verdict} Verdict */

const OWN = { light: "#0058a3", dark: "#56b4e9" };
const UNMET = { light: "#c14d00", dark: "#ff8c42" };

/** How the lines of a roofline look. @type {{ [name: string]: { light: string, dark: string, dashes: string } }} */
const STYLES = {
  "spectral-norm": { ...OWN, dashes: "none" },
  "sum, native": { light: "#666666", dark: "#aaaaaa", dashes: "none" },
  "copy, native": { light: "#666666", dark: "#aaaaaa", dashes: "2 3" },
};

/** @param {string} name @param {Theme} theme */
function styleOf(name, theme) {
  const style = STYLES[name];
  if (style === undefined) throw new Error(`no line of a roofline is called "${name}"`);
  return { label: name, color: style[theme], dashes: style.dashes };
}

/** Gigabytes a second by the size of the matrix. @param {Found} found @param {Theme} theme */
function roofline({ cases }, theme) {
  const dots = cases.flatMap((one) =>
    one.results.map((result) => ({
      line: result.peer,
      method: result.peer,
      x: (one.bytes ?? 0) / 2 ** 20,
      y: rate(one, result),
      low: rate(one, { ...result, median: result.max }),
      high: rate(one, { ...result, median: result.min }),
    })),
  );
  const title = "Gigabytes a second that a power iteration reads, by the size of the matrix, and what memory gives";
  const axes = { title: "one pass, float32", x: "MiB of the matrix", y: "GB/s", linear: true, logarithmic: true };
  return sheet(title, theme, (document) => [lines(dots, axes, theme, document, styleOf)]);
}

const ROW = 15;

/** A row a comparison: how many times as long the peer takes, and what is meant to be reached. @param {{ label: string, verdict: Verdict }[]} rows @param {Theme} theme @param {any} document */
function chart(rows, theme, document) {
  const { ink, quiet } = THEMES[theme];
  const y = (/** @type {{ label: string }} */ { label }) => label;
  const isMet = (/** @type {Verdict} */ { ratio, least }) => least === undefined || ratio >= least;
  const color = (/** @type {{ verdict: Verdict }} */ { verdict }) => (isMet(verdict) ? OWN : UNMET)[theme];
  const most = Math.max(...rows.map(({ verdict }) => Math.max(verdict.ratio, verdict.least ?? 0)));
  const least = Math.min(0.5, ...rows.map(({ verdict }) => verdict.ratio));
  const ticks = [0.1, 1, 10, 100, 1000, 10_000, 100_000].filter((tick) => tick >= least && tick <= 1.2 * most);
  return Plot.plot({
    document,
    width: 960,
    height: ROW * rows.length + 60,
    marginLeft: 380,
    marginRight: 60,
    marginTop: 34,
    style: { color: ink, background: "none", fontSize: "12px", fontFamily: "system-ui, sans-serif" },
    x: { type: "log", domain: [least / 1.2, 1.2 * most], label: null },
    y: { domain: rows.map(y), label: null, tickSize: 0 },
    marks: [
      Plot.gridX(ticks, { stroke: ink, strokeOpacity: 0.15 }),
      Plot.axisX(ticks, { tickFormat: (/** @type {number} */ tick) => `${tick}×` }),
      Plot.axisY({ tickSize: 0, label: null }),
      Plot.ruleX([1], { stroke: quiet }),
      Plot.ruleY(rows, { y, x1: 1, x2: ({ verdict }) => verdict.ratio, stroke: color, strokeWidth: 2 }),
      Plot.dot(rows, { y, x: ({ verdict }) => verdict.ratio, fill: color, r: 4 }),
      Plot.tickX(
        rows.filter(({ verdict }) => verdict.least !== undefined),
        { y, x: ({ verdict }) => verdict.least, stroke: ink, strokeWidth: 2 },
      ),
      Plot.text(["times as long as this package; black or white: the goal"], {
        text: (/** @type {string} */ text) => text,
        frameAnchor: "top-left",
        dy: -24,
        fill: quiet,
      }),
    ],
  });
}

/** Every ratio of every part that has peers. @param {{ [id: string]: Found }} record @param {Theme} theme */
function ratios(record, theme) {
  const rows = Object.entries(record).flatMap(([id, found]) => {
    const part = parts[id];
    if (part === undefined || (part.kind ?? "ratio") !== "ratio" || part.goal === undefined) return [];
    return verdicts(part, found).map((verdict) => ({ label: `${id}: ${verdict.case}, ${verdict.peer}`, verdict }));
  });
  const size = { width: 976, height: ROW * rows.length + 76 };
  return sheet(
    "How many times as long as this package its peers take",
    theme,
    (document) => [chart(rows, theme, document)],
    size,
  );
}

/** Pictures by the names of their files. @param {{ [id: string]: Found }} record */
export function figures(record) {
  const themes = /** @type {Theme[]} */ (Object.keys(THEMES));
  const drawn = themes.flatMap((theme) => [
    [`ratios-${theme}.svg`, ratios(record, theme)],
    ...(record["roofline"] ? [[`roofline-${theme}.svg`, roofline(record["roofline"], theme)]] : []),
  ]);
  return Object.fromEntries(drawn);
}
