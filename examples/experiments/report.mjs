// @ts-check
/**
 * The page: for each claim its verdict with the numbers, the figures, the tables.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { judge } from "./claims.mjs";
import { drawFigures } from "./figures.mjs";
import { DATA, METHODS } from "./palette.mjs";
import { SCALES } from "./plan.mjs";
import { end, scoresOf, timeOfStep } from "./quantities.mjs";
import { FEWEST_SEEDS, median } from "./rules.mjs";
import { claimsTable, curvesTable, scoresTable } from "./tables.mjs";

/** @typedef {import("./records.mjs").Record} Record */
/** @typedef {import("./comparisons.mjs").Claim} Claim */

const [BEGIN, END] = ["<!-- experiments:begin -->", "<!-- experiments:end -->"];

const HEAD = `# The article's claims, measured

\`npm run experiments\` trains, judges and writes this page between the marks; what is outside of them is kept.

`;

/** @param {number} value */
const figure = (value) => (Number.isFinite(value) ? String(Number(value.toPrecision(3))) : "never");

/** A median with its range over the seeds. @param {readonly number[]} values */
export function spanOf(values) {
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map(figure);
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

/** @param {readonly string[]} heads @param {readonly (readonly string[])[]} rows */
function table(heads, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(" | ")} |\n`;
  return line(heads) + line(heads.map(() => "---")) + rows.map(line).join("");
}

/** Compares names by their places in a table of them. @param {object} names */
const inOrder = (names) => {
  const order = Object.keys(names);
  return (/** @type {string} */ a, /** @type {string} */ b) => order.indexOf(a) - order.indexOf(b);
};

/** @param {Claim} claim */
function section({ id, title, statement, verdict, parts }) {
  const rows = parts.flatMap(({ title: name, decides, comparisons }) =>
    comparisons.map(({ what, data, names, values, agree, oppose, verdict: single }) => [
      decides ? `**${name}**` : name,
      `${what}, ${DATA[data] ?? data}`,
      `${names[0]}: ${spanOf(values[0])}`,
      `${names[1]}: ${spanOf(values[1])}`,
      `${agree} : ${oppose}`,
      single,
    ]),
  );
  const heads = ["part", "measured", "claimed to be smaller", "claimed to be larger", "seeds for : against", "verdict"];
  return `### ${id}. ${title}\n\n${statement}\n\n**${verdict}**\n\n${table(heads, rows)}\n`;
}

/** What a step costs, of one with the gradient penalty, by data: the ratio of the medians. @param {readonly Record[]} records */
function costs(records) {
  const shallow = records.filter(({ run }) => run.claims.includes(1));
  const data = [...new Set(shallow.map(({ run }) => run.data))].sort(inOrder(DATA));
  const time = (/** @type {string} */ name, /** @type {string} */ method) =>
    median(shallow.filter(({ run }) => run.data === name && run.method === method).map(timeOfStep));
  const methods = [...new Set(shallow.map(({ run }) => run.method))].sort(inOrder(METHODS));
  const rows = methods.map((method) => [
    method,
    ...data.map((name) => (time(name, method) / time(name, "gradientPenalty")).toFixed(2)),
  ]);
  const heads = ["critic", ...data.map((name) => DATA[name] ?? name)];
  return rows.length === 0 ? "" : `### What a step costs, of one with the gradient penalty\n\n${table(heads, rows)}\n`;
}

/** Every critic at the end of its runs. @param {readonly Record[]} records */
function critics(records) {
  const shallow = records.filter(({ run }) => run.claims.includes(1));
  const groups = new Map(shallow.map(({ run }) => [`${run.data} ${run.method}`, run]));
  const ordered = [...groups.values()].sort(
    (a, b) => inOrder(DATA)(a.data, b.data) || inOrder(METHODS)(a.method, b.method),
  );
  const rows = ordered.map(({ data, method }) => {
    const own = shallow.filter(({ run }) => run.data === data && run.method === method);
    const last = own.flatMap((record) => end(record).slice(-1));
    const covered = data.includes("Gaussians") ? spanOf(last.map((point) => point.covered ?? Number.NaN)) : "";
    const columns = [
      last.map((p) => p.distance),
      own.map(timeOfStep),
      last.map((p) => p.lower),
      last.map((p) => p.upper),
    ];
    const [distance = "", time = "", lower = "", upper = ""] = columns.map((values) =>
      values.length > 0 ? spanOf(values) : "NaN",
    );
    return [DATA[data] ?? data, method, distance, covered, time, lower, upper];
  });
  const heads = ["data", "critic", "distance", "modes", "ms a step", "Lipschitz, below", "Lipschitz, certified"];
  return rows.length === 0 ? "" : `### Every critic, at the end\n\n${table(heads, rows)}\n`;
}

