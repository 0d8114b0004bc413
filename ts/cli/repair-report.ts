/**
 * What is told of a repair.
 *
 * @module
 */
import { type Column, tableOfColumns } from "../checkpoint/report/columns.js";
import { formatShape, plural, printable, wrap } from "../checkpoint/report/text.js";
import type { Repair, RepairedTensor } from "../repair.js";

const columns: readonly Column<RepairedTensor>[] = [
  {
    key: "weight",
    head: "weight",
    value: ({ name, from }) => (name === from ? name : `${from} → ${name}`),
    isNumber: false,
  },
  { key: "shape", head: "shape", value: ({ shape }) => formatShape(shape), isNumber: false },
  { key: "dtype", head: "dtype", value: ({ dtype }) => dtype, isNumber: false },
  { key: "before", head: "σ before", value: ({ before }) => before, isNumber: true },
  { key: "after", head: "σ after", value: ({ after }) => after, isNumber: true },
];

/** The report for people. */
export function renderRepair(repair: Repair, done: string, isDry: boolean, width: number): string {
  const { file, tensors, removed, omitted, files } = repair;
  const rows = tensors.length === 0 ? "" : `\n${tableOfColumns(columns, tensors, width)}\n\n`;
  const title = `${printable(file)}: ${plural(tensors.length, "weight")} ${done}`;
  const noted = new Map<string, string[]>();
  for (const { name, note } of tensors) if (note !== null) noted.set(note, [...(noted.get(note) ?? []), name]);
  const notes = [
    ...[...noted].map(([note, names]) => `${listed(names)}: ${note}.`),
    ...(removed.length === 0 ? [] : [`Removed: ${listed(removed)}.`]),
    ...(omitted.length === 0 ? [] : [`Not in the result: ${listed(omitted.map(({ name }) => name))}.`]),
    ...(isDry ? ["Nothing was written."] : files.map(({ path, size }) => `Wrote ${printable(path)}, ${size} bytes.`)),
  ];
  return `${wrap(title, width)}\n${rows}${notes.map((note) => wrap(note, width)).join("\n")}\n`;
}

function listed(names: readonly string[]): string {
  return names.map(printable).join(", ");
}
