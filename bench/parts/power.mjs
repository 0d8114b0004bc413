// @ts-check
/**
 * One power iteration, z = WᵀWv and its normalization, in float32 on a matrix that is in memory: what the peers of several
 * parts are measured against.
 *
 * @module
 */
import { alternate, clocked } from "../alternate.mjs";
import { gappedMatrix } from "../harness.mjs";

/** @typedef {import("../alternate.mjs").Runner} Runner */
/** @typedef {{ prepare: (weight: Float32Array, rows: number, columns: number) => any }} Peer */

/** Iterations after which a matrix with a gap has given its norm to all digits of float32. */
const TOGETHER = 20;

/** A call of ours looks at all entries before it iterates, and its last pass is in float64: a sample has so many, at least. */
export const FEWEST = 20;

/** Ours, and the norm itself in float64. @param {Float32Array} weight @param {number} rows @param {number} columns */
export async function ownPower(weight, rows, columns) {
  const { load } = await import("../../dist/index.js");
  const engine = await load();
  const matrix = engine.matrix([rows, columns]);
  matrix.set(weight);
  const step = (/** @type {number} */ iterations) => engine.powerIteration(matrix, { iterations, form: "gram" }).sigma;
  const reference = engine.spectralNorm(matrix);
  return { runner: clocked("spectral-norm", Object.assign(step, { dispose: () => matrix.free() })), reference };
}

/**
 * A case of a part: ours and the peers on one matrix.
 *
 * @param {readonly [number, number]} shape
 * @param {number} rounds
 * @param {(weight: Float32Array, rows: number, columns: number) => Promise<Runner[]>} peers
 */
export async function powerCase([rows, columns], rounds, peers) {
  const weight = gappedMatrix(rows, columns);
  const { runner, reference } = await ownPower(weight, rows, columns);
  const runners = [runner, ...(await peers(weight, rows, columns))];
  const results = await alternate(runners, { rounds, together: TOGETHER, fewest: FEWEST, reference });
  return { name: `${rows}×${columns}`, elements: rows * columns, results };
}
