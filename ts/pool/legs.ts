/**
 * The search in a matrix that is shared out: as the engine's, in float32 as far as that is of use, the last pass in float64.
 *
 * @module
 */
import { sumOfSquares } from "../engine/vectors.js";
import { dominantTriplet, spectralNorm } from "../index.js";
import type { DominantTriplet, DominantTripletOptions, SpectralNormOptions } from "../types.js";
import type { Shared } from "./split.js";

type Triplet = DominantTriplet<Float64Array>;

/** The accuracy for which float32 is enough, as crate/src/lanczos.rs has it. */
const NARROWEST = 1e-6;
/** What the search in float64 leaves between its residual and the tolerance is ten times too much for float32. */
const MARGIN = 10;
/** Matrices of so many entries are searched to the end, as there. */
const SMALL = 4096;
const TOLERANCE = 1e-6;
const PASSES = 20_000;

/** The norm, to the tolerance. */
export async function findNorm(shared: Shared, options: SpectralNormOptions | undefined): Promise<number> {
  const { found, rest } = await narrowLeg(shared, { ...options, gap: false });
  if (found?.converged) return found.sigma / shared.scale;
  const { gap: _, ...norm } = rest;
  return (await spectralNorm(shared.wide, norm)) / shared.scale;
}

/** The norm with its vectors. */
export async function findTriplet(shared: Shared, options: DominantTripletOptions | undefined): Promise<Triplet> {
  const { found, rest } = await narrowLeg(shared, { ...options });
  if (found?.converged) return found;
  const last = (await dominantTriplet(shared.wide, rest)) as Triplet;
  return { ...last, sigma: last.sigma / shared.scale, iterations: last.iterations + (found?.iterations ?? 0) };
}

/** What float32 finds, and the options of the search in float64 that goes on from there if it has to. */
async function narrowLeg(
  { narrow, wide }: Shared,
  options: DominantTripletOptions,
): Promise<{ found: Triplet | undefined; rest: DominantTripletOptions }> {
  const { tolerance = TOLERANCE, maxIterations = PASSES } = options;
  // Options that are wrong are refused by the search in float64.
  const isUsual = tolerance >= NARROWEST && tolerance < 1 && Number.isInteger(maxIterations) && maxIterations > 1;
  if (narrow === undefined || !isUsual || wide.rows * wide.columns <= SMALL) {
    return { found: undefined, rest: options };
  }
  const loose = { ...options, tolerance: Math.min(0.5, MARGIN * tolerance), maxIterations: maxIterations - 1 };
  const found = await finish(wide, (await dominantTriplet(narrow, loose)) as Triplet, tolerance);
  const left = Math.max(1, maxIterations - found.iterations);
  return { found, rest: { ...options, start: found.v, maxIterations: left } };
}

/** The last pass: the norm of an image of an explicit unit vector, half a step on. */
async function finish(wide: Shared["wide"], found: Triplet, tolerance: number): Promise<Triplet> {
  const { v } = found;
  const image = await wide.apply(v);
  const back = await wide.applyAdjoint(image);
  const [length, square] = [sumOfSquares(v), sumOfSquares(image)];
  if (square === 0) return found;
  const theta = square / length;
  const defect = back.map((entry, index) => entry - theta * (v[index] as number));
  const residual = Math.sqrt(sumOfSquares(defect) / length) / theta;
  return {
    ...found,
    sigma: Math.sqrt(sumOfSquares(back) / square),
    u: normalized(image, square),
    v: normalized(back, sumOfSquares(back)),
    residual,
    iterations: found.iterations + 1,
    converged: residual <= tolerance,
  };
}

function normalized(vector: Float64Array, square: number): Float64Array {
  const length = Math.sqrt(square);
  return vector.map((entry) => entry / length);
}
