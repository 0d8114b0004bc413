// @ts-check
/**
 * The data of a run by its name. The digits are read from examples/data once a process.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { digitImages, distributions, readDigits } from "../shared/data.mjs";

/** @type {ReturnType<typeof readDigits> | undefined} */
let kept;

/** All the digits with their labels. */
export function digits() {
  kept ??= readDigits(readFileSync(new URL("../data/digits.csv", import.meta.url), "utf8"));
  return kept;
}

/** @param {string} name @returns {import("../shared/data.mjs").Distribution} */
export function distributionOf(name) {
  if (name === "digits") return digitImages(digits());
  const found = Object.entries(distributions).find(([key]) => key === name);
  if (found === undefined) {
    throw new Error(`data expected one of ${Object.keys(distributions).join(", ")}, digits, got "${name}"`);
  }
  return found[1];
}
