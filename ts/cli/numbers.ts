/**
 * Options that are numbers.
 *
 * @module
 */
import type { Values } from "./command.js";

/** What is not given stays undefined, and what is no number stays text: the library judges, and names the option. */
export function numbersOf(flags: Values): Readonly<Record<string, never>> {
  const entries = Object.entries(flags).map(([name, value]) => [name, toNumber(value)]);
  return Object.fromEntries(entries);
}

function toNumber(value: string | boolean | undefined): unknown {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? value : number;
}
