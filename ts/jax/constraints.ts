/**
 * Constraints: what is done to weights after an update.
 *
 * @module
 */
import { lax, numpy as np, tree } from "@jax-js/jax";
import { readOptions, readPositive } from "../engine/validate.js";
import { layoutOf, length, magnitude, matrixOf, orOne, quotient, weightOf } from "./arrays.js";
import { normalizeKernels, normalizeKeys, readDivision } from "./division.js";
import { chosen, hasTwoDimensions, kernelsOf, leavesOf, replaceLeaves, titleOf } from "./trees.js";
import type { AxisOption, ConstraintOptions, KernelOption, LeafPredicate, StateTree, Tensor, Tree } from "./types.js";
import { prepareUpdate } from "./update.js";

/** Replaces the leaves that a predicate chooses. */
function replaceChosen<T extends Tree>(
  params: T,
  predicate: unknown,
  fallback: LeafPredicate,
  replacement: (leaf: Tensor, path: string) => () => Tensor,
): T {
  const kernels = chosen(leavesOf("params", params), predicate, fallback);
  const made = new Map(kernels.map(({ path, leaf }) => [path, replacement(leaf, path)]));
  return replaceLeaves(params, (leaf, path) => made.get(path)?.() ?? leaf);
}

/**
 * Weight clipping (Arjovsky et al. 2017; article, item 10): every entry clamped to [−c, c]. Of all leaves unless `isKernel`
 * says otherwise, as in the WGAN paper.
 *
 * @param params An array, or a tree of arrays; used up.
 * @param c The limit, finite and above 0.
 * @throws {SpectralNormError} `TYPE`, `OPTION`, `DISPOSED`.
 * @example weightClip(np.array([2, -0.5]), 1).js() // [1,-0.5]
 */
export function weightClip<T extends Tree>(params: T, c: number, options?: KernelOption): T {
  const { isKernel } = readOptions<KernelOption>(options, ["isKernel"]);
  const limit = readPositive("c", c, 0);
  return replaceChosen(
    params,
    isKernel,
    () => true,
    (leaf) => () => np.clip(leaf, -limit, limit),
  );
}

/**
 * Frobenius clipping (article, item 11): every kernel scaled by min(1, c/‖W‖_F).
 *
 * @param params An array, or a tree of arrays; used up.
 * @param c The limit, finite and above 0.
 * @throws {SpectralNormError} `TYPE`, `OPTION`, `DISPOSED`.
 * @example frobeniusClip(np.array([[3, 4]]), 10).js() // [[3,4]]
 */
export function frobeniusClip<T extends Tree>(params: T, c: number, options?: KernelOption): T {
  const { isKernel } = readOptions<KernelOption>(options, ["isKernel"]);
  const limit = readPositive("c", c, 0);
  return replaceChosen(params, isKernel, hasTwoDimensions, (leaf) => () => {
    const norm = length(leaf.ref);
    const excess = norm.ref.greater(limit);
    return leaf.mul(np.where(excess, quotient(np.array(limit, { dtype: norm.dtype }), orOne(norm)), 1));
  });
}

/** Singular values above c become c, from the eigenvectors of the smaller Gram matrix. */
function project(matrix: Tensor, limit: number): Tensor {
  const [rows = 1, columns = 1] = matrix.shape;
  const wide = rows <= columns;
  const m = wide ? matrix : np.matrixTranspose(matrix);
  const scale = magnitude(m.ref);
  const scaled = m.ref.div(scale.ref);
  const [vectors, values] = lax.linalg.eigh(np.matmul(scaled.ref, np.matrixTranspose(scaled)));
  const sigma = np.sqrt(np.maximum(values, 0)).mul(scale);
  // What each singular vector gives up. No division by a small σ: within the ball it is exactly 0.
  const share = np.where(sigma.ref.greater(limit), np.array(limit, { dtype: sigma.dtype }).div(orOne(sigma)).sub(1), 0);
  const correction = np.matmul(vectors.ref.mul(share), np.matmul(np.matrixTranspose(vectors), m.ref));
  const result = m.add(correction);
  return wide ? result : np.matrixTranspose(result);
}

/**
 * The projection on ‖W‖₂ ≤ c, nearest in the Frobenius norm: of every kernel the singular values above c become c, the
 * others stay. By jax-js's own eigenvectors, hence to float32's accuracy, within `jit` and `vmap` but not `grad`, which
 * jax-js does not take through them; `clipSpectral` of the package itself has float64.
 *
 * @param params An array, or a tree of arrays; used up.
 * @param c The limit, finite and above 0.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `OPTION`, `DISPOSED`.
 * @example clipSpectral(np.array([[3, 0], [0, 1]]), 2).js() // [[2,0],[0,1]]
 */
export function clipSpectral<T extends Tree>(params: T, c: number, options?: AxisOption & KernelOption): T {
  const { isKernel, axis } = readOptions<AxisOption & KernelOption>(options, ["axis", "isKernel"]);
  const limit = readPositive("c", c, 0);
  return replaceChosen(params, isKernel, hasTwoDimensions, (leaf, path) => {
    const layout = layoutOf(titleOf("params", path), leaf, axis);
    return () => weightOf(project(matrixOf(leaf, layout), limit), layout);
  });
}

/**
 * Spectral normalization as a constraint (article, item 19): after an optimizer's update the states make a step and every
 * kernel that has one is replaced by W·target/σ. The article finds gradients inaccurate with it;
 * {@link normalizeTree} within the loss is the reparameterization.
 *
 * @param params The tree; used up.
 * @param states Its states; used up.
 * @returns The tree and its states from now on.
 * @throws {SpectralNormError} As {@link updateTree} and {@link normalizeTree}.
 * @example const p = { k: np.array([[2, 0], [0, 1]]) }; spectralConstraint(tree.ref(p), stateTree(p))[0].k.js() // [[1,0],[0,0.5]]
 */
export function spectralConstraint<T extends Tree>(
  params: T,
  states: StateTree,
  options?: ConstraintOptions,
): [T, StateTree] {
  const keys = [...normalizeKeys, "iterations", "preset", "epsilon"] as const;
  const { target, mode, by, ...update } = readOptions<ConstraintOptions>(options, keys);
  const division = readDivision({ target, mode, by });
  const make = prepareUpdate(params, states, update);
  // The update takes one reference, the normalization the other.
  tree.ref(kernelsOf("params", params, states).map(({ leaf }) => leaf));
  const after = make();
  const kept = Object.entries(after).map(
    ([path, { u, v, sigma }]) => [path, { u: u.ref, v: v.ref, sigma: sigma.ref }] as const,
  );
  return [normalizeKernels(params, after, update.axis, division), Object.fromEntries(kept)];
}
