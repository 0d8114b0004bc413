/**
 * Weights with their states, and what normalization divides by.
 *
 * @module
 */
import { lax, numpy as np } from "@jax-js/jax";
import type { Layout } from "../engine/layout.js";
import { readChoice, readPositive } from "../engine/validate.js";
import { layoutOf, matrixOf, orOne, quotient, readTensor } from "./arrays.js";
import { kernelsOf, replaceLeaves, titleOf } from "./trees.js";
import type { NormalizeOptions, SpectralState, StateTree, Tensor, Tree } from "./types.js";
import { checkState } from "./update.js";

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

/** A tree with every kernel that has a state divided by its norm; all is checked before anything is used up. */
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
