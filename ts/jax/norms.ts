/**
 * Spectral norms and spectral normalization in jax-js, with the gradients of the article's item 20.
 *
 * @module
 */
import { readInteger, readOptions } from "../engine/validate.js";
import { layoutOf, length, matrixOf, readTensor } from "./arrays.js";
import { divide, estimate, normalizeKernels, normalizeKeys, readDivision, readPair } from "./division.js";
import { onesOf, readRule, stepOf } from "./power.js";
import type { AxisOption, NormalizeOptions, SpectralState, StateTree, Tensor, Tree } from "./types.js";

/**
 * The norm uᵀWv, u and v being those of the state, whose gradient with respect to W is uvᵀ (Miyato et al. 2018, eq. 11). It is
 * at most ‖W‖₂ but for rounding, and as near to it as the state is to the singular vectors.
 *
 * @param w A weight of at least two dimensions; used up.
 * @param state Its state; used up.
 * @returns A scalar, differentiable in `w` alone.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `OPTION`, `DISPOSED`.
 * @example const w = np.array([[3, 0], [0, 4]]); spectralNorm(w.ref, spectralNormState(w)).js() // 4
 */
export function spectralNorm(w: Tensor, state: SpectralState, options?: AxisOption): Tensor {
  const { axis } = readOptions<AxisOption>(options, ["axis"]);
  return estimate(w, state, readPair(["w", "state"], w, state, axis));
}

/**
 * The article's norm (item 7): `iterations` alternating steps from all ones, at every call anew, and a gradient through all
 * of them. From a random vector where Wᵀ annihilates all ones, where the article divides 0 by 0.
 *
 * @param w A weight of at least two dimensions; used up.
 * @returns A scalar: an underestimate of ‖W‖₂.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `OPTION`, `DISPOSED`.
 * @example powerIteration(np.array([[2, 0], [0, 2]])).js() // 2
 */
export function powerIteration(
  w: Tensor,
  options?: AxisOption & { readonly iterations?: number | undefined; readonly seed?: number | undefined },
): Tensor {
  const given = readOptions<{ axis: number; iterations: number; seed: number }>(options, [
    "axis",
    "iterations",
    "seed",
  ]);
  const rule = readRule({ preset: "article", iterations: given.iterations });
  const seed = readInteger("options.seed", given.seed, 0, 0, 2 ** 32 - 1);
  const layout = layoutOf("w", readTensor("w", w), given.axis);
  const m = matrixOf(w, layout);
  let x = onesOf(m.ref, layout, seed);
  const step = stepOf(rule, true);
  let sigma: Tensor | undefined;
  for (let count = 0; count < rule.iterations; count += 1) {
    sigma?.dispose();
    const after = step(m.ref, x);
    after.y.dispose();
    ({ x, sigma } = after);
  }
  x.dispose();
  m.dispose();
  return sigma as Tensor;
}

/**
 * ‖W‖_F (item 2), of an array of any shape, with the subgradient 0 at 0.
 *
 * @param w Used up.
 * @throws {SpectralNormError} `TYPE`, `DISPOSED`.
 * @example frobeniusNorm(np.array([[3, 4]])).js() // 5
 */
export function frobeniusNorm(w: Tensor): Tensor {
  return length(readTensor("w", w));
}

/**
 * Spectral normalization as a true reparameterization (Miyato et al. 2018; article, items 16 and 20): W·target/σ with σ =
 * uᵀWv, through which the gradient flows. W is unchanged where σ is 0. σ underestimates ‖W‖₂, so that the result's norm is
 * above `target` by as much; {@link exactState} has a remedy.
 *
 * @param w A weight of at least two dimensions; used up.
 * @param state Its state, which does not move: {@link updateState} does that; used up.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `OPTION`, `DISPOSED`.
 * @example const w = np.array([[2, 0], [0, 1]]); spectralNormalize(w.ref, spectralNormState(w)).js() // [[1,0],[0,0.5]]
 */
export function spectralNormalize(w: Tensor, state: SpectralState, options?: NormalizeOptions): Tensor {
  const given = readOptions<NormalizeOptions>(options, normalizeKeys);
  const division = readDivision(given);
  return divide(w, state, readPair(["w", "state"], w, state, given.axis), division);
}

/**
 * The tree with every kernel that has a state normalized, the others as they are.
 *
 * @param params The tree; used up.
 * @param states Its states; used up.
 * @throws {SpectralNormError} As {@link spectralNormalize}, and `SHAPE` for a state without its kernel.
 * @example const p = { kernel: np.array([[2, 0], [0, 1]]) }; normalizeTree(tree.ref(p), stateTree(p)).kernel.js() // [[1,0],[0,0.5]]
 */
export function normalizeTree<T extends Tree>(params: T, states: StateTree, options?: NormalizeOptions): T {
  const given = readOptions<NormalizeOptions>(options, normalizeKeys);
  return normalizeKernels(params, states, given.axis, readDivision(given));
}
