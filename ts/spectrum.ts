/**
 * The leading singular values.
 *
 * @module
 */
import { door, type Memory } from "./engine/memory.js";
import { readSearch, searchKeys } from "./engine/search.js";
import { settled } from "./engine/settled.js";
import { readChoice, readInteger, readOptions } from "./engine/validate.js";
import { readWeight } from "./engine/weight.js";
import type { FloatArray, SingularValuesOptions, SingularValuesResult, Spectral, WeightLike } from "./types.js";

/** Makes the function over one engine's memory. */
export function spectrumOf(memory: Memory): Pick<Spectral, "singularValues"> {
  return { singularValues: (w, options) => singularValues(memory, w, options) };
}

const keys = [...searchKeys.filter((key) => key !== "start"), "k", "vectors"] as const;

/** Elements that are copied in float64, which is faster than widening them at each pass; of more, memory counts. */
const mostCopied = 4e6;

function singularValues<W extends WeightLike, O extends SingularValuesOptions>(
  memory: Memory,
  w: W,
  options: O | undefined,
): SingularValuesResult<W, O> {
  const weight = readWeight(w);
  const given = readOptions<SingularValuesOptions>(options, keys);
  const { rows, columns, length } = weight.layout;
  const most = Math.min(rows, columns);
  const count = readInteger("options.k", given.k, most, 1, most);
  readChoice("options.method", given.method, ["auto", "lanczos", "exact"]);
  const { method, tolerance, maxIterations, seed } = readSearch(given, weight);
  const wantsVectors = given.vectors === true;
  return memory.run((scope) => {
    const { matrix } = scope.place(weight);
    const values = scope.buffer(1, count);
    const [u = 0, v = 0] = wantsVectors ? [rows, columns].map((side) => scope.buffer(1, count * side)) : [];
    const [iterations = 0, converged = 0, residual = 0] = door.leading(
      length > mostCopied ? matrix : scope.vector(memory.copy(matrix, weight.dtype, length)),
      rows,
      columns,
      count,
      method,
      tolerance,
      maxIterations,
      seed,
      values,
      u,
      v,
    );
    const sigmas = memory.copy(values, 1, count);
    settled({ sigma: sigmas[0] ?? 0, residual, iterations, converged: converged === 1 }, tolerance);
    if (!wantsVectors) {
      return sigmas as SingularValuesResult<W, O>;
    }
    const vectors = (id: number, side: number): FloatArray[] => {
      const all = memory.copy(id, 1, count * side);
      return Array.from({ length: count }, (_, index) => {
        const vector = all.slice(index * side, (index + 1) * side);
        return weight.dtype === 0 ? new Float32Array(vector) : vector;
      });
    };
    const result = { values: sigmas, u: vectors(u, rows), v: vectors(v, columns), residual, iterations };
    return result as unknown as SingularValuesResult<W, O>;
  });
}
