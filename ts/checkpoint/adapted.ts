/**
 * The audit of a base model's weights with what LoRA pairs add to them: W + s·B·A, which is never written out.
 *
 * @module
 */
import { sumOfSquares } from "../engine/vectors.js";
import type { Certainty, LinearOperator, WeightLike } from "../types.js";
import { type AdapterPair, type FoundPair, misfitOf, pairShape, readFactor, readPair } from "./adapters.js";
import { bytesInMemory } from "./budget.js";
import { engineDtypes } from "./decode.js";
import { certaintyFor } from "./detail.js";
import type { Factor } from "./low-rank.js";
import { type AdapterOptions, asWeight, measureProduct, transposed } from "./products.js";
import { type AuditedTensor, aside, type Measured, nothing, numbers, rowError } from "./row.js";
import { openStreamed } from "./streamed/matrix.js";
import { elements } from "./tensor.js";
import type { Checkpoint, CheckpointTensor } from "./types.js";
import type { WeightContext } from "./weight.js";

/** The weight of a base model that a pair adds to. */
export function baseWeight(base: Checkpoint, { stem }: FoundPair): CheckpointTensor | undefined {
  // PEFT wraps the model, and diffusers says which part it is; kohya's scripts write underscores for dots.
  const plain = stem.replace(/^base_model\.model\.|^(?:unet|transformer|text_encoder\w*)\./, "");
  const underscored = stem.replace(/^lora_(?:unet|transformer|te\d*)_/, "");
  const isMeant = ({ name }: CheckpointTensor) => {
    const own = name.replace(/\.weight$/, "");
    return own === stem || own === plain || (own.replaceAll(".", "_") === underscored && underscored !== stem);
  };
  return base.tensors.find(isMeant);
}

/** The row of a base weight with its pair. */
export async function auditAdapted(
  context: WeightContext,
  pair: FoundPair,
  base: Checkpoint,
  options: AdapterOptions,
): Promise<AuditedTensor> {
  const failed = (error: NonNullable<AuditedTensor["error"]>) => failedAdapted(context, pair, base, options, error);
  const tensor = baseWeight(base, pair);
  if (tensor === undefined) {
    return failed({ code: "OPTION", message: `"base" expected a weight for ${pair.stem}, got none in ${base.name}` });
  }
  const misfit = misfitOf(pair) ?? misfitWith(tensor, pairShape(pair));
  if (misfit !== undefined) return failed({ code: "SHAPE", message: misfit });
  try {
    const { head, adapter } = await describeSum(context, pair, base, options);
    const factors = await factorsFor(context, pair, tensor);
    const measured = await measure({ ...context, checkpoint: base }, tensor, factors, adapter.scale ?? 1, options);
    return { ...head, ...measured, adapter, error: null };
  } catch (thrown) {
    return failed(rowError(thrown));
  }
}

/** The row of a base weight with its pair that was not measured. */
export async function failedAdapted(
  context: WeightContext,
  pair: FoundPair,
  base: Checkpoint,
  options: AdapterOptions,
  error: NonNullable<AuditedTensor["error"]>,
): Promise<AuditedTensor> {
  const { head, adapter } = await describeSum(context, pair, base, options);
  return { ...head, ...nothing, adapter, error };
}

async function describeSum(context: WeightContext, pair: FoundPair, base: Checkpoint, { alpha }: AdapterOptions) {
  const known = await readPair(context, pair, alpha);
  const tensor = baseWeight(base, pair);
  const adapter: AdapterPair = tensor === undefined ? known : { ...known, base: tensor.name };
  const head = {
    name: `${pair.stem} (W + ${known.scale === null ? "" : "s·"}B·A)`,
    shape: tensor?.shape ?? pairShape(pair),
    dtype: tensor?.dtype ?? pair.down.dtype,
    axis: 0,
  };
  return { head, adapter };
}

/** Layers of GPT-2 and embeddings are stored with inputs as rows; what is added to them is (s·B·A)ᵀ. */
function isTurned({ shape }: CheckpointTensor, [rows, columns]: readonly [number, number]): boolean {
  return shape[0] !== rows && shape[0] === columns && elements(shape) === rows * columns;
}

function misfitWith(tensor: CheckpointTensor, added: readonly number[]): string | undefined {
  const sides = [added[0] as number, elements(added.slice(1))] as const;
  const isFitting = tensor.shape[0] === sides[0] && elements(tensor.shape) === sides[0] * sides[1];
  if (isFitting || isTurned(tensor, sides)) return undefined;
  return `expected B·A to have the shape of ${tensor.name} in the base, [${tensor.shape}], got [${added}]`;
}

async function factorsFor(
  context: WeightContext,
  { up, down }: FoundPair,
  tensor: CheckpointTensor,
): Promise<readonly [Factor, Factor]> {
  const [b, a] = [await readFactor(context, up), await readFactor(context, down)];
  return isTurned(tensor, [b.rows, a.columns]) ? [transposed(a), transposed(b)] : [b, a];
}

