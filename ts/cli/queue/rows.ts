/**
 * Rows as text, every number as it was: JSON knows neither infinities nor NaN nor the sign of zero.
 *
 * @module
 */
import type { AuditedTensor } from "../../audit.js";

/** No key of a row, nor of a layer's options. */
const KEY = "#number";

/** A row as JSON, which {@link decodeRow} reads. */
export function encodeRow(row: AuditedTensor): string {
  return JSON.stringify(row, (_, value: unknown) => toldNumber(value));
}

/** The row. */
export function decodeRow(text: string): AuditedTensor {
  return JSON.parse(text, (_, value: unknown) => readNumber(value));
}

/** A number as JSON keeps it, for {@link readNumber}; everything else as it is. */
export function toldNumber(value: unknown): unknown {
  if (typeof value !== "number") return value;
  if (Object.is(value, -0)) return { [KEY]: "-0" };
  return Number.isFinite(value) ? value : { [KEY]: String(value) };
}

/** The number. */
export function readNumber(value: unknown): unknown {
  const told = typeof value === "object" && value !== null ? (value as { [KEY]?: unknown })[KEY] : undefined;
  return told === undefined ? value : Number(told);
}
