/**
 * jax-js with its buffers counted, the adapter, and comparisons.
 *
 * jax-js does not tell how many buffers are alive. Its wasm backend keeps them in a Map as `{ ptr, size, ref }`, and so Map is
 * watched, from before jax-js is loaded.
 */
import type { numpy } from "@jax-js/jax";
import { expect } from "vitest";
import { makeData, product } from "../values/inputs.ts";

export type Tensor = numpy.Array;

const alive = new Set<unknown>();
const { set, delete: remove } = Map.prototype;
const isBuffer = (value: unknown) => typeof value === "object" && value !== null && "ptr" in value && "ref" in value;
Map.prototype.set = function (key, value) {
  if (isBuffer(value)) alive.add(value);
  return set.call(this, key, value);
};
Map.prototype.delete = function (key) {
  alive.delete(this.get(key));
  return remove.call(this, key);
};

export const jax: typeof import("@jax-js/jax") = await import("@jax-js/jax");
export const adapter: typeof import("spectral-norm/jax") = await import("spectral-norm/jax");

const { numpy: np, tree } = jax;

/** How many buffers are alive. */
export const buffers = (): number => alive.size;

/** How many more are alive after a call, whose result is read and used up; its inputs must have been read before. */
export async function leaked(run: () => unknown): Promise<number> {
  const before = buffers();
  for (const leaf of tree.leaves(await run()) as Tensor[]) await leaf.data();
  return buffers() - before;
}

/** An array with its values in memory, of one reference. */
export function tensor(values: ArrayLike<number>, shape: readonly number[]): Tensor {
  const array = np.array(Float32Array.from(values), { shape: [...shape] });
  array.ref.dataSync();
  return array;
}

/** Nearly normal numbers, as test/fixtures/inputs.py makes them. */
export function bell(shape: readonly number[], seed: number, exponent = -8): Tensor {
  return tensor(makeData({ shape, kind: "bell", seed, exponent }, "float32"), shape);
}

/** A vector of unit length. */
export function unitBell(length: number, seed: number): Tensor {
  const data = makeData({ shape: [length], kind: "bell", seed, exponent: -8 }, "float64");
  const norm = Math.hypot(...data);
  // A single number may be drawn as 0.
  const unit = norm > 0 ? data.map((x) => x / norm) : data.map((_, index) => (index === 0 ? 1 : 0));
  return tensor(unit, [length]);
}

/** The entries, in order; uses the array up. */
export const entries = (array: Tensor): number[] => Array.from(array.dataSync());

/** Equality to a share of the largest entry. */
export function expectClose(actual: Tensor, expected: number | readonly number[], relative = 1e-5): void {
  const wanted = [expected].flat();
  expect(product(actual.shape)).toBe(wanted.length);
  const got = entries(actual);
  const scale = Math.max(...wanted.map(Math.abs), 1e-30);
  const worst = Math.max(...got.map((x, i) => Math.abs(x - (wanted[i] ?? Number.NaN))));
  expect(worst / scale).toBeLessThan(relative);
}
