/**
 * What presets have in common: how a layer asks one for the divisor of a weight, and for the gradient through it.
 *
 * @module
 */
import type { Scope } from "../engine/memory.js";
import type { FloatArray, SpectralNormalizationState } from "../types.js";

/** A matrix in WebAssembly memory. */
export interface Matrix {
  readonly id: number;
  readonly rows: number;
  readonly columns: number;
}

/** What a pass found. */
export interface Pass {
  /** The divisor; 0 leaves the weight as it is. */
  readonly sigma: number;
  /** The state from now on; without one it stays as it is. A pass in training always has one. */
  readonly state?: SpectralNormalizationState;
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
