/**
 * Where jax-js meets WebAssembly: states by Lanczos' method and certified bounds, of arrays whose values are known. Not
 * within `grad`, `jit` or `vmap`, but between steps.
 *
 * @module
 */
import { Array as JaxArray, numpy as np } from "@jax-js/jax";
import { NonFiniteError, TypeMismatchError } from "../engine/errors.js";
import type { Layout } from "../engine/layout.js";
import { complaintOf, readChoice, readFraction, readInteger, readOptions } from "../engine/validate.js";
import { load } from "../index.js";
import { layoutOf, matrixOf, readTensor } from "./arrays.js";
import { chosen, disposeOthers, hasTwoDimensions, leavesOf, titleOf } from "./trees.js";
import type { ExactOptions, KernelOption, SpectralState, StateTree, Tensor, Tree } from "./types.js";

const exactKeys = ["axis", "by", "tolerance", "seed"] as const;

interface Search {
  readonly upper: boolean;
  readonly tolerance: number;
  readonly seed: number;
}

function readExact(given: Partial<ExactOptions>): Search {
  return {
    upper: readChoice("options.by", given.by, ["estimate", "upper"]) === "upper",
    tolerance: readFraction("options.tolerance", given.tolerance, 1e-6),
    seed: readInteger("options.seed", given.seed, 0, 0, Number.MAX_SAFE_INTEGER),
  };
}

/** A float array that has values. */
function readConcrete(title: string, value: unknown): Tensor {
  const tensor = readTensor(title, value);
  if (!(tensor instanceof JaxArray)) {
    const remedy = "Call this function outside of grad, jit and vmap";
    throw new TypeMismatchError(complaintOf(title, "an array whose values are known", "a tracer", remedy));
  }
  return tensor;
}

/** The entries, in float32 or float64; the array stays the caller's. */
async function entriesOf(tensor: Tensor): Promise<Float32Array | Float64Array> {
  const wide = tensor.dtype === "float16" ? tensor.ref.astype(np.float32) : tensor.ref;
  return (await wide.data()) as Float32Array | Float64Array;
}

/** The state of a weight, which stays the caller's. */
async function solve(
  title: string,
  w: Tensor,
  layout: Layout,
  { upper, tolerance, seed }: Search,
): Promise<SpectralState> {
  const { rows, columns } = layout;
  const matrix = matrixOf(w.ref, layout);
  const data = await entriesOf(matrix);
  matrix.dispose();
  checkEntries(title, data);
  const weight = { data, shape: [rows, columns] };
  const engine = await load();
  const { sigma, u, v } = engine.dominantTriplet(weight, { tolerance, seed });
  const vector = (entries: ArrayLike<number>) => np.array(Array.from(entries)).astype(w.dtype);
  const divisor = upper
    ? proven(engine.spectralNormBounds(weight, { certainty: "rigorous" }).upper, engine.frobeniusNorm(weight))
    : sigma;
  return { u: vector(u).reshape([rows]), v: vector(v).reshape([columns]), sigma: np.array(divisor).astype(w.dtype) };
}

/**
 * A divisor of proof for quotients in float32. Each entry of W·(target/σ) is off by its own rounding, at most 2⁻²² of it with
 * what a GPU's division may lose, which adds that share of ‖|W|‖₂ ≤ ‖W‖_F to the norm; and the factor itself by 2⁻²⁰ at
 * most, σ's own rounding to float32 included.
 */
function proven(upper: number, frobenius: number): number {
  return (upper + 2 ** -22 * frobenius) * (1 + 2 ** -20);
}

function checkEntries(title: string, data: Float32Array | Float64Array): void {
  const wrong = data.findIndex((entry) => !Number.isFinite(entry));
  if (wrong >= 0) {
    throw new NonFiniteError(complaintOf(title, "finite numbers", `${data[wrong]} at index ${wrong}`));
  }
}

/**
 * The state at the singular vectors themselves, by Lanczos' method in WebAssembly, instead of steps from a random vector. With
 * `by: 'upper'` its `sigma` is a certified upper bound, by which {@link spectralNormalize} divides with `by: 'state'`.
 *
 * @param w A weight of at least two dimensions with known values, not a tracer; used up unless the promise rejects.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `NON_FINITE`, `OPTION`, `DISPOSED`, `LOAD`.
 * @example (await exactState(np.array([[3, 0], [0, 4]]))).sigma.js() // 4
 */
export async function exactState(w: Tensor, options?: ExactOptions): Promise<SpectralState> {
  const given = readOptions<ExactOptions>(options, exactKeys);
  const search = readExact(given);
  const layout = layoutOf("w", readConcrete("w", w), given.axis);
  const state = await solve("w", w, layout, search);
  w.dispose();
  return state;
}

/**
 * Such states of the kernels of a tree, by path.
 *
 * @param params The tree; used up unless the promise rejects.
 * @throws {SpectralNormError} As {@link exactState}.
 * @example Object.keys(await exactTree({ kernel: np.ones([2, 2]), bias: np.ones([2]) })) // ["kernel"]
 */
export async function exactTree(params: Tree, options?: ExactOptions & KernelOption): Promise<StateTree> {
  const { isKernel, ...given } = readOptions<ExactOptions & KernelOption>(options, [...exactKeys, "isKernel"]);
  const search = readExact(given);
  const leaves = leavesOf("params", params);
  const kernels = chosen(leaves, isKernel, hasTwoDimensions).map(({ path, leaf }) => {
    const title = titleOf("params", path);
    return { path, leaf, title, layout: layoutOf(title, readConcrete(title, leaf), given.axis) };
  });
  const states: [string, SpectralState][] = [];
  for (const { path, leaf, title, layout } of kernels) {
    states.push([path, await solve(title, leaf, layout, search)]);
  }
  disposeOthers(leaves, []);
  return Object.fromEntries(states);
}

/**
 * Refuses NaN and infinities, which pure functions hand on without a word: call it with the loss, or with gradients, before an
 * update replaces parameters that are still good.
 *
 * @param tree An array, or a tree of arrays; stays yours.
 * @param title What the message calls it. Default `"tree"`.
 * @throws {SpectralNormError} `NON_FINITE`, with the path; `TYPE`, `DISPOSED`.
 * @example await checkFinite({ loss: np.array(1) }) // undefined
 */
export async function checkFinite(tree: Tree, title = "tree"): Promise<void> {
  for (const { path, leaf } of leavesOf(title, tree)) {
    checkEntries(titleOf(title, path), await entriesOf(readConcrete(titleOf(title, path), leaf)));
  }
}
