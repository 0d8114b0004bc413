/**
 * The numbers of products of two thin factors: what a LoRA pair adds, what a head of attention compares inputs by.
 *
 * @module
 */
import type {
  DominantTriplet,
  DominantTripletOptions,
  FloatArray,
  LinearOperator,
  Weight,
  WeightLike,
} from "../types.js";
import { certaintyFor, type DetailOptions, derived } from "./detail.js";
import { coreOf, type Factor } from "./low-rank.js";
import { type Measured, nothing } from "./row.js";
import type { WeightContext } from "./weight.js";

/** The package's functions of these names; given, as the engine is, for its operators belong to it. */
export interface Operators {
  operatorProduct(a: Weight, b: Weight): LinearOperator;
  operatorScale(a: LinearOperator, factor: number): LinearOperator;
  operatorSum(
    a: WeightLike | LinearOperator<Promise<Float64Array>>,
    b: LinearOperator,
  ): LinearOperator<FloatArray | Promise<FloatArray>>;
  /** The one at top level, which waits for operators that do. */
  dominantTriplet(
    w: LinearOperator<FloatArray | Promise<FloatArray>>,
    options: DominantTripletOptions,
  ): Promise<DominantTriplet>;
}

/** How to audit pairs. */
export interface AdapterOptions {
  readonly operators: Operators;
  /** α of pairs whose file does not say it. */
  readonly alpha: number | undefined;
  readonly detail: DetailOptions;
}

/** The numbers of scale·B·A. */
export function measureProduct(
  { engine, search }: Pick<WeightContext, "engine" | "search">,
  { operators, detail }: Pick<AdapterOptions, "operators" | "detail">,
  [b, a]: readonly [Factor, Factor],
  scale: number,
): Omit<Measured, "adapter"> {
  const product = operators.operatorProduct(asWeight(b), asWeight(a));
  const found = engine.dominantTriplet(operators.operatorScale(product, scale), { ...search, gap: false });
  const core = coreOf(b, a);
  const small: Weight = { data: core.data, shape: core.shape };
  const size = Math.abs(scale) * core.scale;
  const frobeniusNorm = engine.frobeniusNorm(small) * size;
  const certainty = certaintyFor(core.shape[0], core.shape[1], detail);
  const bounds = engine.spectralNormBounds(small, { certainty, seed: search.seed });
  const count = Math.min(detail.values ?? 5, product.rows, product.columns, ...core.shape);
  const values = count === 0 ? null : engine.singularValues(small, { k: count, seed: search.seed });
  const ratio = found.sigma === 0 ? 0 : frobeniusNorm / found.sigma;
  return {
    ...nothing,
    spectralNorm: found.sigma,
    frobeniusNorm,
    stableRank: ratio * ratio,
    converged: found.converged,
    iterations: found.iterations,
    lower: Math.max(0, (bounds.lower - core.error) * (1 - 2 ** -49)) * size,
    upper: (bounds.upper + core.error) * size * (1 + 2 ** -49) + Number.MIN_VALUE,
    certainty,
    ...derived(found.sigma, frobeniusNorm, product.rows, product.columns),
    singularValues: values === null ? null : Array.from(values, (value) => value * size),
  };
}

/** A factor as the engine takes it. */
export function asWeight({ data, rows, columns }: Factor): Weight & { readonly data: FloatArray } {
  return { data, shape: [rows, columns], axis: 0 };
}

/** The same numbers with rows and columns exchanged. */
export function transposed({ data, rows, columns }: Factor): Factor {
  const turned = data instanceof Float64Array ? new Float64Array(data.length) : new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = data[row * columns + column] as number;
  }
  return { data: turned, rows: columns, columns: rows };
}
