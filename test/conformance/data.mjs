/**
 * Input data made of integers and exact arithmetic alone: Math.sin, Math.log and `**` may differ in their last bits between
 * engines, and a suite that compares bits must not compare those.
 *
 * @module
 */

/** Mulberry32: 32 bits a call, from 32-bit integer operations only. */
function generator(seed) {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return (x ^ (x >>> 14)) >>> 0;
  };
}

/** 2^exponent by exact steps: the accuracy of `**` is up to the engine. */
export function powerOfTwo(exponent) {
  const factor = exponent < 0 ? 0.5 : 2;
  let power = 1;
  for (let i = Math.abs(exponent); i > 0; i -= 1) power *= factor;
  return power;
}

const [GRID_24, GRID_53, HALF_RANGE] = [powerOfTwo(-23), powerOfTwo(-52), powerOfTwo(26)];

/** Numbers in [-1, 1) on a grid that the element type holds exactly: 24 bits for float32, 53 for float64. */
export function uniform(dtype, seed) {
  const next = generator(seed);
  if (dtype === "float32") return () => (next() >>> 8) * GRID_24 - 1;
  return () => ((next() >>> 5) * HALF_RANGE + (next() >>> 6)) * GRID_53 - 1;
}

export function arrayOf(dtype, length) {
  return dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
}

export function size(shape) {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Fills an array of `dtype` with `entry(index)`. */
export function fill(dtype, length, entry) {
  const data = arrayOf(dtype, length);
  for (let i = 0; i < length; i += 1) data[i] = entry(i);
  return data;
}

export function vector(dtype, length, seed) {
  return fill(dtype, length, uniform(dtype, seed));
}

/** A weight of independent entries: its largest singular values lie close together, so iterations converge slowly. */
export function noise(dtype, shape, seed, axis) {
  return { data: vector(dtype, size(shape), seed), shape, axis };
}

/** A weight with a mean, hence a singular value that stands out, so that iterations on large ones end soon. */
export function biased(dtype, shape, seed, axis) {
  const next = uniform(dtype, seed);
  return { data: fill(dtype, size(shape), () => next() + 0.5), shape, axis };
}

/** The weight times a factor, rounded once to its element type. */
export function scaled(weight, factor) {
  const data = weight.data.slice();
  for (let i = 0; i < data.length; i += 1) data[i] *= factor;
  return { ...weight, data };
}

/** A matrix given entry by entry. */
export function matrix(dtype, rows, columns, entry) {
  return {
    data: fill(dtype, rows * columns, (i) => entry(Math.floor(i / columns), i % columns)),
    shape: [rows, columns],
  };
}

/** Rows of small integers that sum to exactly 0, as an edge detector's do: all ones lie in the null space. */
export function zeroSumRows(dtype, rows, columns, seed) {
  const next = generator(seed);
  const weight = matrix(dtype, rows, columns, () => (next() >>> 26) - 32);
  for (let row = 0; row < rows; row += 1) {
    const slice = weight.data.subarray(row * columns, (row + 1) * columns);
    slice[columns - 1] -= slice.reduce((sum, x) => sum + x, 0);
  }
  return weight;
}

/** A typed weight as plain rows. */
export function nested({ data, shape: [rows, columns] }) {
  return Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * columns, (row + 1) * columns)));
}

export const DTYPES = ["float32", "float64"];
export const SHORT = { float32: "f32", float64: "f64" };
