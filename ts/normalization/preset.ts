/**
 * What presets have in common: how a layer asks one for the divisor of a weight, and for the gradient through it.
 *
 * @module
 */
import { door, type Scope } from "../engine/memory.js";
import { checkFiniteArray } from "../engine/validate.js";
import type { FloatArray, SpectralNormalizationState } from "../types.js";

/** A matrix in WebAssembly memory. */
export interface Matrix {
  readonly id: number;
  readonly rows: number;
  readonly columns: number;
  /**
   * Whether it is of float32 with so many entries that it is divided in that, and that the presets of frameworks multiply
   * in it, in one sweep a step where those take two or three. Of smaller ones a call takes longer than the products.
   */
  readonly large: boolean;
}

/** What a pass found. */
export interface Pass {
  /** The divisor; 0 leaves the weight as it is. */
  readonly sigma: number;
  /** The state from now on; without one it stays as it is. A pass in training always has one. */
  readonly state?: SpectralNormalizationState | undefined;
}

/** A gradient on its way back through the pass that left `state`. */
export interface Pullback {
  readonly weight: Matrix;
  readonly state: SpectralNormalizationState;
  /** The caller's gradient, for messages about it. */
  readonly g: FloatArray;
  /** The buffer that holds it as a matrix. */
  readonly gradient: number;
  /** The buffer for the gradient with respect to the weight, as a matrix. */
  readonly result: number;
}

/** Whose behavior a layer reproduces. */
export interface Preset {
  /** The divisor of `matrix`, starting from a state, or from the seed where there is none. */
  pass(scope: Scope, matrix: Matrix, state: SpectralNormalizationState | undefined, training: boolean): Pass;
  /** Fills the buffer of the result. */
  pull(scope: Scope, pullback: Pullback): void;
}

/**
 * Fills the buffer of the result with (g − ⟨g, W/σ⟩ ∂σ/∂W)/σ, where ∂σ/∂W = Σ uₖvₖᵀ (Miyato et al. 2018, eq. 12); with g
 * itself for a zero matrix, which normalization leaves alone.
 */
export function pullBack(
  scope: Scope,
  { weight: { id, rows, columns }, g, gradient, result }: Pullback,
  sigma: number,
  u: readonly Float64Array[],
  v: readonly Float64Array[],
): void {
  const along = door.frobeniusProduct(gradient, id);
  if (!Number.isFinite(along)) {
    checkFiniteArray("g", g);
  }
  const [scale, coefficient] = sigma === 0 ? [1, 0] : [1 / sigma, -along / sigma / sigma];
  const coefficients = scope.vector(new Float64Array(u.length).fill(coefficient));
  door.addOuter(
    gradient,
    rows,
    columns,
    scale,
    coefficients,
    joined(scope, u, rows),
    joined(scope, v, columns),
    result,
  );
}

/** A buffer of vectors one after the other. */
function joined(scope: Scope, vectors: readonly Float64Array[], length: number): number {
  const all = scope.buffer(1, vectors.length * length);
  const view = scope.memory.view(all, 1, vectors.length * length);
  for (const [place, vector] of vectors.entries()) {
    view.set(vector, place * length);
  }
  return all;
}
