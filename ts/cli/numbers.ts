/**
 * Numbers on the command line.
 *
 * @module
 */
import { OptionError } from "../engine/errors.js";

/** What is not given stays undefined, and what is no number stays text: whoever needs it judges, and names the option. */
export function numbersOf(flags: Readonly<Record<string, unknown>>): Readonly<Record<string, never>> {
  const entries = Object.entries(flags).map(([name, value]) => [name, toNumber(value)]);
  return Object.fromEntries(entries);
}

/** One of them. */
export function toNumber(value: unknown): unknown {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? value : number;
}

/**
 * A number of megabytes as bytes.
 *
 * @throws {OptionError} For what is none.
 */
export function bytesOf(megabytes: unknown): number | undefined {
  const number = toNumber(megabytes);
  if (number === undefined) return undefined;
  if (typeof number === "number" && number >= 0 && number < 1e9) return Math.round(number * 1e6);
  throw new OptionError(`"memory" expected a number of megabytes of at least 0, got ${JSON.stringify(megabytes)}`);
}
