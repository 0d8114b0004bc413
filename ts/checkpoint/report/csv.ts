/**
 * The audit for spreadsheets and data frames: a line a weight, numbers in full.
 *
 * @module
 */
import type { Audit } from "../audit.js";
import { fields, rowsOf } from "./fields.js";
import type { FailedAudit } from "./json.js";

/** CSV by RFC 4180, with a header. A file that could not be audited has a line with its error alone. */
export function renderCsv(files: readonly (Audit | FailedAudit)[]): string {
  const lines = files.flatMap((audit) => {
    if ("error" in audit) {
      return [[audit.file, "", ...fields.map(({ key }) => (key === "error" ? audit.error.message : ""))]];
    }
    return rowsOf(audit).map((row) => [audit.file, row.name, ...fields.map(({ value }) => String(value(row) ?? ""))]);
  });
  const head = ["file", "weight", ...fields.map(({ key }) => key)];
  return [head, ...lines].map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}

/** A cell as CSV has it. */
export function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
