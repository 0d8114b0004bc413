/**
 * Products B·A of two thin factors, without the matrix that they make.
 *
 * With B = QR the product is Q·(RA), so that RA, as small as A, has its singular values and its Frobenius norm. The R of
 * Gram and Schmidt's modified method is that of an orthonormal Q and a matrix close to B, however badly conditioned B is
 * (Björck 1967; Higham, Accuracy and Stability of Numerical Algorithms, 2002, theorem 19.13).
 *
 * @module
 */
import { dot, sumOfSquares } from "../engine/vectors.js";
import type { FloatArray } from "../types.js";

/** A matrix, row-major. */
export interface Factor {
  readonly data: FloatArray;
  readonly rows: number;
  readonly columns: number;
}

/**
 * A small matrix whose singular values, times `scale`, are those of a product, but for an error of at most `error` in the
 * spectral norm of the small one.
 */
export interface Core {
  readonly data: Float64Array;
  readonly shape: readonly [rows: number, columns: number];
  readonly error: number;
  /** A power of two. */
  readonly scale: number;
}

const UNIT = 2 ** -53;
/** Higham's theorem has a small integer in its place, which he does not name; Householder's constants are below. */
const CONSTANT = 32;

/** The core of B·A. */
export function coreOf(givenB: Factor, givenA: Factor): Core {
  // Squares of entries near 1e±200 are beyond float64; multiples by powers of two are exact.
  const [b, ofB] = scaled(givenB);
  const [a, ofA] = scaled(givenA);
  const rank = b.columns;
  // A product with fewer rows than factors is small itself.
  const isWide = b.rows <= rank;
  const left = isWide ? Float64Array.from(b.data) : triangle(b);
  const rows = isWide ? b.rows : rank;
  const data = multiply(left, rows, rank, a);
  const size = Math.sqrt(sumOfSquares(b.data)) * Math.sqrt(sumOfSquares(a.data));
  const factoring = isWide ? 0 : CONSTANT * (b.rows + rank) * rank * UNIT;
  const error = (factoring + 2 * (rank + 2) * UNIT) * size * (1 + 1e-9);
  return { data, shape: [rows, a.columns], error, scale: ofB * ofA };
}

/** A factor whose largest entry is between 1/2 and 2, and what that one is to be multiplied by. */
function scaled(factor: Factor): readonly [Factor, number] {
  let largest = 0;
  for (const entry of factor.data) largest = Math.max(largest, Math.abs(entry));
  const scale = largest === 0 ? 1 : 2 ** Math.max(-1000, Math.floor(Math.log2(largest)));
  return [{ ...factor, data: Float64Array.from(factor.data, (entry) => entry / scale) }, scale];
}

/** R of a QR decomposition, by the modified method of Gram and Schmidt. */
function triangle({ data, rows, columns }: Factor): Float64Array {
  // Column by column, for each is worked on as a whole.
  const q = Array.from({ length: columns }, (_, column) =>
    Float64Array.from({ length: rows }, (_unused, row) => data[row * columns + column] ?? 0),
  );
  const r = new Float64Array(columns * columns);
  for (const [j, pivot] of q.entries()) {
    const length = Math.sqrt(dot(pivot, pivot));
    r[j * columns + j] = length;
    if (length === 0) continue;
    for (let row = 0; row < rows; row += 1) pivot[row] = (pivot[row] ?? 0) / length;
    for (let k = j + 1; k < columns; k += 1) {
      const other = q[k] as Float64Array;
      const along = dot(pivot, other);
      r[j * columns + k] = along;
      for (let row = 0; row < rows; row += 1) other[row] = (other[row] ?? 0) - along * (pivot[row] ?? 0);
    }
  }
  return r;
}

function multiply(left: Float64Array, rows: number, inner: number, { data, columns }: Factor): Float64Array {
  const product = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row += 1) {
    const target = product.subarray(row * columns, (row + 1) * columns);
    for (let k = 0; k < inner; k += 1) {
      const factor = left[row * inner + k] ?? 0;
      if (factor === 0) continue;
      for (let column = 0; column < columns; column += 1) {
        target[column] = (target[column] ?? 0) + factor * (data[k * columns + column] ?? 0);
      }
    }
  }
  return product;
}
