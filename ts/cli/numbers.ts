/**
 * Numbers on the command line.
 *
 * @module
 */

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
