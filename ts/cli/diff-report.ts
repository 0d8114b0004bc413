/**
 * What is told of two checkpoints that were compared.
 *
 * @module
 */
import { type Column, csvOfColumns, markdownOfColumns, tableOfColumns } from "../checkpoint/report/columns.js";
import { escaped } from "../checkpoint/report/markdown.js";
import { formatNumber, formatShape, plural, printable, wrap } from "../checkpoint/report/text.js";
import type { ComparedTensor, Diff } from "../repair.js";

/** The kinds of reports that are asked for by a switch. */
export const diffFormats = ["json", "csv", "markdown"] as const;

/** A kind of report. */
export type DiffFormat = (typeof diffFormats)[number] | "table";

const number = (key: string, head: string, value: (row: ComparedTensor) => number | null): Column<ComparedTensor> => ({
  key,
  head,
  value,
  isNumber: true,
});

const columns: readonly Column<ComparedTensor>[] = [
  { key: "tensor", head: "tensor", value: ({ name }) => name, isNumber: false },
  { key: "shape", head: "shape", value: ({ shape }) => formatShape(shape), isNumber: false },
  { key: "dtypes", head: "types", value: ({ dtypes: [a, b] }) => (a === b ? a : `${a} → ${b}`), isNumber: false },
  number("spectral_norm", "‖A−B‖₂", (row) => row.spectralNorm),
  number("frobenius_norm", "‖A−B‖_F", (row) => row.frobeniusNorm),
  number("reference", "‖A‖₂", (row) => row.reference),
  number("relative", "relative", (row) => row.relative),
  number("spectral_share", "share of σ", (row) => row.spectralShare),
  number("energy_share", "share of squares", (row) => row.energyShare),
];
const error: Column<ComparedTensor> = {
  key: "error",
  head: "error",
  value: (row) => row.error?.message ?? null,
  isNumber: false,
};

/** A report as one text. */
export function renderDiff(format: DiffFormat, diff: Diff, version: string, width: number): string {
  const { tensors } = diff;
  if (format === "json") return `${JSON.stringify({ version, ...diff }, undefined, 2)}\n`;
  if (format === "csv") return csvOfColumns([...columns, error], tensors);
  const notes = notesOf(diff);
  const title = titleOf(diff);
  if (format === "markdown") {
    const table = tensors.length === 0 ? "" : `\n${markdownOfColumns(columns, tensors)}`;
    const list = notes.map((note) => `- ${escaped(note)}\n`).join("");
    return `### ${escaped(title)}\n${table}${list === "" ? "" : `\n${list}`}`;
  }
  const table = tensors.length === 0 ? "" : `\n${tableOfColumns(columns, tensors, width)}\n`;
  const below = notes.map((note) => `${wrap(printable(note), width)}\n`).join("");
  return `${wrap(title, width)}\n${table}${below === "" ? "" : `\n${below}`}`;
}

function titleOf({ files: [a, b], tensors, frobeniusNorm }: Diff): string {
  const differing = tensors.filter((row) => row.frobeniusNorm !== 0).length;
  const counted = `${differing} of ${plural(tensors.length, "tensor")} differ`;
  return `${printable(a)} and ${printable(b)}: ${counted}, by ${formatNumber(frobeniusNorm)} in all (‖A−B‖_F)`;
}

function notesOf({ tensors, onlyInFirst, onlyInSecond, mismatched, skipped, files: [a, b] }: Diff): string[] {
  const list = (names: readonly string[]) => names.join(", ");
  return [
    ...tensors.flatMap(({ name, error }) => (error === null ? [] : [`${name}: ${error.message}.`])),
    ...mismatched.map(({ name, reason }) => `${name} cannot be compared: ${reason}.`),
    ...(onlyInFirst.length === 0 ? [] : [`Only in ${a}: ${list(onlyInFirst)}.`]),
    ...(onlyInSecond.length === 0 ? [] : [`Only in ${b}: ${list(onlyInSecond)}.`]),
    ...(skipped.length === 0 ? [] : [`Not compared, because they are not floats: ${list(skipped)}.`]),
  ];
}

/** Why a limit of the relative spectral norm is not kept. */
export function failuresOf(diff: Diff, limit: number): readonly string[] {
  const { tensors, onlyInFirst, onlyInSecond, mismatched } = diff;
  const exceeding = tensors.filter(({ relative }) => relative === null || relative > limit);
  return [
    ...exceeding.map(({ name, relative, error }) => {
      if (error !== null) return `${name}: its difference is not known`;
      if (relative === null) return `${name}: it is zero in A alone`;
      return `${name}: its relative difference is ${relative}, more than ${limit}`;
    }),
    ...mismatched.map(({ name, reason }) => `${name}: ${reason}`),
    ...onlyInFirst.map((name) => `${name}: it is missing in B`),
    ...onlyInSecond.map((name) => `${name}: it is missing in A`),
  ];
}
