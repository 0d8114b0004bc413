/**
 * Norms of lists.
 *
 * @module
 */
import { describe } from "../engine/describe.js";
import { TypeMismatchError } from "../engine/errors.js";
import { load } from "../index.js";
import type { StoredMatrix, WeightLike } from "../types.js";
import { titled } from "./titled.js";
import type { SpectralNormsOptions } from "./types.js";

/**
 * The spectral norms of a list of weights, in its order, by one engine on this thread; a pool has the same for many threads.
 *
 * @throws {SpectralNormError} As `spectralNorm`, the message beginning with the place, e.g. `list[3]`; `TYPE` for what is no array; `LOAD`.
 * @example await spectralNorms([[[3, 0], [0, 4]], [[2]]]) // Float64Array [4, 2]
 */
export async function spectralNorms(
  list: readonly (WeightLike | StoredMatrix)[],
  options: SpectralNormsOptions = {},
): Promise<Float64Array> {
  if (!Array.isArray(list)) throw new TypeMismatchError(`"list" expected an array of weights, got ${describe(list)}`);
  const { engine = await load(), ...search } = options;
  return Float64Array.from(list, (weight, place) =>
    titled(`list[${place}]`, () => engine.spectralNorm(weight, search)),
  );
}
