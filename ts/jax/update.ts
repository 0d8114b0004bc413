/**
 * Updates of states: checked first, made when all has been checked.
 *
 * @module
 */
import type { Layout } from "../engine/layout.js";
import { matrixOf, readShaped, readTensor } from "./arrays.js";
import { iterate, layoutFor, readRule } from "./power.js";
import { checkStateKeys, kernelsOf, titleOf } from "./trees.js";
import type { SpectralState, StateTree, Tensor, Tree, UpdateOptions } from "./types.js";

/** Checks a state against its weight. */
export function checkState(title: string, state: unknown, { rows, columns }: Layout): void {
  checkStateKeys(title, state);
  const { u, v, sigma } = state as SpectralState;
  readShaped(`${title}.u`, u, [rows], "one entry for each row");
  readShaped(`${title}.v`, v, [columns], "one entry for each column");
  readShaped(`${title}.sigma`, sigma, [], "a scalar");
}

/** An update that has been checked; it uses up the weight and the state. */
export function makeUpdate(
  titles: readonly [string, string],
  w: Tensor,
  state: SpectralState,
  given: Partial<UpdateOptions>,
): () => SpectralState {
  const rule = readRule(given);
  const layout = layoutFor(titles[0], readTensor(titles[0], w), given.axis, rule);
  checkState(titles[1], state, layout);
  return () => iterate(matrixOf(w, layout), state, rule, layout, rule.iterations);
}

/** Such an update of all states; it uses up the states and their kernels, but no other leaves. */
export function prepareUpdate(params: Tree, states: StateTree, given: Partial<UpdateOptions>): () => StateTree {
  const updates = kernelsOf("params", params, states).map(({ path, leaf }) => {
    const titles = [titleOf("params", path), titleOf("states", path)] as const;
    return [path, makeUpdate(titles, leaf, states[path] as SpectralState, given)] as const;
  });
  return () => Object.fromEntries(updates.map(([path, update]) => [path, update()]));
}
