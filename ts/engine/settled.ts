/**
 * Whether a search is at its end, for all who search.
 *
 * @module
 */
import { ConvergenceError } from "./errors.js";

/** How far a search came. */
export interface Ended {
  readonly sigma: number;
  readonly residual: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * The norm that a search found.
 *
 * @throws {ConvergenceError} When it did not reach its tolerance.
 */
export function settled({ sigma, residual, iterations, converged }: Ended, tolerance: number): number {
  if (!converged) {
    throw new ConvergenceError(
      `The spectral norm was not found to the relative tolerance ${tolerance} within ${iterations} iterations: ` +
        `it is at least ${sigma}, with a relative residual of ${residual.toPrecision(2)}. ` +
        `Raise "maxIterations" or "tolerance", or use dominantTriplet, which returns what was reached`,
      { sigma, residual, iterations },
    );
  }
  return sigma;
}
