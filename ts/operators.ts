/**
 * Linear operators made of weights and of one another: products, sums, differences, multiples. Nothing is computed until a
 * norm is asked for, and no matrix is ever formed.
 *
 * @module
 */
import { OptionError, ShapeError } from "./engine/errors.js";
import { isOperator, readOperator, remember, then } from "./engine/operator.js";
import { complaint, complaintOf } from "./engine/validate.js";
import { readWeight } from "./engine/weight.js";
import type { AnyOperator, Composed, FloatArray, OperatorLike, WasmMatrix } from "./types.js";

/**
 * The product A·B, e.g. B·A of a LoRA, whose norm needs no dense matrix.
 *
 * @param a A weight or an operator with as many columns as `b` has rows.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`.
 * @example await spectralNorm(operatorProduct([[1], [2]], [[3, 4]])) // 11.180339887498949
 */
export function operatorProduct<A extends OperatorLike, B extends OperatorLike>(a: A, b: B): Composed<A, B> {
  const [first, second] = [read("a", a), read("b", b)];
  if (first.columns !== second.rows) {
    const expected = `as many rows as "a" has columns, ${first.columns}`;
    throw new ShapeError(complaintOf("b", expected, String(second.rows)));
  }
  return compose<Composed<A, B>>(first.rows, second.columns, [first, second], ([left, right]) => ({
    apply: (x) => then(right.apply(x), (y) => left.apply(wide(y))),
    applyAdjoint: (y) => then(left.applyAdjoint(y), (x) => right.applyAdjoint(wide(x))),
  }));
}

/**
 * The sum A + B, e.g. a weight with its LoRA: W + s·B·A.
 *
 * @throws {SpectralNormError} `SHAPE`, `TYPE`.
 * @example await spectralNorm(operatorSum([[1, 0], [0, 1]], [[1, 0], [0, 2]])) // 3
 */
export function operatorSum<A extends OperatorLike, B extends OperatorLike>(a: A, b: B): Composed<A, B> {
  return combine(a, b, 1);
}

/**
 * The difference A − B, e.g. of a weight before and after quantization or fine-tuning.
 *
 * @throws {SpectralNormError} `SHAPE`, `TYPE`.
 * @example await spectralNorm(operatorDifference([[5, 0], [0, 1]], [[1, 0], [0, 2]])) // 4
 */
export function operatorDifference<A extends OperatorLike, B extends OperatorLike>(a: A, b: B): Composed<A, B> {
  return combine(a, b, -1);
}

/**
 * The multiple factor·A.
 *
 * @param factor A finite number.
 * @throws {SpectralNormError} `OPTION`, `TYPE`, `SHAPE`.
 * @example await spectralNorm(operatorScale([[1, 0], [0, 2]], -3)) // 6
 */
export function operatorScale<A extends OperatorLike>(a: A, factor: number): Composed<A> {
  if (!Number.isFinite(factor)) {
    throw new OptionError(complaint("factor", "a finite number", factor));
  }
  const operator = read("a", a);
  const times = (x: FloatArray) => Float64Array.from(x, (entry) => factor * entry);
  return compose<Composed<A>>(operator.rows, operator.columns, [operator], ([only]) => ({
    apply: (x) => then(only.apply(x), times),
    applyAdjoint: (y) => then(only.applyAdjoint(y), times),
  }));
}

function combine<A extends OperatorLike, B extends OperatorLike>(a: A, b: B, sign: number): Composed<A, B> {
  const [first, second] = [read("a", a), read("b", b)];
  const { rows, columns } = first;
  if (rows !== second.rows || columns !== second.columns) {
    const expected = `the shape of "a", ${rows} × ${columns}`;
    throw new ShapeError(complaintOf("b", expected, `${second.rows} × ${second.columns}`));
  }
  const add = (x: FloatArray, y: FloatArray) => Float64Array.from(x, (entry, index) => entry + sign * (y[index] ?? 0));
  return compose<Composed<A, B>>(rows, columns, [first, second], ([left, right]) => ({
    apply: (x) => then(left.apply(x), (y) => then(right.apply(x), (z) => add(y, z))),
    applyAdjoint: (y) => then(left.applyAdjoint(y), (x) => then(right.applyAdjoint(y), (z) => add(x, z))),
  }));
}

/** In float64, as operators are handed their arguments. */
function wide(vector: FloatArray): Float64Array {
  return vector instanceof Float64Array ? vector : Float64Array.from(vector);
}

/** Remembers how it was made, so that an engine can put its own products in the place of those of the weights. */
function compose<C>(
  rows: number,
  columns: number,
  parts: readonly AnyOperator[],
  make: (parts: readonly [AnyOperator, AnyOperator]) => Pick<AnyOperator, "apply" | "applyAdjoint">,
): C {
  const build = (bound: readonly AnyOperator[]) => ({
    rows,
    columns,
    ...make(bound as readonly [AnyOperator, AnyOperator]),
  });
  return remember(build(parts), { parts, build }) as C;
}

/** A part of a composition: an operator as it is, a weight as one that multiplies by plain loops. */
function read(title: string, value: OperatorLike): AnyOperator {
  if (isOperator(value)) {
    return readOperator(title, value);
  }
  const operand = readWeight(value);
  const { permuted, outer, inner, rows, columns } = operand.layout;
  const blocks = permuted ? outer : 1;
  const width = permuted ? inner : columns;
  /** Calls back with every element's place, row and column. */
  const each = (visit: (element: number, row: number, column: number) => void) => {
    const data = typeof operand.source === "number" ? (value as WasmMatrix).view : operand.source;
    for (let place = 0; place < blocks * rows * width; place += 1) {
      const block = Math.floor(place / width);
      visit(data[place] ?? 0, block % rows, Math.floor(block / rows) * width + (place % width));
    }
  };
  const operator: AnyOperator = {
    rows,
    columns,
    apply(x) {
      const image = new Float64Array(rows);
      each((element, row, column) => {
        image[row] = (image[row] ?? 0) + element * (x[column] ?? 0);
      });
      return image;
    },
    applyAdjoint(y) {
      const image = new Float64Array(columns);
      each((element, row, column) => {
        image[column] = (image[column] ?? 0) + element * (y[row] ?? 0);
      });
      return image;
    },
  };
  return remember(operator, { weight: operand });
}
