// @ts-check
import { seededMatrix } from "../harness.mjs";

/** @typedef {import("../../dist/pool.js").Pool} Pool */

/** Pools whose workers are started and have warmed up. @param {number[]} sizes */
export async function warmPools(sizes) {
  const { createPool } = await import("../../dist/pool.js");
  const pools = await Promise.all(sizes.map((workers) => createPool({ workers })));
  const warm = Array.from({ length: 8 }, (_, seed) => ({ data: seededMatrix(300, 300, seed), shape: [300, 300] }));
  for (const pool of pools) await pool.spectralNorms(warm);
  return pools;
}

/** @param {Iterable<number>} norms */
export function sum(norms) {
  return [...norms].reduce((total, norm) => total + norm, 0);
}

/** The sum of the norms of so many square weights, transferred and given back. @param {number} count @param {number} side */
export function manyWeights(count, side) {
  const shape = [side, side];
  const list = Array.from({ length: count }, (_, seed) => ({ data: seededMatrix(side, side, seed), shape }));
  const run = async (/** @type {Pool} */ pool) => sum(await pool.with({ transfer: true }).spectralNorms(list));
  return Object.assign(run, { list });
}

/** The norm of one square weight in shared memory, split. @param {number} side */
export function oneWeight(side) {
  const data = new Float32Array(new SharedArrayBuffer(side * side * 4));
  for (let row = 0; row < side; row += 1) data.set(seededMatrix(1, side, row), row * side);
  const w = { data, shape: [side, side] };
  return Object.assign((/** @type {Pool} */ pool) => pool.with({ split: true }).spectralNorm(w), { w });
}
