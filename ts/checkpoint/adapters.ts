/**
 * The audit of LoRA pairs: the norms of what they add to a weight, s·B·A, which is nowhere in the file.
 *
 * @module
 */
import { checkFiniteArray } from "../engine/validate.js";
import type { FloatArray, LinearOperator, Weight } from "../types.js";
import { certaintyFor, type DetailOptions, derived, noDetail } from "./detail.js";
import { isRead, type ListedTensor } from "./listed.js";
import { coreOf } from "./low-rank.js";
import { elements } from "./tensor.js";
import { type AuditedTensor, nothing, readFloats, rowError, type WeightContext } from "./weight.js";

/** The package's functions of these names; given, as the engine is, for its operators belong to it. */
export interface Operators {
  operatorProduct(a: Weight, b: Weight): LinearOperator;
  operatorScale(a: LinearOperator, factor: number): LinearOperator;
}

/** How to audit pairs. */
export interface AdapterOptions {
  readonly operators: Operators;
  /** α of pairs whose file does not say it. */
  readonly alpha: number | undefined;
  readonly detail: DetailOptions;
}

/** A LoRA pair. */
export interface AdapterPair {
  /** The name of A, rank × inputs, that comes first. */
  readonly down: string;
  /** The name of B, outputs × rank. */
  readonly up: string;
  readonly rank: number;
  /** α, of the file or as given; null if neither has it. */
  readonly alpha: number | null;
  /** α/rank, by which B·A is multiplied; null where α is not known, and the numbers are those of B·A itself. */
  readonly scale: number | null;
}

/** The two factors of a pair, as the file has them. */
export interface FoundPair {
  /** What the pair adds to, by the names' common part. */
  readonly stem: string;
  readonly down: ListedTensor;
  readonly up: ListedTensor;
  readonly alpha: ListedTensor | undefined;
}

// PEFT, with the name of the adapter where it is saved with it; kohya's scripts; diffusers.
const conventions: readonly (readonly [down: RegExp, up: string])[] = [
  [/^(.+)\.lora_A((?:\.[^.]+)?)\.weight$/s, "$1.lora_B$2.weight"],
  [/^(.+)\.lora_embedding_A((?:\.[^.]+)?)$/s, "$1.lora_embedding_B$2"],
  [/^(.+)\.lora_down\.weight$/s, "$1.lora_up.weight"],
  [/^(.+)\.lora\.down\.weight$/s, "$1.lora.up.weight"],
];

/** The pairs among the tensors, in the order of their first factors. */
export function adapterPairs(tensors: ReadonlyMap<string, ListedTensor>): readonly FoundPair[] {
  return [...tensors.values()].flatMap((down) => {
    for (const [pattern, upName] of conventions) {
      const up = pattern.test(down.name) ? tensors.get(down.name.replace(pattern, upName)) : undefined;
      const stem = pattern.exec(down.name)?.[1];
      if (up !== undefined && stem !== undefined) return [{ stem, down, up, alpha: tensors.get(`${stem}.alpha`) }];
    }
    return [];
  });
}

/** The shape of what a pair adds. */
export function pairShape({ down, up }: FoundPair): readonly number[] {
  return [up.shape[0] ?? 0, ...down.shape.slice(1)];
}

/** The row of a pair. */
export async function auditAdapter(
  context: WeightContext,
  pair: FoundPair,
  options: AdapterOptions,
): Promise<AuditedTensor> {
  const { head, adapter } = await describePair(context, pair, options);
  const misfit = misfitOf(pair);
  if (misfit !== undefined) {
    return { ...head, ...nothing, adapter, error: { code: "SHAPE", message: misfit } };
  }
  try {
    return { ...head, ...(await measure(context, pair, adapter.scale ?? 1, options)), adapter, error: null };
  } catch (thrown) {
    return { ...head, ...nothing, adapter, error: rowError(thrown) };
  }
}

/** The row of a pair that was not measured. */
export async function failedAdapter(
  context: WeightContext,
  pair: FoundPair,
  options: AdapterOptions,
  error: NonNullable<AuditedTensor["error"]>,
): Promise<AuditedTensor> {
  const { head, adapter } = await describePair(context, pair, options);
  return { ...head, ...nothing, adapter, error };
}

