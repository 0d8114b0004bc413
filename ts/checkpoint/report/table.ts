/**
 * The audit for people: a title, a table that fits the terminal, and notes on what in it needs explaining.
 *
 * @module
 */
import Table from "cli-table3";
import type { Audit } from "../audit.js";
import type { AuditedTensor } from "../weight.js";
import { fields, rowsOf } from "./fields.js";
import { notes, title } from "./notes.js";
import { formatNumber, formatShape, printable, shorten, wrap } from "./text.js";

/** Options of {@link renderTable}. */
export interface TableOptions {
  /** Characters in a line. Infinite by default, as in a file or a pipe, where nothing should be shortened. */
  readonly width?: number | undefined;
  /** Adds columns for all that was found out beyond the norms. */
  readonly wide?: boolean | undefined;
  /** Adds color. Without it the text is plain. */
  readonly paint?: Paint | undefined;
}

/** Wraps one line of text in the codes of a style. */
export type Paint = (style: "bold" | "dim" | "red", text: string) => string;

/** The report on one file, with a line break at the end. */
export function renderTable(audit: Audit, options: TableOptions = {}): string {
  const { width = Number.POSITIVE_INFINITY, wide = false, paint = (_, text) => text } = options;
  const painted = (style: Parameters<Paint>[0], text: string) =>
    wrap(text, width)
      .split("\n")
      .map((line) => paint(style, line))
      .join("\n");
  const parts = [painted("bold", title(audit))];
  const rows = rowsOf(audit);
  if (rows.length > 0) parts.push(`\n${tableOf(rows, width, wide)}\n`);
  for (const { isError, text } of notes(audit)) parts.push(painted(isError ? "red" : "dim", text));
  return `${parts.join("\n").trimEnd()}\n`;
}

interface Column {
  readonly head: string;
  /** The heading in two lines, for narrow terminals. */
  readonly narrow: string;
  readonly cell: (row: AuditedTensor) => string;
  readonly isNumber?: boolean;
}

const weight: Column = { head: "weight", narrow: "weight", cell: (row) => printable(row.name) };

const always: readonly Column[] = [
  { head: "shape", narrow: "shape", cell: (row) => formatShape(row.shape) },
  { head: "dtype", narrow: "dtype", cell: (row) => row.dtype },
  { head: "spectral norm", narrow: "spectral\nnorm", cell: spectralNorm, isNumber: true },
  { head: "Frobenius norm", narrow: "Frobenius\nnorm", cell: (row) => formatNumber(row.frobeniusNorm), isNumber: true },
  { head: "stable rank", narrow: "stable\nrank", cell: (row) => bounded(row, "≤", row.stableRank), isNumber: true },
];

const whenStored: readonly Column[] = [
  { head: "stored σ", narrow: "stored\nσ", cell: (row) => formatNumber(row.storedSigma), isNumber: true },
  { head: "σ / stored", narrow: "σ /\nstored", cell: (row) => bounded(row, "≥", row.effectiveNorm), isNumber: true },
];

const operators: ReadonlySet<string> = new Set(["operator_norm", "operator_lower", "operator_upper"]);
const beyond: ReadonlySet<string> = new Set([
  ...["lower", "upper", "log10_spectral_norm", "log10_frobenius_norm", "spectral_condition", "singular_values"],
  ...["staleness", ...operators],
]);

/** Columns that are asked for, and norms of layers wherever somebody told how they run; none that would be empty. */
function furtherColumns(rows: readonly AuditedTensor[], wide: boolean): readonly Column[] {
  const hasLayers = rows.some(({ operator }) => operator !== null && operator.layer !== null);
  return fields
    .filter(({ key }) => (wide ? beyond : hasLayers ? operators : new Set()).has(key))
    .filter(({ value }) => rows.some((row) => value(row) !== null))
    .map(({ head, text, isNumber }) => ({ head, narrow: head.replace(" ", "\n"), cell: text, isNumber }));
}

function spectralNorm(row: AuditedTensor): string {
  return row.error === null ? bounded(row, "≥", row.spectralNorm) : "error";
}

/** Without convergence the spectral norm is a lower bound. */
function bounded(row: AuditedTensor, sign: string, value: number | null): string {
  return formatNumber(value, row.converged === false ? sign : "");
}

const GAP = 2;
const SHORTEST_NAME = 24;

/** One line a weight if that fits, if need be with shorter headings and names; otherwise the name gets its own line. */
function tableOf(rows: readonly AuditedTensor[], width: number, wide: boolean): string {
  const stored = rows.some((row) => row.storedSigma !== null) ? whenStored : [];
  const columns = [...always, ...stored, ...furtherColumns(rows, wide)];
  const names = widthOf(weight, "head", rows);
  const room = (heading: Heading) =>
    width - columns.reduce((sum, column) => sum + GAP + widthOf(column, heading, rows), 0);
  if (room("head") >= names) return draw([weight, ...columns], "head", rows);
  const left = room("narrow");
  if (left < Math.min(names, SHORTEST_NAME)) return drawStacked(columns, rows, width);
  const shortened = { ...weight, cell: (row: AuditedTensor) => shorten(weight.cell(row), left) };
  return draw([shortened, ...columns], "narrow", rows);
}

type Heading = "head" | "narrow";

function widthOf(column: Column, heading: Heading, rows: readonly AuditedTensor[]): number {
  const texts = [...column[heading].split("\n"), ...rows.map(column.cell)];
  return Math.max(...texts.map((text) => [...text].length));
}

function draw(columns: readonly Column[], heading: Heading, rows: readonly AuditedTensor[]): string {
  const table = emptyTable(columns, heading);
  for (const row of rows) table.push(columns.map((column) => column.cell(row)));
  return table.toString().replace(/ +$/gm, "");
}

/** Names in lines of their own, between those that the table has for the rest. */
function drawStacked(columns: readonly Column[], rows: readonly AuditedTensor[], width: number): string {
  const [first, ...rest] = columns as [Column, ...Column[]];
  const head = `weight\n  ${first.narrow}`;
  const indented = { ...first, narrow: head, cell: (row: AuditedTensor) => `  ${first.cell(row)}` };
  const lines = draw([indented, ...rest], "narrow", rows).split("\n");
  const above = lines.slice(0, -rows.length);
  const below = lines.slice(-rows.length);
  return [...above, ...rows.flatMap((row, i) => [shorten(weight.cell(row), width), below[i]])].join("\n");
}

const noFrame = ["top", "bottom", "left", "right"].flatMap((side) => [
  side,
  `${side}-mid`,
  `${side}-left`,
  `${side}-right`,
]);
const chars = { ...Object.fromEntries(noFrame.map((name) => [name, ""])), mid: "─", "mid-mid": "─".repeat(GAP) };

function emptyTable(columns: readonly Column[], heading: Heading): InstanceType<typeof Table> {
  return new Table({
    head: columns.map((column) => column[heading]),
    colAligns: columns.map((column) => (column.isNumber ? "right" : "left")),
    rowAligns: columns.map(() => "bottom"),
    chars: { ...chars, middle: " ".repeat(GAP) },
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
  });
}
