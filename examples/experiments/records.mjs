// @ts-check
/**
 * What is known of runs, one JSON object a line, appended as each ends: a plan that was broken off goes on where it was.
 *
 * @module
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { keyOf } from "./plan.mjs";

/** @typedef {import("./plan.mjs").Run} Run */
/** @typedef {{ key: string, run: Run, seconds: number, result: import("./perform.mjs").Result }} Record */

/** @param {string} line @returns {Record | undefined} Undefined for a line that was cut off in the middle. */
function parse(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The records of a file; none if there is no file. @param {string} file @returns {Record[]} */
export function readRecords(file) {
  if (!existsSync(file)) return [];
  const records = readFileSync(file, "utf8").split("\n").map(parse);
  // Of two records of one run the later counts.
  const byKey = new Map(records.flatMap((record) => (record?.key === undefined ? [] : [[record.key, record]])));
  return [...byKey.values()];
}

/** @param {string} file Made if need be. @param {Record} record */
export function appendRecord(file, record) {
  mkdirSync(dirname(file), { recursive: true });
  const cutOff = existsSync(file) && !/(^|\n)$/.test(readFileSync(file, "utf8").slice(-1));
  appendFileSync(file, `${cutOff ? "\n" : ""}${JSON.stringify(record)}\n`);
}

/** Runs of a plan that no record has. @param {readonly Run[]} runs @param {readonly Record[]} records */
export function missing(runs, records) {
  const done = new Set(records.map(({ key }) => key));
  return runs.filter((run) => !done.has(keyOf(run)));
}

/** Records of the runs of a plan, others in the file left out. @param {readonly Run[]} runs @param {readonly Record[]} records */
export function belonging(runs, records) {
  const wanted = new Set(runs.map(keyOf));
  return records.filter(({ key }) => wanted.has(key));
}
