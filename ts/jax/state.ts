/**
 * States of power iteration: made, checked, moved on.
 *
 * @module
 */
import { readInteger, readOptions } from "../engine/validate.js";
import { matrixOf, readTensor } from "./arrays.js";
import { initial, iterate, layoutFor, readRule } from "./power.js";
import { chosen, disposeOthers, hasTwoDimensions, kernelsOf, leavesOf, titleOf } from "./trees.js";
import type { KernelOption, SpectralState, StateOptions, StateTree, Tensor, Tree, UpdateOptions } from "./types.js";
import { makeUpdate, prepareUpdate } from "./update.js";

const updateKeys = ["axis", "iterations", "preset", "epsilon"] as const;
const stateKeys = [...updateKeys, "seed"] as const;

/** Steps of PyTorch's constructor. */
const warmUp = 15;

function makeState(title: string, w: Tensor, given: Partial<StateOptions>): () => SpectralState {
  const rule = readRule(given);
  const layout = layoutFor(title, readTensor(title, w), given.axis, rule);
  const seed = readInteger("options.seed", given.seed, 0, 0, 2 ** 32 - 1);
  const { preset, iterations } = rule;
  // PyTorch's registration reads the weight once, in training, to check its shape: that is a step like any other.
  const steps = preset === "keras" || preset === "flax" ? 0 : preset === "article" ? iterations : warmUp + iterations;
  return () => {
    const m = matrixOf(w, layout);
    return iterate(m, initial(m, layout, rule, seed), rule, layout, steps);
  };
}

/**
 * A state for a weight: a normal vector and, by default and with preset `'torch'`, 15 + `iterations` steps from there, as
 * PyTorch warms up; `iterations` steps with `'article'`; none with `'keras'` and `'flax'`: there call
 * {@link updateState} before the first use, for a σ of 0 leaves a weight as it is.
 *
 * @param w A weight of at least two dimensions; used up.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `OPTION`, `DISPOSED`.
 * @example spectralNormState(np.array([[3, 0], [0, 4]])).sigma.js() // 4
 */
export function spectralNormState(w: Tensor, options?: StateOptions): SpectralState {
  return makeState("w", w, readOptions<StateOptions>(options, stateKeys))();
}

/**
 * The state after some steps of power iteration. No gradient flows through it: in all frameworks u and v are constants to
 * the gradient. Where W annihilates the vector, u and v stay and `sigma` is 0.
 *
 * @param w The weight; used up.
 * @param state Its state; used up.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `OPTION`, `DISPOSED`.
 * @example const w = np.array([[3, 0], [0, 4]]); updateState(w.ref, spectralNormState(w)).sigma.js() // 4
 */
export function updateState(w: Tensor, state: SpectralState, options?: UpdateOptions): SpectralState {
  return makeUpdate(["w", "state"], w, state, readOptions<UpdateOptions>(options, updateKeys))();
}

/**
 * States of the kernels of a tree, by path. Their seeds are `seed`, `seed + 1`, … in the order of the tree.
 *
 * @param params The tree; used up.
 * @throws {SpectralNormError} As {@link spectralNormState}.
 * @example Object.keys(stateTree({ kernel: np.ones([2, 2]), bias: np.ones([2]) })) // ["kernel"]
 */
export function stateTree(params: Tree, options?: StateOptions & KernelOption): StateTree {
  const { isKernel, ...given } = readOptions<StateOptions & KernelOption>(options, [...stateKeys, "isKernel"]);
  const leaves = leavesOf("params", params);
  const kernels = chosen(leaves, isKernel, hasTwoDimensions);
  const seed = readInteger("options.seed", given.seed, 0, 0, 2 ** 32 - 1);
  const makers = kernels.map(({ path, leaf }, index) => {
    const own = { ...given, seed: (seed + index) % 2 ** 32 };
    return [path, makeState(titleOf("params", path), leaf, own)] as const;
  });
  disposeOthers(leaves, kernels);
  return Object.fromEntries(makers.map(([path, make]) => [path, make()]));
}

/**
 * All states of a tree after some steps of power iteration.
 *
 * @param params The tree; used up.
 * @param states Its states; used up.
 * @throws {SpectralNormError} As {@link updateState}, and `SHAPE` for a state without its kernel.
 * @example const p = { kernel: np.array([[3, 0], [0, 4]]) }; updateTree(tree.ref(p), stateTree(p)).kernel.sigma.js() // 4
 */
export function updateTree(params: Tree, states: StateTree, options?: UpdateOptions): StateTree {
  const update = prepareUpdate(params, states, readOptions<UpdateOptions>(options, updateKeys));
  disposeOthers(leavesOf("params", params), kernelsOf("params", params, states));
  return update();
}