/** Every regularizer and λ. @param {readonly Record[]} records */
function models(records) {
  const supervised = records.filter(({ run }) => run.task === "supervised");
  const groups = new Map(supervised.map(({ run }) => [`${run.method} ${run.options["lambda"]}`, run]));
  const names = /** @type {const} */ (["clean", "gaussian", "attacked", "gap", "radius", "upper", "milliseconds"]);
  const rows = [...groups.values()].map(({ method, options }) => {
    const own = supervised.filter(({ run }) => run.method === method && run.options["lambda"] === options["lambda"]);
    const lambda = options["lambda"] ? String(options["lambda"]) : "";
    return [method, lambda, ...names.map((name) => spanOf(own.map((record) => scoresOf(record)[name])))];
  });
  const heads = [
    "regularizer",
    "λ",
    "clean",
    "Gaussian",
    "attacked",
    "gap",
    "certified radius",
    "Lipschitz, certified",
    "ms a step",
  ];
  return rows.length === 0 ? "" : `### Every classifier\n\n${table(heads, rows)}\n`;
}

/** @param {"full" | "quick"} name @param {readonly Record[]} records */
function preface(name, records) {
  const seeds = new Set(records.map(({ run }) => run.seed)).size;
  const warning =
    name === "quick"
      ? `**This is the quick plan, with ${seeds} seed: it shows that everything runs, and decides nothing.**\n\n`
      : "";
  const minutes = records.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  return `${warning}${records.length} runs over ${seeds} of ${SCALES[name].seeds.length} seeds, ${figure(minutes)} minutes of runs in all. Numbers
are medians over the seeds, with their range. A comparison is confirmed if it goes as claimed for every seed and refuted if it
goes the other way for every one, of at least ${FEWEST_SEEDS}; else undecided. Over several data sets a part is confirmed if half of
them or more confirm and none refutes, and a claim if all parts in bold are; one refuted part refutes it. Times are the
processor's. Given distance: half of that before the first step, a fifth on the digits.

`;
}

/** @param {ReturnType<typeof drawFigures>} figures @param {string} folder */
function gallery(figures, folder) {
  return figures
    .map(
      ({ name, title }) => `<picture>
  <source media="(prefers-color-scheme: dark)" srcset="${folder}/${name}-dark.svg">
  <img src="${folder}/${name}-light.svg" alt="${title}">
</picture>

`,
    )
    .join("");
}

/**
 * Puts a text between the marks of a page.
 *
 * @param {string} page
 * @param {string} text
 * @returns {string}
 */
export function between(page, text) {
  const [start, stop] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || stop < start) throw new Error(`page expected the marks ${BEGIN} and ${END} in this order, got none`);
  return `${page.slice(0, start + BEGIN.length)}\n${text}${page.slice(stop)}`;
}

/**
 * Writes experiments.md and, in experiments/, figures and tables.
 *
 * @param {readonly Record[]} records
 * @param {"full" | "quick"} name The plan they are of.
 * @param {string} folder Where to.
 * @returns {string[]} A line a claim, then the files.
 */
export function writeReport(records, name, folder) {
  const claims = judge(records);
  const figures = drawFigures(records);
  const summary = table(
    ["claim", "", "verdict"],
    claims.map(({ id, title, verdict }) => [id, title, verdict]),
  );
  const body = `${preface(name, records)}${summary}\n${gallery(figures, "experiments")}${claims.map(section).join("")}${costs(records)}${critics(records)}${models(records)}`;
  const page = join(folder, "experiments.md");
  const before = existsSync(page) ? readFileSync(page, "utf8") : `${HEAD}${BEGIN}\n${END}\n`;
  /** @type {{ [name: string]: string }} */
  const files = {
    "experiments.md": between(before, body),
    "experiments/claims.csv": claimsTable(claims),
    "experiments/curves.csv": curvesTable(records),
    "experiments/supervised.csv": scoresTable(records),
  };
  for (const drawing of figures) {
    for (const [file, svg] of Object.entries(drawing.files)) files[`experiments/${file}`] = svg;
  }
  mkdirSync(join(folder, "experiments"), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  return [...claims.map(({ id, title, verdict }) => `${id}. ${title}: ${verdict}`), ...Object.keys(files)];
}
