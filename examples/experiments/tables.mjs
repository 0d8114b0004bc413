// @ts-check
/**
 * Records and verdicts as CSV: everything that the page and the figures are made of.
 *
 * @module
 */
import { scoresOf } from "./quantities.mjs";

/** @typedef {import("./records.mjs").Record} Record */

/** Four digits are more than seeds agree on, and keep the files small. @param {unknown} value @returns {string} */
function cell(value) {
  if (value === undefined || value === null) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "never";
  if (Array.isArray(value)) return value.map((part) => cell(Number(Number(part).toPrecision(3)))).join(" ");
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {readonly string[]} heads @param {readonly (readonly unknown[])[]} rows @returns {string} */
export function csv(heads, rows) {
  return [heads, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

const RUN = /** @type {const} */ (["task", "data", "method", "depth", "rate", "classes", "lambda", "seed"]);
const POINT = /** @type {const} */ ([
  ...["step", "milliseconds", "distance", "covered", "near", "lower", "across", "upper", "angle", "angles", "norms"],
]);
const SCORES = /** @type {const} */ ([
  ...["train", "clean", "gap", "gaussian", "attacked", "validation", "validationAttacked", "radius", "upper"],
  "milliseconds",
]);

/** @param {Record} record */
const runCells = ({ run: { options, ...rest } }) =>
  RUN.map((name) => /** @type {{ [name: string]: unknown }} */ ({ ...options, ...rest })[name]);

/** @param {readonly Record[]} records */
export function curvesTable(records) {
  const rows = records.flatMap((record) => {
    if (!("curve" in record.result)) return [];
    const points = /** @type {readonly { [name: string]: unknown }[]} */ (record.result.curve);
    return points.map((point) => [...runCells(record), ...POINT.map((name) => point[name])]);
  });
  return csv([...RUN, ...POINT], rows);
}

/** @param {readonly Record[]} records */
export function scoresTable(records) {
  const rows = records
    .filter(({ run }) => run.task === "supervised")
    .map((record) => {
      const scores = /** @type {{ [name: string]: unknown }} */ (scoresOf(record));
      return [...runCells(record), ...SCORES.map((name) => scores[name])];
    });
  return csv([...RUN, ...SCORES], rows);
}

/** @param {readonly import("./comparisons.mjs").Claim[]} claims */
export function claimsTable(claims) {
  const rows = claims.flatMap(({ id, verdict, parts }) =>
    parts.flatMap(({ title, decides, comparisons }) =>
      comparisons.map(({ what, data, names, values, verdict: single, agree, oppose }) => [
        ...[id, verdict, title, decides ? "yes" : "no", what, data],
        ...[names[0], values[0], names[1], values[1], agree, oppose, single],
      ]),
    ),
  );
  const heads = ["claim", "verdict", "part", "decides", "measured", "data"];
  return csv([...heads, "left", "leftBySeed", "right", "rightBySeed", "agree", "oppose", "single"], rows);
}
