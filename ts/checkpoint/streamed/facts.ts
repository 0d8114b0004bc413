/**
 * What one look at every block of a matrix tells: its Frobenius norm, bounds of its norm, and whether it is finite.
 *
 * @module
 */
import { NonFiniteError } from "../../engine/errors.js";
import type { Engine, FloatArray, WeightLike } from "../../types.js";
import type { BlockWeight } from "./blocks.js";
import type { Piece } from "./pieces.js";
import type { BlockFacts } from "./question.js";

/** The facts about a matrix. */
export interface Facts {
  readonly frobeniusNorm: number;
  /** At most ‖W‖₂, by the largest lower bound of a block. */
  readonly lower: number;
  /** At least ‖W‖₂, for ‖W‖₂² ≤ Σ‖W_b‖₂² however W is cut. */
  readonly upper: number;
}

/** Collects the facts piece by piece. */
export interface Collector {
  add(piece: Piece, block: BlockWeight, entries: () => FloatArray): void;
  readonly facts: () => BlockFacts;
}

/** @param wantsBounds Whether to look for bounds, which takes two more sweeps over each block. */
export function collector(engine: Engine, wantsBounds: boolean): Collector {
  const norms: number[] = [];
  const uppers: number[] = [];
  const lowers: number[] = [];
  return {
    add(piece, block, entries) {
      try {
        norms.push(engine.frobeniusNorm(block));
      } catch (thrown) {
        throw (thrown as { code?: unknown }).code === "NON_FINITE" ? placed(piece, entries(), thrown) : thrown;
      }
      if (!wantsBounds) return;
      const { lower, upper } = engine.spectralNormBounds(block as WeightLike, { certainty: "cheap" });
      uppers.push(upper);
      lowers.push(lower);
    },
    facts: () => ({ norms, uppers, lowers }),
  };
}

/** The facts about a matrix, of those about all of its blocks. */
export function factsOf({ norms, uppers, lowers }: BlockFacts): Facts {
  return {
    frobeniusNorm: rootOfSquares(norms),
    lower: lowers.reduce((most, lower) => Math.max(most, lower), 0),
    upper: rootOfSquares(uppers) * (1 + (uppers.length + 8) * 2 ** -52) + (uppers.length > 1 ? Number.MIN_VALUE : 0),
  };
}

/** √Σnᵢ², also where the squares are beyond float64. */
function rootOfSquares(norms: readonly number[]): number {
  const largest = norms.reduce((most, norm) => Math.max(most, norm), 0);
  if (largest === 0 || largest === Number.POSITIVE_INFINITY) return largest;
  // Quotients are multiplied, for the last bit of a power is the engine's affair.
  return largest * Math.sqrt(norms.reduce((sum, norm) => sum + (norm / largest) * (norm / largest), 0));
}

/** The engine knows the place in the block; this is the one in the matrix. */
function placed({ row, column, columns }: Piece, entries: FloatArray, cause: unknown): NonFiniteError {
  const at = entries.findIndex((entry) => !Number.isFinite(entry));
  const where = `row ${row + Math.floor(at / columns)}, column ${column + (at % columns)}`;
  return new NonFiniteError(`"w" expected finite entries, got ${entries[at]} in ${where}`, { cause });
}
