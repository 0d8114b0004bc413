/**
 * What is told of a weight beyond its norms: an interval with proof, logarithms, leading singular values, and how the norm
 * compares to what the width of the layer calls for.
 *
 * @module
 */
import { OptionError } from "../engine/errors.js";
import { complaint, readInteger } from "../engine/validate.js";
import type { Certainty, Engine, SpectralNormOptions, WasmMatrix } from "../types.js";
import type { AdapterPair } from "./adapters.js";
import type { AttentionHead } from "./heads.js";
import { log10 } from "./logarithm.js";
import type { OperatorNorm } from "./operator.js";
import { elements } from "./tensor.js";

/** How intervals are found: as {@link Certainty}, or `'auto'`, rigorously where that takes a second or two at most. */
export type AuditCertainty = Certainty | "auto";

/** What to find out beyond the norms. */
export interface DetailOptions {
  /**
   * How sure intervals are to be. Default `'auto'`: `'rigorous'` where rows · columns · the smaller side is at most 2³¹
   * and the copies that this takes have at most 64 MiB, else with a probability of 1 − 1e-9.
   */
  readonly certainty?: AuditCertainty | undefined;
  /** How many leading singular values to find, from 0 to 65536. Default 5. */
  readonly values?: number | undefined;
}

/** How a checkpoint keeps the spectral normalization of a weight. */
export type Dialect = "torch" | "torch-hook" | "keras" | "flax";

/** What is told of a weight beyond its norms. Null is what was not asked for, or could not be found. */
export interface Detail {
  /** At most ‖W‖₂, rounding errors included. */
  readonly lower: number | null;
  /** At least ‖W‖₂, rounding errors included. */
  readonly upper: number | null;
  /** How sure the interval is. */
  readonly certainty: Certainty | null;
  /** log₁₀ ‖W‖₂; null for a zero matrix. */
  readonly logSpectralNorm: number | null;
  /** log₁₀ ‖W‖_F; null for a zero matrix. */
  readonly logFrobeniusNorm: number | null;
  /** ‖W‖₂/√(out/in), of the order of 1 where widths may change without other hyperparameters (Yang et al. 2023). */
  readonly spectralCondition: number | null;
  /** The leading singular values in descending order; null also where the search did not converge. */
  readonly singularValues: readonly number[] | null;
  /** Of kernels: what holds of the convolution as it runs, with W/σ̂ where the checkpoint has a divisor. */
  readonly operator: OperatorNorm | null;
  /** How spectral normalization is stored. */
  readonly normalization: Dialect | null;
  /** 1 − |stored σ|/‖W‖₂, the share of the norm that the stored vectors miss; null for a zero matrix, too. */
  readonly staleness: number | null;
  /** Of the product of a LoRA pair: its factors. */
  readonly adapter: AdapterPair | null;
  /** Of the product of a head of attention: where its weights are. */
  readonly head: AttentionHead | null;
}

/** Nothing beyond the norms. */
export const noDetail: Detail = {
  lower: null,
  upper: null,
  certainty: null,
  logSpectralNorm: null,
  logFrobeniusNorm: null,
  spectralCondition: null,
  singularValues: null,
  operator: null,
  normalization: null,
  staleness: null,
  adapter: null,
  head: null,
};

const PROBABLE = 1 - 1e-9;
const AFFORDABLE = 2 ** 31;
const AFFORDABLE_BYTES = 2 ** 26;
/** How many singular values are looked for unless told. */
export const USUAL_VALUES = 5;
const MOST_VALUES = 2 ** 16;

/** Checks the options before anything is read. */
export function checkDetail(engine: Engine, { certainty = "auto", values, ...rest }: DetailOptions): void {
  readInteger("values", values, USUAL_VALUES, 0, MOST_VALUES);
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new OptionError(complaint("detail", "certainty or values", unknown));
  // The engine judges its own options.
  if (certainty !== "auto") engine.spectralNormBounds([[1]], { certainty });
}

/** How to find the interval of a matrix with this many rows and columns. */
export function certaintyFor(rows: number, columns: number, { certainty = "auto" }: DetailOptions): Certainty {
  if (certainty !== "auto") return certainty;
  const [small, large] = [Math.min(rows, columns), Math.max(rows, columns)];
  // The smaller side as rows in float64, and their products twice.
  const isAffordable = small * small * large <= AFFORDABLE && 8 * small * (large + 2 * small) <= AFFORDABLE_BYTES;
  return isAffordable ? "rigorous" : PROBABLE;
}

/** What the numbers say without another look at the weight; out and in are rows and columns. */
export function derived(
  sigma: number,
  frobeniusNorm: number,
  rows: number,
  columns: number,
): Pick<Detail, "logSpectralNorm" | "logFrobeniusNorm" | "spectralCondition"> {
  return {
    logSpectralNorm: sigma === 0 ? null : log10(sigma),
    logFrobeniusNorm: frobeniusNorm === 0 ? null : log10(frobeniusNorm),
    spectralCondition: sigma / Math.sqrt(rows / columns),
  };
}

type Effort = Pick<SpectralNormOptions, "tolerance" | "maxIterations" | "seed">;
type Measured = Pick<Detail, "lower" | "upper" | "certainty" | "singularValues">;

/** The interval and the leading singular values of a matrix. */
export function measureDetail(
  engine: Engine,
  matrix: WasmMatrix,
  axis: number,
  options: DetailOptions,
  search: Effort,
): Measured {
  const rows = matrix.shape[axis] as number;
  const columns = elements(matrix.shape) / rows;
  const certainty = certaintyFor(rows, columns, options);
  const { seed } = search;
  const { lower, upper } = engine.spectralNormBounds(matrix, { certainty, seed });
  return { lower, upper, certainty, singularValues: leadingValues(engine, matrix, rows, columns, options, search) };
}

function leadingValues(
  engine: Engine,
  matrix: WasmMatrix,
  rows: number,
  columns: number,
  { values = USUAL_VALUES }: DetailOptions,
  search: Effort,
): readonly number[] | null {
  if (values === 0) return null;
  try {
    return Array.from(engine.singularValues(matrix, { ...search, k: Math.min(values, rows, columns) }));
  } catch (thrown) {
    if ((thrown as { code?: unknown }).code !== "CONVERGENCE") throw thrown;
    return null;
  }
}
