/**
 * The columns that reports have in common.
 *
 * @module
 */
import type { Audit } from "../audit.js";
import type { AuditedTensor } from "../weight.js";
import { formatNumber, formatShape } from "./text.js";

/** A column: what it is called for machines and for people, and what stands in it. */
export interface Field {
  /** The heading in CSV. */
  readonly key: string;
  /** The heading for people. */
  readonly head: string;
  /** What it means, in words. */
  readonly meaning: string;
  /** In full precision. */
  readonly value: (row: AuditedTensor) => number | string | null;
  /** For people. */
  readonly text: (row: AuditedTensor) => string;
  readonly isNumber: boolean;
}

const number = (
  key: string,
  head: string,
  value: (row: AuditedTensor) => number | null,
  meaning: string,
  text: (row: AuditedTensor) => string = (row) => formatNumber(value(row)),
): Field => ({ key, head, value, text, isNumber: true, meaning });

const word = (key: string, head: string, value: (row: AuditedTensor) => string | null, meaning: string): Field => ({
  key,
  head,
  value,
  text: (row) => value(row) ?? "–",
  isNumber: false,
  meaning,
});

/** A bound in seven digits, rounded away from what it bounds. */
export function formatBound(value: number | null, direction: 1 | -1): string {
  if (value === null || value === 0 || !Number.isFinite(value)) return formatNumber(value);
  const text = value.toPrecision(7);
  if ((Number(text) - value) * direction >= 0) return text;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 6);
  return (Number(text) + direction * unit).toPrecision(7);
}

const values = ({ singularValues }: AuditedTensor, show: (value: number) => string) =>
  singularValues === null ? null : singularValues.map(show).join(" ");

/** Every column, in order. What a row is called stands before them. */
export const fields: readonly Field[] = [
  word("shape", "shape", (row) => formatShape(row.shape), "as stored"),
  word("dtype", "dtype", (row) => row.dtype, "element type, by its safetensors name"),
  number(
    "axis",
    "axis",
    (row) => row.axis,
    "the output axis, whose slices are the rows of the matrix",
    (row) => `${row.axis}`,
  ),
  number("spectral_norm", "σ", (row) => row.spectralNorm, "the spectral norm ‖W‖₂ as found, to the tolerance"),
  number(
    "lower",
    "σ ≥",
    (row) => row.lower,
    "at most ‖W‖₂",
    (row) => formatBound(row.lower, -1),
  ),
  number(
    "upper",
    "σ ≤",
    (row) => row.upper,
    "at least ‖W‖₂",
    (row) => formatBound(row.upper, 1),
  ),
  word("certainty", "certainty", certainty, "how sure the interval is: rigorous, cheap, or a probability"),
  number("frobenius_norm", "‖W‖_F", (row) => row.frobeniusNorm, "the Frobenius norm"),
  number("stable_rank", "stable rank", (row) => row.stableRank, "‖W‖_F²/‖W‖₂²"),
  number("log10_spectral_norm", "log₁₀ σ", (row) => row.logSpectralNorm, "the decimal logarithm"),
  number("log10_frobenius_norm", "log₁₀ ‖W‖_F", (row) => row.logFrobeniusNorm, "the decimal logarithm"),
  number(
    "spectral_condition",
    "σ/√(out/in)",
    (row) => row.spectralCondition,
    "about 1 where widths may change (spectral µP)",
  ),
  {
    ...word("singular_values", "singular values", (row) => values(row, String), "the leading ones"),
    text: (row) => values(row, (value) => value.toPrecision(4)) ?? "–",
  },
  word("normalization", "normalization", (row) => row.normalization, "the dialect of stored spectral normalization"),
  number("stored_sigma", "stored σ", (row) => row.storedSigma, "the norm by the stored vectors"),
  number("staleness", "missed", (row) => row.staleness, "1 − stored σ/σ, the share that the stored vectors miss"),
  number(
    "effective_norm",
    "σ in use",
    (row) => row.effectiveNorm,
    "the spectral norm of the weight as the network uses it",
  ),
  number(
    "operator_norm",
    "as run",
    (row) => row.operator?.sigma ?? null,
    "the norm of the convolution, where the layer is known",
  ),
  number(
    "operator_lower",
    "as run ≥",
    (row) => row.operator?.lower ?? null,
    "at most that norm",
    (row) => formatBound(row.operator?.lower ?? null, -1),
  ),
  number(
    "operator_upper",
    "as run ≤",
    (row) => row.operator?.upper ?? null,
    "at least that norm",
    (row) => formatBound(row.operator?.upper ?? null, 1),
  ),
  word("operator_method", "by", (row) => row.operator?.method ?? null, "what the upper bound rests on"),
  word("converged", "converged", (row) => (row.converged === null ? null : String(row.converged)), "to the tolerance"),
  word("note", "note", (row) => row.note, "what there is to say"),
  word("error", "error", (row) => row.error?.message ?? null, "why there are no numbers"),
];

function certainty({ certainty: given }: AuditedTensor): string | null {
  return given === null ? null : String(given);
}

/** The rows of a file: its weights, then the products of LoRA pairs, then heads of attention. */
export function rowsOf({ tensors, adapters, heads }: Audit): readonly AuditedTensor[] {
  return [...tensors, ...adapters, ...heads];
}

/** The columns for people that are not empty for all of the rows. */
export function usedFields(rows: readonly AuditedTensor[]): readonly Field[] {
  const silent = ["axis", "certainty", "converged"];
  return fields.filter(({ key, value }) => !silent.includes(key) && rows.some((row) => value(row) !== null));
}
