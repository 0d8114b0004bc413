/**
 * Spectral norms and spectral normalization in jax-js, with the gradients of the article's item 20.
 *
 * @module
 */
import { lax, numpy as np } from "@jax-js/jax";
import type { Layout } from "../engine/layout.js";
import { readChoice, readInteger, readOptions, readPositive } from "../engine/validate.js";
import { layoutOf, length, matrixOf, orOne, quotient, readTensor } from "./arrays.js";
import { onesOf, readRule, stepOf } from "./power.js";
import { checkState } from "./state.js";
import { kernelsOf, replaceLeaves, titleOf } from "./trees.js";
import type { AxisOption, NormalizeOptions, SpectralState, StateTree, Tensor, Tree } from "./types.js";

/** The keys of {@link NormalizeOptions}. */
export const normalizeKeys = ["axis", "target", "mode", "by"] as const;

/** Checks a weight with its state, and says how it is read as a matrix. */
export function readPair(titles: readonly [string, string], w: unknown, state: unknown, axis: unknown): Layout {
  const layout = layoutOf(titles[0], readTensor(titles[0], w), axis);
  checkState(titles[1], state, layout);
  return layout;
}

/** uᵀWv with its gradient uvᵀ; both arguments are used up. */
export function estimate(w: Tensor, { u, v, sigma }: SpectralState, layout: Layout): Tensor {
  sigma.dispose();
  return np.dot(lax.stopGradient(u), np.matmul(matrixOf(w, layout), lax.stopGradient(v)));
}

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

/** How {@link spectralNormalize} divides. */
export interface Division {
  readonly target: number;
  readonly shrink: boolean;
  readonly byState: boolean;
}

/** Checks the options of a normalization. */
export function readDivision(given: Partial<NormalizeOptions>): Division {
  return {
    target: readPositive("options.target", given.target === undefined ? 1 : given.target, 0),
    shrink: readChoice("options.mode", given.mode, ["scale", "shrink"]) === "shrink",
    byState: readChoice("options.by", given.by, ["estimate", "state"]) === "state",
  };
}

/** W·target/σ; both arguments are used up. */
export function divide(w: Tensor, state: SpectralState, layout: Layout, division: Division): Tensor {
  const { target, shrink, byState } = division;
  const known = lax.stopGradient(state.sigma.ref);
  const found = estimate(w.ref, state, layout);
  // The value of the state with the gradient of the estimate: x − x is 0, exactly.
  const sigma = byState ? known.ref.add(found.ref.sub(lax.stopGradient(found.ref))) : found.ref;
  known.dispose();
  found.dispose();
  const stays = shrink ? sigma.ref.lessEqual(target) : sigma.ref.equal(0);
  return w.mul(np.where(stays, 1, quotient(np.array(target, { dtype: sigma.dtype }), orOne(sigma))));
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

/** The same, with options that have been checked. */
export function normalizeKernels<T extends Tree>(params: T, states: StateTree, axis: unknown, division: Division): T {
  const layouts = new Map(
    kernelsOf("params", params, states).map(({ path, leaf }) => {
      const titles = [titleOf("params", path), titleOf("states", path)] as const;
      return [path, readPair(titles, leaf, states[path], axis)];
    }),
  );
  return replaceLeaves(params, (leaf, path) => {
    const [state, layout] = [states[path], layouts.get(path)];
    return state === undefined || layout === undefined ? leaf : divide(leaf, state, layout, division);
  });
}
