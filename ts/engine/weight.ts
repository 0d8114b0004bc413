/**
 * Reads what callers pass as weights and as places for results.
 *
 * @module
 */
import type { FloatArray, WasmMatrix } from "../types.js";
import { describe, typedArrayKind } from "./describe.js";
import { ShapeError, TypeMismatchError } from "./errors.js";
import { readLayout } from "./layout.js";
import { halvedOf, isForeignHandle, operandOf } from "./matrix.js";
import type { Memory, Operand } from "./memory.js";
import { stored } from "./stored.js";
import { checkKeys, complaint, complaintOf, dtypeNames, readDtype } from "./validate.js";

const titlesOf = (title: string) => ({ shape: `${title}.shape`, axis: `${title}.axis` });
const expected = "{ data, shape, axis }, a number[][] or a WasmMatrix";

/** Checks a weight of any kind, or one in half of the bytes. */
export function readStored(w: unknown): Operand {
  return (stored && halvedOf(w)) ?? readWeight(w);
}

/** Checks a weight of any kind; `title` is what messages call it. */
export function readWeight(w: unknown, title = "w"): Operand {
  const operand = operandOf(title, w);
  if (operand !== undefined) {
    return operand;
  }
  if (Array.isArray(w)) {
    return readRows(w);
  }
  if (typeof w !== "object" || w === null) {
    throw new TypeMismatchError(complaint(title, expected, w));
  }
  refuseForeign(title, w);
  if (typedArrayKind(w) !== undefined) {
    throw new TypeMismatchError(complaint(title, expected, w, "Pass { data: w, shape: [rows, columns] }"));
  }
  checkKeys(title, w, ["data", "shape", "axis"]);
  const { data, shape, axis } = w as Record<"data" | "shape" | "axis", unknown>;
  const dtype = readDtype(`${title}.data`, data);
  const layout = readLayout(titlesOf(title), shape, axis, dtype);
  const { length } = data as FloatArray;
  if (length !== layout.length) {
    const product = `length ${layout.shape.join(" × ")} = ${layout.length}`;
    throw new ShapeError(complaintOf(`${title}.data`, product, String(length)));
  }
  return { layout, dtype, source: data as FloatArray };
}

function refuseForeign(title: string, value: object): void {
  if (isForeignHandle(value)) {
    const got = "one of another engine, whose memory this one cannot see";
    throw new TypeMismatchError(complaintOf(title, "a WasmMatrix of this engine", got));
  }
}

/** Nested arrays, copied row by row into one. */
function readRows(w: readonly unknown[]): Operand {
  if (w.length === 0) {
    throw new ShapeError(complaint("w", "at least one row", w));
  }
  const columns = readRow(w[0], 0).length;
  if (columns === 0) {
    throw new ShapeError(complaintOf("w", "at least one column", "rows of length 0"));
  }
  const layout = readLayout(titlesOf("w"), [w.length, columns], undefined, 1);
  const source = new Float64Array(layout.length);
  for (let row = 0; row < w.length; row += 1) {
    const entries = readRow(w[row], row);
    if (entries.length !== columns) {
      const got = `length ${entries.length} in row ${row}`;
      throw new ShapeError(complaintOf("w", `rows of length ${columns}, as the first one`, got));
    }
    fillRow(source, row, entries);
  }
  return { layout, dtype: 1, source };
}

function readRow(row: unknown, index: number): readonly unknown[] {
  if (!Array.isArray(row)) {
    const remedy = typeof row === "number" ? "Pass a vector as [[…]], a matrix of one row" : undefined;
    throw new TypeMismatchError(complaint(`w[${index}]`, "an array of numbers", row, remedy));
  }
  return row;
}

function fillRow(target: Float64Array, row: number, entries: readonly unknown[]): void {
  const start = row * entries.length;
  for (let column = 0; column < entries.length; column += 1) {
    const entry = entries[column];
    if (typeof entry !== "number") {
      throw new TypeMismatchError(complaint(`w[${row}][${column}]`, "a number", entry));
    }
    target[start + column] = entry;
  }
}

/** What a result is like. */
export type Form = Pick<Operand, "dtype" | "layout">;

/** Where a result goes: into an array of the caller's, a handle of the caller's, or (`undefined`) a new array. */
export interface Destination {
  /** What the caller gets back as `data`. */
  readonly out: FloatArray | WasmMatrix;
  /** The buffer of a handle. */
  readonly buffer: number | undefined;
}

/** Checks `out` against the weight whose result it is to receive. */
export function readOut(memory: Memory, out: unknown, weight: Form): Destination | undefined {
  if (out === undefined) {
    return undefined;
  }
  const handle = operandOf("options.out", out);
  if (handle !== undefined) {
    matchWeight(handle.dtype, handle.layout.length, weight);
    return { out: out as WasmMatrix, buffer: handle.source as number };
  }
  if (typeof out === "object" && out !== null) {
    refuseForeign("options.out", out);
  }
  const array = out as FloatArray;
  matchWeight(readDtype("options.out", out), array.length, weight);
  if (memory.holds(array)) {
    const remedy = "Pass the WasmMatrix itself";
    throw new TypeMismatchError(
      complaintOf("options.out", "an array of yours", "a view of the engine's memory", remedy),
    );
  }
  return { out: array, buffer: undefined };
}

function matchWeight(dtype: Operand["dtype"], length: number, weight: Form): void {
  if (dtype !== weight.dtype) {
    const [wanted, got] = [dtypeNames[weight.dtype], dtypeNames[dtype]];
    throw new TypeMismatchError(complaintOf("options.out", `${wanted}, as the weight is`, got));
  }
  if (length !== weight.layout.length) {
    const product = `length ${weight.layout.length}, as the weight has`;
    throw new ShapeError(complaintOf("options.out", product, String(length)));
  }
}

/** The matrix in words, e.g. `the 3 × 4 matrix`. */
export function matrixInWords({ layout }: Pick<Operand, "layout">): string {
  const read = layout.shape.length > 2 ? ` that ${describe(layout.shape)} is read as` : "";
  return `the ${layout.rows} × ${layout.columns} matrix${read}`;
}

/** What the caller gets: the handle, which is filled already, the array that was passed, or a new one. */
export function hand(
  memory: Memory,
  weight: Form,
  result: number,
  destination: Destination | undefined,
): FloatArray | WasmMatrix {
  if (destination === undefined) {
    return memory.copy(result, weight.dtype, weight.layout.length);
  }
  return destination.buffer === undefined
    ? memory.read(result, weight.dtype, destination.out as FloatArray)
    : destination.out;
}