/** What is asked of the base weight, in memory or left in its file. */
interface Base {
  readonly operator: WeightLike | LinearOperator<Promise<Float64Array>>;
  readonly frobeniusNorm: () => Promise<number>;
  readonly upper: () => Promise<number>;
  /** How sure that is. */
  readonly certainty: Certainty;
  /** The sum of uᵀWv. */
  readonly form: (pairs: readonly (readonly [Float64Array, Float64Array])[]) => Promise<number>;
  readonly free: () => void;
}

async function measure(
  context: WeightContext,
  tensor: CheckpointTensor,
  factors: readonly [Factor, Factor],
  scale: number,
  options: AdapterOptions,
): Promise<Omit<Measured, "adapter">> {
  const { operators } = options;
  const added = measureProduct(context, { ...options, detail: { ...options.detail, values: 0 } }, factors, scale);
  const base = await openBase(context, tensor);
  try {
    const [b, a] = factors;
    const product = operators.operatorScale(operators.operatorProduct(asWeight(b), asWeight(a)), scale);
    const sum = operators.operatorSum(base.operator, product);
    const found = await operators.dominantTriplet(sum, { ...context.search, gap: false });
    const own = await base.frobeniusNorm();
    const mixed = await base.form(columnsAndRows(b, a));
    const other = added.frobeniusNorm as number;
    // Where W and what is added cancel, digits do; a sum of squares is never negative.
    const frobeniusNorm = Math.sqrt(Math.max(0, own * own + 2 * scale * mixed + other * other));
    return {
      ...nothing,
      ...numbers(found, frobeniusNorm, { value: null, dialect: null }),
      ...aside([b.rows, a.columns], 0, found.sigma, frobeniusNorm),
      ...(context.detail === undefined ? {} : await intervalOf(base, added, [b, a], scale, found.sigma)),
    };
  } finally {
    base.free();
  }
}

async function openBase(context: WeightContext, tensor: CheckpointTensor): Promise<Base> {
  const { engine, checkpoint, detail, search, sliceBytes, memory } = context;
  if (bytesInMemory(tensor, 0) > memory) {
    const matrix = await openStreamed(context, tensor, 0, detail !== undefined);
    return {
      operator: matrix.plain,
      frobeniusNorm: async () => (await matrix.facts()).frobeniusNorm,
      upper: async () => (await matrix.facts()).upper,
      certainty: "cheap",
      form: (pairs) => matrix.form(pairs),
      free: () => matrix.free(),
    };
  }
  const rows = tensor.shape[0] as number;
  const columns = elements(tensor.shape) / rows;
  const matrix = engine.matrix([rows, columns], { dtype: engineDtypes[tensor.dtype] });
  let frobeniusNorm: number;
  try {
    await checkpoint.read(tensor.name, { into: () => matrix.view, bytes: sliceBytes });
    // At once, for it tells where an entry is not finite.
    frobeniusNorm = engine.frobeniusNorm(matrix);
  } catch (thrown) {
    matrix.free();
    throw thrown;
  }
  const certainty = certaintyFor(rows, columns, detail ?? {});
  return {
    operator: matrix,
    frobeniusNorm: async () => frobeniusNorm,
    upper: async () => engine.spectralNormBounds(matrix, { certainty, seed: search.seed }).upper,
    certainty,
    form: async (pairs) => pairs.reduce((sum, [u, v]) => sum + engine.bilinearForm(matrix, u, v), 0),
    free: () => matrix.free(),
  };
}

/** ‖W + S‖ is at most ‖W‖ + ‖S‖; at least the norm of an image of a unit vector, less what rounding adds to products. */
async function intervalOf(
  base: Base,
  { upper, certainty }: Pick<Measured, "upper" | "certainty">,
  [b, a]: readonly [Factor, Factor],
  scale: number,
  sigma: number,
): Promise<Pick<Measured, "lower" | "upper" | "certainty">> {
  const terms = 2 * (b.rows + a.columns + a.rows + 16);
  const [size, other] = [Math.sqrt(sumOfSquares(b.data)), Math.sqrt(sumOfSquares(a.data))];
  const rounding = terms * 2 ** -52 * ((await base.frobeniusNorm()) + Math.abs(scale) * size * other);
  const above = ((await base.upper()) + (upper as number)) * (1 + 2 ** -49);
  return { lower: Math.max(0, sigma - rounding), upper: above, certainty: bothOf(base.certainty, certainty) };
}

/** Two proved bounds make one; of probable ones either may fail. */
function bothOf(...certainties: readonly (Certainty | null)[]): Certainty {
  const risk = certainties.reduce((sum: number, one) => sum + (typeof one === "number" ? 1 - one : 0), 0);
  return risk === 0 ? "cheap" : 1 - risk;
}

/** The columns of B with the rows of A: their outer products add up to B·A. */
function columnsAndRows(b: Factor, a: Factor): readonly (readonly [Float64Array, Float64Array])[] {
  return Array.from({ length: a.rows }, (_, k) => [
    Float64Array.from({ length: b.rows }, (_unused, row) => b.data[row * b.columns + k] as number),
    Float64Array.from(a.data.subarray(k * a.columns, (k + 1) * a.columns)),
  ]);
}
