/**
 * Reports as columns, whatever the rows are: tables for terminals and for GitHub, CSV.
 *
 * @module
 */
import Table from "cli-table3";
import { quoted } from "./csv.js";
import { escaped } from "./markdown.js";
import { formatNumber, printable, shorten } from "./text.js";

/** A column: its heading for machines and for people, and what stands in it. */
export interface Column<Row> {
  readonly key: string;
  readonly head: string;
  /** In full precision; numbers are put right. */
  readonly value: (row: Row) => number | string | null;
  readonly isNumber: boolean;
}

/** What stands in a column for people. */
function textOf<Row>({ value, isNumber }: Column<Row>, row: Row): string {
  const found = value(row);
  return isNumber ? formatNumber(found as number | null) : printable(String(found ?? "–"));
}

const sides = ["top", "bottom", "left", "right"].flatMap((side) => [
  side,
  `${side}-mid`,
  `${side}-left`,
  `${side}-right`,
]);
const GAP = "  ";
const chars = { ...Object.fromEntries(sides.map((name) => [name, ""])), mid: "─", "mid-mid": "──", middle: GAP };

/** A table, its first column shortened where the lines would be longer than `width`. */
export function tableOfColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  const cells = rows.map((row) => columns.map((column) => textOf(column, row)));
  const widths = columns.map(({ head }, i) =>
    Math.max(head.length, ...cells.map((line) => [...(line[i] ?? "")].length)),
  );
  const rest = widths.slice(1).reduce((sum, one) => sum + one + GAP.length, 0);
  const room = Math.max(12, width - rest);
  const table = new Table({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ isNumber }) => (isNumber ? "right" : "left")),
    chars,
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
  });
  for (const [first = "", ...others] of cells) table.push([shorten(first, room), ...others]);
  return table.toString().replace(/ +$/gm, "");
}

/** A table of GitHub's. */
export function markdownOfColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  const rule = `| ${columns.map(({ isNumber }) => (isNumber ? "---:" : "---")).join(" | ")} |`;
  const lines = rows.map((row) => line(columns.map((column) => textOf(column, row))));
  return `${[line(columns.map(({ head }) => head)), rule, ...lines].join("\n")}\n`;
}

/** CSV by RFC 4180, with a header, numbers in full. */
export function csvOfColumns<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map(({ value }) => String(value(row) ?? "")));
  return [columns.map(({ key }) => key), ...lines].map((cells) => `${cells.map(quoted).join(",")}\r\n`).join("");
}
