/**
 * A row of an audit: the numbers of one weight, and what to say where there are none.
 *
 * @module
 */
import type { DominantTriplet } from "../types.js";
import { type Detail, type Dialect, derived, noDetail } from "./detail.js";
import { elements } from "./tensor.js";

/** A weight and its norms. Numbers are null where {@link AuditedTensor.error} says why. */
export interface AuditedTensor extends Detail {
  readonly name: string;
  readonly shape: readonly number[];
  /** By its safetensors name. */
  readonly dtype: string;
  /** The axis whose slices are the rows of the matrix. */
  readonly axis: number;
  /** ‖W‖₂ of the weight as stored. When {@link AuditedTensor.converged} is false, the true one is larger. */
  readonly spectralNorm: number | null;
  readonly frobeniusNorm: number | null;
  /** ‖W‖_F²/‖W‖₂²; 0 for a zero matrix. */
  readonly stableRank: number | null;
  /**
   * The norm by the stored vectors: uᵀWv, by which PyTorch divides the weight; after one step from the stored u, what Flax
   * divides by in evaluation and Keras in its next pass in training. Null where there is no spectral normalization.
   */
  readonly storedSigma: number | null;
  /**
   * The spectral norm of the weight as the network uses it: ‖W‖₂/|stored σ|, and with Keras, which evaluates with the kernel
   * as it is, ‖W‖₂. Null where there is no stored σ, or it is 0.
   */
  readonly effectiveNorm: number | null;
  /** Whether the spectral norm has the accuracy asked for. */
  readonly converged: boolean | null;
  /** Passes over the matrix. */
  readonly iterations: number | null;
  /** Why stored vectors were not used; null when they were or when there are none. */
  readonly note: string | null;
  /**
   * Why there are no numbers: `NON_FINITE` names row and column; `OUT_OF_MEMORY`; `SHAPE`, too large or factors that do not fit;
   * `OPTION`, a base model without the weight; or what whoever measured it elsewhere says. Null when there are.
   */
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** The numbers of a row. */
export type Measured = Omit<AuditedTensor, "name" | "shape" | "dtype" | "axis" | "error">;

/** What there is to tell of a weight that could not be measured. */
export const nothing: Measured = {
  ...noDetail,
  spectralNorm: null,
  frobeniusNorm: null,
  stableRank: null,
  storedSigma: null,
  effectiveNorm: null,
  converged: null,
  iterations: null,
  note: null,
};

const aboutOneWeight: ReadonlySet<string> = new Set(["NON_FINITE", "OUT_OF_MEMORY", "SHAPE"]);

/** What is about this weight only. All else, such as a file that ends early, is about the file, and thrown on. */
export function rowError(thrown: unknown): { code: string; message: string } {
  // By code, not by class: the command line has this file and the engine from two bundles.
  const { code, message } = thrown as { code?: unknown; message: string };
  if (typeof code !== "string" || !aboutOneWeight.has(code)) throw thrown;
  return { code, message };
}

type Numbers = "spectralNorm" | "frobeniusNorm" | "stableRank" | "storedSigma" | "effectiveNorm";
type Search = "converged" | "iterations" | "normalization" | "staleness";

/** What follows from the norms that were found. */
export function numbers(
  { sigma, converged, iterations }: Pick<DominantTriplet, "sigma" | "converged" | "iterations">,
  frobeniusNorm: number,
  { value, dialect }: Pick<StoredSigma, "value" | "dialect">,
): Pick<Measured, Numbers | Search> {
  const ratio = sigma === 0 ? 0 : frobeniusNorm / sigma;
  // A σ of 0 makes PyTorch divide by zero: there is no weight in use whose norm could be given.
  const divided = value === null || value === 0 ? null : sigma / Math.abs(value);
  return {
    spectralNorm: sigma,
    frobeniusNorm,
    stableRank: ratio * ratio,
    storedSigma: value,
    effectiveNorm: dialect === "keras" ? sigma : divided,
    converged,
    iterations,
    normalization: dialect,
    staleness: value === null || sigma === 0 ? null : 1 - Math.abs(value) / sigma,
  };
}

/** What costs nothing more. */
export function aside(
  shape: readonly number[],
  axis: number,
  sigma: number,
  frobeniusNorm: number,
): ReturnType<typeof derived> {
  const rows = shape[axis] as number;
  return derived(sigma, frobeniusNorm, rows, elements(shape) / rows);
}

/** The norm by stored vectors. */
export interface StoredSigma {
  readonly value: number | null;
  readonly note: string | null;
  readonly dialect: Dialect | null;
}
