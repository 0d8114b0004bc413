/**
 * Trees of arrays: walked with the paths of their leaves.
 *
 * @module
 */
import { ShapeError, TypeMismatchError } from "../engine/errors.js";
import { checkKeys, complaint, complaintOf } from "../engine/validate.js";
import { isTensor, readTensor } from "./arrays.js";
import type { LeafPredicate, StateTree, Tensor, Tree } from "./types.js";

/** A leaf and where it is. */
export interface Leaf {
  readonly path: string;
  readonly leaf: Tensor;
}

/** What messages call the leaf of a tree. */
export function titleOf(title: string, path: string): string {
  return path === "" ? title : `${title}.${path}`;
}

/** All leaves, in order; throws where there is something else than arrays of floats that are alive. */
export function leavesOf(title: string, tree: unknown, path = ""): Leaf[] {
  if (isTensor(tree)) {
    return [{ path, leaf: readTensor(titleOf(title, path), tree) }];
  }
  if (typeof tree !== "object" || tree === null || isForeign(tree)) {
    // Says what is wrong with it.
    readTensor(titleOf(title, path), tree);
    throw new TypeMismatchError(complaint(titleOf(title, path), "arrays in objects and lists", tree));
  }
  return Object.entries(tree).flatMap(([key, child]) => leavesOf(title, child, path === "" ? key : `${path}.${key}`));
}

function isForeign(tree: object): boolean {
  return !(Array.isArray(tree) || [Object.prototype, null].includes(Object.getPrototypeOf(tree)));
}

/** The same tree with other leaves. */
export function replaceLeaves<T extends Tree>(tree: T, replace: (leaf: Tensor, path: string) => Tensor): T {
  const walk = (node: unknown, path: string): unknown => {
    if (isTensor(node)) {
      return replace(node, path);
    }
    const below = (key: string | number, child: unknown) => walk(child, path === "" ? String(key) : `${path}.${key}`);
    return Array.isArray(node)
      ? node.map((child, index) => below(index, child))
      : Object.fromEntries(Object.entries(node as object).map(([key, child]) => [key, below(key, child)]));
  };
  return walk(tree, "") as T;
}

/** Kernels, as Flax knows them. */
export const hasTwoDimensions: LeafPredicate = (leaf) => leaf.shape.length >= 2;

/** The paths of the leaves that a predicate chooses. */
export function chosen(leaves: readonly Leaf[], predicate: unknown, fallback: LeafPredicate): Leaf[] {
  if (predicate !== undefined && typeof predicate !== "function") {
    throw new TypeMismatchError(complaint("options.isKernel", "a function (leaf, path) => boolean", predicate));
  }
  const isChosen = (predicate as LeafPredicate | undefined) ?? fallback;
  return leaves.filter(({ leaf, path }) => isChosen(leaf, path));
}

/** The kernels that a tree of states stands for; throws for a state without its kernel. */
export function kernelsOf(title: string, tree: unknown, states: StateTree): Leaf[] {
  if (typeof states !== "object" || states === null || isTensor(states)) {
    throw new TypeMismatchError(complaint("states", "an object of states by path", states));
  }
  const leaves = leavesOf(title, tree);
  const known = leaves.map(({ path }) => path);
  const stray = Object.keys(states).find((path) => !known.includes(path));
  if (stray !== undefined) {
    const got = `a state of "${stray}", which "${title}" does not have`;
    throw new ShapeError(complaintOf("states", `states of the leaves of "${title}"`, got));
  }
  return leaves.filter(({ path }) => Object.hasOwn(states, path));
}

/** Refuses what is not `{ u, v, sigma }`. */
export function checkStateKeys(title: string, state: unknown): void {
  if (typeof state !== "object" || state === null || isTensor(state)) {
    throw new TypeMismatchError(complaint(title, "{ u, v, sigma }", state));
  }
  checkKeys(title, state, ["u", "v", "sigma"]);
}

/** Uses up the leaves that are not among the kernels. */
export function disposeOthers(leaves: readonly Leaf[], kernels: readonly Leaf[]): void {
  const kept = new Set(kernels.map(({ path }) => path));
  for (const { path, leaf } of leaves) {
    if (!kept.has(path)) {
      leaf.dispose();
    }
  }
}
