/**
 * Intervals that contain the spectral norm.
 *
 * @module
 */
import { OptionError, TypeMismatchError } from "./engine/errors.js";
import { door, type Lease, type Memory } from "./engine/memory.js";
import { readSeed } from "./engine/search.js";
import { complaint, readOptions } from "./engine/validate.js";
import { readWeight } from "./engine/weight.js";
import type { Bounds, BoundsOptions, Certainty, Spectral, WeightLike } from "./types.js";

/** Makes the function over one engine's memory. */
export function boundsOf(memory: Memory): Pick<Spectral, "spectralNormBounds"> {
  return { spectralNormBounds: (w, options) => spectralNormBounds(memory, w, options) };
}

const keys = ["certainty", "seed"] as const;
const methods = ["norms", "lanczos", "cholesky", "blocks"] as const;

function spectralNormBounds(memory: Memory, w: WeightLike, options: BoundsOptions | undefined): Bounds {
  const weight = readWeight(w);
  const given = readOptions<BoundsOptions>(options, keys);
  const certainty = given.certainty === undefined ? "rigorous" : given.certainty;
  const code = readCertainty(certainty);
  const seed = readSeed(given.seed);
  return memory.run((scope) => {
    const { lower, upper, method } = boundsIn(scope.place(weight), code, seed);
    return { lower, upper, certainty, method: methods[method] as Bounds["method"] };
  });
}

/** What Rust finds: the bounds, the number of the method, and an upper bound of the norm of the matrix of magnitudes. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly method: number;
  readonly magnitudes: number;
}

/** The bounds of a weight in memory, for 0 cheap, 1 rigorous, or a probability. */
export function boundsIn({ matrix, rows, columns }: Lease, certainty: number, seed: number): Interval {
  const [lower = 0, upper = 0, method = 0, magnitudes = 0] = door.spectralNormBounds(
    matrix,
    rows,
    columns,
    certainty,
    seed,
  );
  return { lower, upper, method, magnitudes };
}

function readCertainty(certainty: Certainty): number {
  if (certainty === "cheap" || certainty === "rigorous") {
    return certainty === "cheap" ? 0 : 1;
  }
  if (typeof certainty === "number" && certainty > 0 && certainty < 1) {
    return certainty;
  }
  const message = complaint("options.certainty", '"cheap", "rigorous" or a probability above 0 and below 1', certainty);
  const isKnown = typeof certainty === "number" || typeof certainty === "string";
  throw new (isKnown ? OptionError : TypeMismatchError)(message);
}
