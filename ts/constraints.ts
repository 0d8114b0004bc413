/**
 * Weights brought to a norm: spectral normalization as an operation, weight clipping, Frobenius clipping.
 *
 * @module
 */
import { boundsIn, type Interval } from "./bounds.js";
import { door, type Lease, type Memory, type Scope } from "./engine/memory.js";
import { findSigma, readSearch, searchKeys } from "./engine/search.js";
import { readChoice, readOptions, readPositive } from "./engine/validate.js";
import { type Destination, hand, readOut, readWeight } from "./engine/weight.js";
import type {
  ClippedFrobenius,
  ClippedWeights,
  FloatArray,
  Normalized,
  OutOption,
  ResultData,
  Spectral,
  SpectralNormalizeOptions,
  WasmMatrix,
  WeightLike,
} from "./types.js";

/** The functions that constrain weights. */
export type Constraints = Pick<Spectral, "spectralNormalize" | "clipWeights" | "clipFrobenius">;

/** Makes the functions over one engine's memory. */
export function constraintsOf(memory: Memory): Constraints {
  return {
    spectralNormalize: (w, options) => spectralNormalize(memory, w, options),
    clipWeights: (w, c, options) => clipWeights(memory, w, c, options),
    clipFrobenius: (w, c, options) => clipFrobenius(memory, w, c, options),
  };
}

const normalizeKeys = [...searchKeys, "target", "mode", "by", "out"] as const;

function spectralNormalize<W extends WeightLike, O extends SpectralNormalizeOptions>(
  memory: Memory,
  w: W,
  options: O | undefined,
): Normalized<ResultData<W, O>> {
  const weight = readWeight(w);
  const given = readOptions<SpectralNormalizeOptions>(options, normalizeKeys);
  const chosen = readSearch(given, weight);
  const target = readPositive("options.target", given.target === undefined ? 1 : given.target, weight.dtype);
  const shrink = readChoice("options.mode", given.mode, ["scale", "shrink"]) === "shrink";
  const byUpper = readChoice("options.by", given.by, ["estimate", "upper"]) === "upper";
  const destination = readOut(memory, given.out, weight);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const result = resultBuffer(scope, lease, destination);
    const sigma = findSigma(scope, lease, chosen);
    const bounds = byUpper && sigma > 0 ? boundsIn(lease, 1, chosen.seed) : undefined;
    const stays = shrink && (bounds === undefined ? sigma : bounds.upper) <= target;
    const divisor = stays || bounds === undefined ? sigma : provenDivisor(lease, bounds, target);
    // A quotient of exactly 1 copies the weight as it is.
    door.scaleToNorm(lease.source, result, divisor, stays ? divisor : target, false);
    return { data: hand(memory, weight, result, destination) as ResultData<W, O>, sigma };
  });
}

/** The upper bound, and what rounding every entry of W·target/divisor may add to the norm, as a norm of W. */
export function provenDivisor(
  { dtype, length }: Pick<Lease, "dtype" | "length">,
  { upper, magnitudes }: Pick<Interval, "upper" | "magnitudes">,
  target: number,
): number {
  const [unit, least] = dtype === 0 ? [2 ** -24, 2 ** -150] : [2 ** -53, 2 ** -1074];
  // An entry is wrong by its share of the magnitudes, or by half of the least number, and the quotient by a few units.
  const absolute = (least / target) * Math.sqrt(length) * upper;
  return (upper + unit * magnitudes + absolute) * (1 + 2 ** -49);
}

const outKeys = ["out"] as const;
/** The largest finite number of float32. */
const greatest = 2 ** 128 - 2 ** 104;

function clipWeights<W extends WeightLike, O extends OutOption>(
  memory: Memory,
  w: W,
  c: number,
  options: O | undefined,
): ClippedWeights<ResultData<W, O>> {
  const [clipped, data] = clip(memory, w, c, options, (_, { source, dtype, length }, result, limit) => {
    if (source !== result) {
      memory.write(result, dtype, length, source);
    }
    return clamp(memory.view(result, dtype, length), limit);
  });
  return { data: data as ResultData<W, O>, clipped };
}

/** Clamps to the largest number of the array's type that is not beyond the limit; returns how many entries changed. */
function clamp(values: FloatArray, limit: number): number {
  // Of one entry, so that it is rounded as those are.
  const most = values.slice(0, 1).fill(values.BYTES_PER_ELEMENT === 4 ? Math.min(limit, greatest) : limit);
  if ((most[0] as number) > limit) {
    new Uint32Array(most.buffer).set([(new Uint32Array(most.buffer)[0] as number) - 1]);
  }
  const [bound = 0] = most;
  let clipped = 0;
  for (let place = 0; place < values.length; place += 1) {
    const entry = values[place] as number;
    if (Math.abs(entry) > bound) {
      values[place] = entry > 0 ? bound : -bound;
      clipped += 1;
    }
  }
  return clipped;
}

function clipFrobenius<W extends WeightLike, O extends OutOption>(
  memory: Memory,
  w: W,
  c: number,
  options: O | undefined,
): ClippedFrobenius<ResultData<W, O>> {
  const [norm, data] = clip(memory, w, c, options, (norm, { source, length }, result, limit) => {
    if (norm < Infinity) {
      door.scaleToNorm(source, result, norm > limit ? norm / limit : 0, 1, false);
    } else {
      // What is beyond float64 cannot be divided by; the norm of a smaller multiple can, and a power of two rounds nothing.
      door.scaleToNorm(source, result, 2 ** 64, 1, false);
      door.scaleToNorm(result, result, door.frobeniusNorm(result, 1, length) / limit, 1, false);
    }
    return norm;
  });
  return { data: data as ResultData<W, O>, norm };
}

/** What the two clips have in common; `apply` is given the Frobenius norm, and returns the number to report. */
function clip(
  memory: Memory,
  w: WeightLike,
  c: number,
  options: OutOption | undefined,
  apply: (norm: number, lease: Lease, out: number, limit: number) => number,
): [number, FloatArray | WasmMatrix] {
  const weight = readWeight(w);
  const limit = readPositive("c", c, 1);
  const destination = readOut(memory, readOptions<OutOption>(options, outKeys).out, weight);
  return memory.run((scope) => {
    const lease = scope.place(weight);
    const result = resultBuffer(scope, lease, destination);
    // This looks for NaN as well, here, where it is known in which row and column an element stands.
    const norm = door.frobeniusNorm(lease.matrix, lease.rows, lease.columns);
    const number = apply(norm, lease, result, limit);
    return [number, hand(memory, weight, result, destination)];
  });
}

/** The buffer to compute into: the caller's handle, the temporary copy of the weight, or else a new one. */
function resultBuffer(scope: Scope, lease: Lease, destination: Destination | undefined): number {
  return destination?.buffer ?? (lease.borrowed ? scope.buffer(lease.dtype, lease.length) : lease.source);
}
