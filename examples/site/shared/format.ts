/**
 * Numbers for people.
 *
 * @module
 */
const MINUS = "−";

/** 10 to an integer power, as it is set. */
export function powerOfTen(exponent: number): string {
  return `10${String(exponent).replaceAll(/[-\d]/g, (sign) => (sign === "-" ? "⁻" : ("⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)] ?? "")))}`;
}

function scientific(magnitude: number, digits: number): string {
  const [factor = "", exponent = ""] = magnitude.toExponential(digits - 1).split("e");
  return `${factor}·${powerOfTen(Number(exponent))}`;
}

/** Four significant digits, or `digits`; a true minus sign. */
export function number(value: number, digits = 4): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  const magnitude = Math.abs(value);
  const text =
    magnitude !== 0 && (magnitude >= 1e6 || magnitude < 1e-4)
      ? scientific(magnitude, digits)
      : Number(magnitude.toPrecision(digits)).toString();
  return value < 0 ? `${MINUS}${text}` : text;
}

/**
 * The ends of an interval, with as many digits as it takes to tell them apart, rounded outward, so that what is read is
 * still true.
 */
export function ends(lower: number, upper: number): readonly [string, string] {
  const width = (upper - lower) / Math.abs(upper);
  if (!(width > 0) || lower <= 0) return [number(lower), number(upper)];
  const digits = Math.min(15, Math.max(4, Math.ceil(-Math.log10(width)) + 1));
  const unit = 10 ** (Math.floor(Math.log10(upper)) + 1 - digits);
  const outward = [Math.floor(lower / unit) * unit, Math.ceil(upper / unit) * unit] as const;
  return [number(outward[0], digits), number(outward[1], digits)];
}

/** A share as percents with two significant digits, e.g. `"7.1%"`. */
export function percent(share: number): string {
  return `${number(100 * share, 2)}%`;
}

/** `count` and its noun, e.g. `"1 step"`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Puts a number into a `<data>` element: its digits for people, all of it for machines and whoever copies it. */
export function show(output: HTMLDataElement, value: number, text: string = number(value)): void {
  output.value = String(value);
  output.textContent = text;
  output.title = String(value);
}
