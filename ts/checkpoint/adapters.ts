/**
 * The audit of LoRA pairs: the norms of what they add to a weight, s·B·A, which is nowhere in the file.
 *
 * @module
 */
import { checkFiniteArray } from "../engine/validate.js";
import type { FloatArray } from "../types.js";
import { isRead, type ListedTensor } from "./listed.js";
import type { Factor } from "./low-rank.js";
import { type AdapterOptions, measureProduct } from "./products.js";
import { type AuditedTensor, nothing, rowError } from "./row.js";
import { readFloats } from "./stored-norm.js";
import { elements } from "./tensor.js";
import type { WeightContext } from "./weight.js";

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
  /** In a row of the sum W + s·B·A: what W is called in the base model. */
  readonly base?: string;
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
    const factors = [await readFactor(context, pair.up), await readFactor(context, pair.down)] as const;
    return { ...head, ...measureProduct(context, options, factors, adapter.scale ?? 1), adapter, error: null };
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
async function describePair(context: WeightContext, pair: FoundPair, { alpha }: AdapterOptions) {
  const { down, up } = pair;
  const adapter = await readPair(context, pair, alpha);
  const head = {
    name: `${pair.stem} (${adapter.scale === null ? "" : "s·"}B·A)`,
    shape: pairShape(pair),
    dtype: down.dtype === up.dtype ? down.dtype : `${up.dtype}·${down.dtype}`,
    axis: 0,
  };
  return { head, adapter };
}

/** What is known of a pair. */
export async function readPair(
  context: WeightContext,
  { down, up, alpha: tensor }: FoundPair,
  given: number | undefined,
): Promise<AdapterPair> {
  const rank = down.shape[0] ?? 0;
  const alpha = (await readAlpha(context, tensor)) ?? given ?? null;
  const scale = alpha === null || rank === 0 ? null : alpha / rank;
  return { down: down.name, up: up.name, rank, alpha, scale };
}

/** Why the factors cannot be multiplied. */
export function misfitOf({ down, up }: FoundPair): string | undefined {
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

/** A factor as a matrix whose rows are along its first axis; in float64, as operators compute. */
export async function readFactor(context: WeightContext, tensor: ListedTensor): Promise<Factor> {
  const data = (await readFloats(context, tensor)) as FloatArray;
  checkFiniteArray(tensor.name, data);
  const rows = tensor.shape[0] as number;
  return { data, rows, columns: elements(tensor.shape) / rows };
}
