/**
 * Penalties on norms: scalars to be added to a loss, which `grad` sees through.
 *
 * @module
 */
import { numpy as np } from "@jax-js/jax";
import { readNonNegative, readOptions, readPositive } from "../engine/validate.js";
import { isTensor, length } from "./arrays.js";
import { estimate, readPair } from "./division.js";
import { chosen, disposeOthers, hasTwoDimensions, kernelsOf, leavesOf, titleOf } from "./trees.js";
import type { AxisOption, KernelOption, PenaltyOptions, SpectralState, StateTree, Tensor, Tree } from "./types.js";

const penaltyKeys = ["lambda", "above"] as const;

interface Scale {
  readonly lambda: number;
  readonly above: number | undefined;
}

function readScale(given: Partial<PenaltyOptions>): Scale {
  const lambda = readNonNegative("options.lambda", given.lambda, 1);
  const { above } = given;
  return { lambda, above: above === undefined ? above : readPositive("options.above", above, 0) };
}

/** λΣx², or λΣ max(x − above, 0)². */
function squared(norms: readonly Tensor[], { lambda, above }: Scale): Tensor {
  const terms = norms.map((norm) => np.square(above === undefined ? norm : np.maximum(norm.sub(above), 0)));
  const [first, ...others] = terms;
  return first === undefined ? np.zeros([]) : others.reduce((sum, term) => sum.add(term), first).mul(lambda);
}

/**
 * λΣ‖W‖_F² over the kernels of a tree, whose gradient is 2λW (article, item 3: weight decay), or λΣ max(‖W‖_F − above, 0)²
 * (item 12).
 *
 * @param params An array, or a tree of arrays; used up.
 * @throws {SpectralNormError} `TYPE`, `OPTION`, `DISPOSED`.
 * @example frobeniusPenalty(np.array([[3, 4]]), { lambda: 0.5 }).js() // 12.5
 */
export function frobeniusPenalty(params: Tree, options?: PenaltyOptions & KernelOption): Tensor {
  const given = readOptions<PenaltyOptions & KernelOption>(options, [...penaltyKeys, "isKernel"]);
  const scale = readScale(given);
  const leaves = leavesOf("params", params);
  const kernels = chosen(leaves, given.isKernel, isTensor(params) ? () => true : hasTwoDimensions);
  disposeOthers(leaves, kernels);
  return squared(
    kernels.map(({ leaf }) => length(leaf)),
    scale,
  );
}

/**
 * λΣσ² over the kernels that have a state, with σ = uᵀWv and the gradient 2λσuvᵀ (Yoshida and Miyato 2017, eq. 4; article,
 * item 8), or λΣ max(σ − above, 0)².
 *
 * @param params An array, or a tree of arrays; used up.
 * @param states Its state, or the states of the tree; used up.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `OPTION`, `DISPOSED`.
 * @example const w = np.array([[3, 0], [0, 4]]); spectralPenalty(w.ref, spectralNormState(w), { above: 2 }).js() // 4
 */
export function spectralPenalty(
  params: Tree,
  states: SpectralState | StateTree,
  options?: PenaltyOptions & AxisOption,
): Tensor {
  const given = readOptions<PenaltyOptions & AxisOption>(options, [...penaltyKeys, "axis"]);
  const scale = readScale(given);
  if (isTensor(params)) {
    const state = states as SpectralState;
    const layout = readPair(["params", "states"], params, state, given.axis);
    return squared([estimate(params, state, layout)], scale);
  }
  const byPath = states as StateTree;
  const kernels = kernelsOf("params", params, byPath);
  const read = kernels.map(({ path, leaf }) => {
    const state = byPath[path] as SpectralState;
    return {
      leaf,
      state,
      layout: readPair([titleOf("params", path), titleOf("states", path)], leaf, state, given.axis),
    };
  });
  disposeOthers(leavesOf("params", params), kernels);
  return squared(
    read.map(({ leaf, state, layout }) => estimate(leaf, state, layout)),
    scale,
  );
}
