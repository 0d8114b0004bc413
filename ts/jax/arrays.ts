/**
 * Arrays of jax-js: checked at the door, read as matrices, measured without overflow.
 *
 * Functions of jax-js own their arguments: each use of an array but the last is written `.ref`. Ours keep to that, and
 * check everything before they use anything up, so that a call that throws has taken nothing.
 *
 * @module
 */
import { Array as JaxArray, jit, lax, numpy as np } from "@jax-js/jax";
import { DisposedError, ShapeError, TypeMismatchError } from "../engine/errors.js";
import { type Layout, readLayout } from "../engine/layout.js";
import { complaint, complaintOf } from "../engine/validate.js";
import type { Tensor } from "./types.js";

/** What arrays and tracers have in common; jax-js does not export the class. */
const traced = (): (new () => unknown) => Object.getPrototypeOf(JaxArray);

/** Whether a value is an array of jax-js, traced or not. */
export function isTensor(value: unknown): value is Tensor {
  return value instanceof traced();
}

/** A float array that is alive; throws for anything else. */
export function readTensor(title: string, value: unknown): Tensor {
  if (!isTensor(value)) {
    const foreign = typeof value === "object" && value !== null && "refCount" in value && "dispose" in value;
    const remedy = foreign ? "There seem to be two copies of @jax-js/jax; install one" : undefined;
    throw new TypeMismatchError(complaint(title, "an array of @jax-js/jax", value, remedy));
  }
  if (value instanceof JaxArray && value.refCount < 1) {
    const remedy = "Pass .ref where an array is needed again";
    throw new DisposedError(complaintOf(title, "an array that is alive", "one that was used up", remedy));
  }
  if (!value.dtype.startsWith("float")) {
    throw new TypeMismatchError(complaintOf(title, "an array of floats", value.dtype));
  }
  return value;
}

/** The same, of a certain shape; `of` says what it must match. */
export function readShaped(title: string, value: unknown, shape: readonly number[], of: string): Tensor {
  const tensor = readTensor(title, value);
  if (tensor.shape.length !== shape.length || tensor.shape.some((side, axis) => side !== shape[axis])) {
    throw new ShapeError(complaintOf(title, `shape [${shape.join(", ")}], ${of}`, `[${tensor.shape.join(", ")}]`));
  }
  return tensor;
}

/** How a weight is read as a matrix. */
export function layoutOf(title: string, w: Tensor, axis: unknown): Layout {
  const titles = { shape: `${title}.shape`, axis: "options.axis" };
  return readLayout(titles, w.shape, axis === undefined ? -1 : axis, 0);
}

/** The weight as that matrix. */
export function matrixOf(w: Tensor, { axis, permuted, rows, columns }: Layout): Tensor {
  const moved = permuted ? w.transpose([axis, ...w.shape.keys()].filter((a, at) => at === 0 || a !== axis)) : w;
  return moved.reshape([rows, columns]);
}

/** The matrix as a weight again. */
export function weightOf(matrix: Tensor, { axis, permuted, shape }: Layout): Tensor {
  if (!permuted) {
    return matrix.reshape([...shape]);
  }
  const others = shape.filter((_, at) => at !== axis);
  const back = [...shape.keys()].map((at) => (at === axis ? 0 : at < axis ? at + 1 : at));
  return matrix.reshape([shape[axis] ?? 1, ...others]).transpose(back);
}

/** `x` where it is not 0, else 1: a divisor that leaves zeros alone, and whose gradient is finite. */
export function orOne(x: Tensor): Tensor {
  return np.where(x.ref.equal(0), 1, x);
}

let compiledQuotient: ((x: Tensor, y: Tensor) => Tensor) | undefined;

/** x/y, compiled: the derivative of a reciprocal leaks its argument in jax-js 0.1.25, but not where it is compiled. */
export function quotient(x: Tensor, y: Tensor): Tensor {
  compiledQuotient ??= jit((a: Tensor, b: Tensor) => a.div(b));
  return compiledQuotient(x, y);
}

/** The largest magnitude, or 1 for zeros: what to divide by so that no square overflows or vanishes. A constant to gradients. */
export function magnitude(x: Tensor): Tensor {
  return orOne(np.max(np.absolute(lax.stopGradient(x))));
}

/** √Σx² over all entries, with the subgradient 0 at 0. */
export function length(x: Tensor): Tensor {
  const scale = magnitude(x.ref);
  return rootOf(np.square(quotient(x, scale.ref)).sum()).mul(scale);
}

/** √x of sums of squares; its gradient at 0 is 0, not infinite. */
export function rootOf(squares: Tensor): Tensor {
  const isZero = squares.ref.equal(0);
  return np.where(isZero.ref, 0, np.sqrt(np.where(isZero, 1, squares)));
}
