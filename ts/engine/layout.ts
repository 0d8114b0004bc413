/**
 * How a weight of any number of dimensions is read as a matrix.
 *
 * @module
 */
import { describe } from "./describe.js";
import { ShapeError, TypeMismatchError } from "./errors.js";
import { complaint, complaintOf, elementSizes, type StorageCode, storageNames } from "./validate.js";

/** A checked shape with the matrix it stands for. */
export interface Layout {
  /** A copy of the caller's shape. */
  readonly shape: readonly number[];
  /** The output axis, counted from the front; 0 for a matrix that names none. */
  readonly axis: number;
  /** The number of elements. */
  readonly length: number;
  readonly rows: number;
  readonly columns: number;
  /** Whether the output axis is neither the first nor the last, so that elements must be moved to form the matrix. */
  readonly permuted: boolean;
  /** Product of the dimensions before the output axis. */
  readonly outer: number;
  /** Product of the dimensions behind it. */
  readonly inner: number;
}

/** WebAssembly's addresses have 32 bits. */
const mostBytes = 2 ** 32;

/** What messages call the two arguments. */
export interface LayoutTitles {
  readonly shape: string;
  readonly axis: string;
}

/** Checks shape and axis. */
export function readLayout(titles: LayoutTitles, shape: unknown, axis: unknown, dtype: StorageCode): Layout {
  const dimensions = readShape(titles.shape, shape);
  const length = dimensions.reduce((product, dimension) => product * dimension, 1);
  const most = mostBytes / elementSizes[dtype];
  if (length > most) {
    const expected = `at most ${most} elements of ${storageNames[dtype]}, 4 GiB`;
    throw new ShapeError(complaintOf(titles.shape, expected, `${dimensions.join(" × ")} = ${length}`));
  }
  const output = readAxis(titles.axis, axis, dimensions);
  const outer = dimensions.slice(0, output).reduce((product, dimension) => product * dimension, 1);
  const extent = dimensions[output] ?? 1;
  const inner = length / (outer * extent);
  const isLast = output === dimensions.length - 1;
  // The norm of a matrix does not depend on the axis, so a matrix is always read as it lies.
  const rows = dimensions.length === 2 ? (dimensions[0] ?? 1) : isLast ? outer : extent;
  const permuted = dimensions.length > 2 && output !== 0 && !isLast;
  return { shape: dimensions, axis: output, length, rows, columns: length / rows, permuted, outer, inner };
}

function readShape(title: string, shape: unknown): readonly number[] {
  if (!Array.isArray(shape)) {
    throw new TypeMismatchError(complaint(title, "an array of at least 2 positive integers", shape));
  }
  const dimensions: readonly unknown[] = Array.from(shape);
  if (dimensions.length < 2) {
    const remedy = `For a vector of n entries pass shape [1, n], a row, or [n, 1], a column`;
    throw new ShapeError(complaint(title, "at least 2 positive integers", shape, remedy));
  }
  if (!dimensions.every(isDimension)) {
    throw new ShapeError(complaint(title, "at least 2 positive integers", shape));
  }
  return Object.freeze(dimensions);
}

function isDimension(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function readAxis(title: string, axis: unknown, shape: readonly number[]): number {
  const last = shape.length - 1;
  if (axis === undefined) {
    if (shape.length === 2) {
      return 0;
    }
    const choices = `0 for PyTorch (${describe(shape)} has ${shape[0]} outputs) or ${last}, the last, for Keras and TensorFlow (${shape[last]} outputs)`;
    throw new ShapeError(
      complaintOf(title, `the output axis of a shape of ${shape.length} dimensions`, "undefined", `Pass ${choices}`),
    );
  }
  if (typeof axis !== "number") {
    throw new TypeMismatchError(complaint(title, "an integer", axis));
  }
  const output = axis === -1 ? last : axis;
  if (!Number.isInteger(output) || output < 0 || output > last) {
    throw new ShapeError(complaint(title, `an integer from 0 to ${last}, or -1 for the last axis`, axis));
  }
  return output;
}