/** All of a row that is known without a measurement. */
async function describePair(context: WeightContext, pair: FoundPair, options: AdapterOptions) {
  const { down, up } = pair;
  const rank = down.shape[0] ?? 0;
  const alpha = (await readAlpha(context, pair.alpha)) ?? options.alpha ?? null;
  const scale = alpha === null || rank === 0 ? null : alpha / rank;
  const head = {
    name: `${pair.stem} (${scale === null ? "" : "s·"}B·A)`,
    shape: pairShape(pair),
    dtype: down.dtype === up.dtype ? down.dtype : `${up.dtype}·${down.dtype}`,
    axis: 0,
  };
  const adapter: AdapterPair = { down: down.name, up: up.name, rank, alpha, scale };
  return { head, adapter };
}

/** Why the factors cannot be multiplied. */
function misfitOf({ down, up }: FoundPair): string | undefined {
  for (const tensor of [down, up]) {
    const { name, dtype, shape } = tensor;
    if (!isRead(tensor)) return `expected factors of floats, but ${name} is ${dtype}`;
    if (shape.length < 2 || shape.includes(0)) return `expected factors of two dimensions, but ${name} has [${shape}]`;
  }
  const inner = elements(up.shape.slice(1));
  return inner === down.shape[0]
    ? undefined
    : `expected B to have as many columns as A has rows, ${down.shape[0]}, got ${inner}`;
}

async function readAlpha(context: WeightContext, alpha: ListedTensor | undefined): Promise<number | undefined> {
  if (alpha === undefined || elements(alpha.shape) !== 1) return undefined;
  const value = (await readFloats(context, alpha))?.[0];
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

type Measured = Omit<AuditedTensor, "name" | "shape" | "dtype" | "axis" | "error" | "adapter">;

async function measure(
  context: WeightContext,
  { down, up }: FoundPair,
  scale: number,
  { operators, detail }: AdapterOptions,
) {
  const [b, a] = [await readFactor(context, up), await readFactor(context, down)];
  const product = operators.operatorProduct(b, a);
  const { engine, search } = context;
  const found = engine.dominantTriplet(operators.operatorScale(product, scale), search);
  const core = coreOf(
    { data: b.data, rows: product.rows, columns: elements(b.shape.slice(1)) },
    { data: a.data, rows: a.shape[0] as number, columns: product.columns },
  );
  const small: Weight = { data: core.data, shape: core.shape };
  const size = Math.abs(scale) * core.scale;
  const frobeniusNorm = engine.frobeniusNorm(small) * size;
  const certainty = certaintyFor(core.shape[0], core.shape[1], detail);
  const bounds = engine.spectralNormBounds(small, { certainty, seed: search.seed });
  const count = Math.min(detail.values ?? 5, product.rows, product.columns, ...core.shape);
  const values = count === 0 ? null : engine.singularValues(small, { k: count, seed: search.seed });
  const ratio = found.sigma === 0 ? 0 : frobeniusNorm / found.sigma;
  const measured: Measured = {
    ...nothing,
    spectralNorm: found.sigma,
    frobeniusNorm,
    stableRank: ratio * ratio,
    converged: found.converged,
    iterations: found.iterations,
    ...noDetail,
    lower: Math.max(0, (bounds.lower - core.error) * (1 - 2 ** -49)) * size,
    upper: (bounds.upper + core.error) * size * (1 + 2 ** -49) + Number.MIN_VALUE,
    certainty,
    ...derived(found.sigma, frobeniusNorm, product.rows, product.columns),
    singularValues: values === null ? null : Array.from(values, (value) => value * size),
  };
  return measured;
}

/** A factor as a matrix whose rows are along its first axis; in float64, as operators compute. */
async function readFactor(
  context: WeightContext,
  tensor: ListedTensor,
): Promise<Weight & { readonly data: FloatArray }> {
  const data = (await readFloats(context, tensor)) as FloatArray;
  checkFiniteArray(tensor.name, data);
  return { data, shape: tensor.shape, axis: 0 };
}
