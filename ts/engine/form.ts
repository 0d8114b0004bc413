/**
 * uᵀWv, which a checkpoint of PyTorch's spectral normalization divides its weight by.
 *
 * @module
 */
import type { FloatArray } from "../types.js";
import { door, type Lease, type Scope } from "./memory.js";
import { stored } from "./stored.js";
import { dot } from "./vectors.js";

/** `Σ uᵢ (Wv)ᵢ` in float64; an entry that is not finite is an error. */
export function formOf(
  scope: Scope,
  { id, rows, columns, halved }: Pick<Lease, "rows" | "columns" | "halved"> & { readonly id: number },
  u: FloatArray,
  v: FloatArray,
): number {
  const image = scope.buffer(1, rows);
  const functions = stored && halved ? stored : door;
  functions.multiply(id, rows, columns, false, scope.vector(v), image);
  const sum = dot(scope.memory.view(image, 1, rows), u);
  if (!Number.isFinite(sum)) {
    // Every NaN and infinity of W is in here, whatever it is multiplied with, and so are sums beyond float64.
    functions.frobeniusNorm(id, rows, columns);
  }
  return sum;
}
