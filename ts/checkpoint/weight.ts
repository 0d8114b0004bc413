/**
 * The audit of one weight.
 *
 * @module
 */
import type { Engine, FloatArray, SpectralNormOptions, StoredDtype, WasmMatrix } from "../types.js";
import { bytesInHalves, bytesInMemory } from "./budget.js";
import { engineDtypes, storedDtypes } from "./decode.js";
import { type Detail, type DetailOptions, measureDetail } from "./detail.js";
import type { LayerOptions } from "./layers.js";
import type { ListedTensor } from "./listed.js";
import { type OperatorNorm, operatorNorm } from "./operator.js";
import type { Operators } from "./products.js";
import { type AuditedTensor, aside, type Measured, nothing, numbers, rowError } from "./row.js";
import { type StoredVectors, storedVectors } from "./stored.js";
import { type Multiply, storedVector } from "./stored-last.js";
import { fits, storedNorm } from "./stored-norm.js";
import { memoryOf } from "./streamed/insides.js";
import { LONGEST_VECTOR } from "./streamed/matrix.js";
import { mayBeNarrow, measureStreamed } from "./streamed/measure.js";
import { sidesOf } from "./streamed/pieces.js";
import type { Ask } from "./streamed/question.js";
import { elements } from "./tensor.js";
import type { Checkpoint, CheckpointTensor } from "./types.js";

export type { AuditedTensor } from "./row.js";

/** An output axis that is the same for a whole checkpoint. */
export type Axis = 0 | 1 | "last";

/** What the audit of a weight needs beside the weight. */
export interface WeightContext {
  readonly engine: Engine;
  readonly checkpoint: Checkpoint;
  readonly axis: Axis;
  readonly sliceBytes: number;
  readonly search: Pick<SpectralNormOptions, "tolerance" | "maxIterations" | "seed">;
  readonly named: ReadonlyMap<string, ListedTensor>;
  /** What to find out beyond the norms; undefined is nothing that takes time. */
  readonly detail: DetailOptions | undefined;
  readonly layers: ReadonlyMap<string, LayerOptions>;
  /** The package's own, without which there are no products of several weights, and none that is larger than memory. */
  readonly operators: Operators | undefined;
  /** The bytes that a weight may take in memory, beyond which it stays in its file. */
  readonly memory: number;
}

/**
 * Reads a weight of two or more dimensions and measures it.
 *
 * @param ask Answers about a weight that stays in its file; by default it is read here.
 */
export async function auditWeight(context: WeightContext, tensor: CheckpointTensor, ask?: Ask): Promise<AuditedTensor> {
  const { name, shape, dtype } = tensor;
  const stored = storedVectors(name, context.named);
  const axis = axisOf(shape, context.axis, stored);
  try {
    const measured =
      streamedAxis(context, tensor) === undefined
        ? await measureWhole(context, tensor, axis, stored)
        : await measureStreamed(context, tensor, axis, stored, ask);
    return { name, shape, dtype, axis, ...measured, error: null };
  } catch (thrown) {
    return failedWeight(context, tensor, rowError(thrown));
  }
}

/**
 * The axis of a weight that is measured block by block: of one that stays in its file, and of one that several can share; undefined
 * for one that is measured as a whole. It depends on nothing but the weight and the options, for bits do.
 */
export function streamedAxis(context: WeightContext, tensor: CheckpointTensor): number | undefined {
  const axis = axisOf(tensor.shape, context.axis, storedVectors(tensor.name, context.named));
  if (context.operators === undefined || fitsInHalves(context, tensor, axis)) return undefined;
  return bytesInMemory(tensor, axis) > context.memory || isShared(context, tensor, axis) ? axis : undefined;
}

/** The bytes that it takes to measure a weight as a whole; undefined where nobody needs to know beforehand. */
export function bytesInPlay(context: WeightContext, tensor: CheckpointTensor): number | undefined {
  const axis = axisOf(tensor.shape, context.axis, storedVectors(tensor.name, context.named));
  return fitsInHalves(context, tensor, axis) ? bytesInHalves(tensor, axis) : undefined;
}

/**
 * Whether a weight of 16 bits a number is kept as it is in the file: where two of its size fit, so that two threads have one each
 * and none waits for the other. An engine without such weights has room for it in float32, with the same bits in the end.
 */
function fitsInHalves(context: WeightContext, tensor: CheckpointTensor, axis: number): boolean {
  const { dtype, shape } = tensor;
  const isOf16 = dtype === "BF16" || (dtype === "F16" && elements(shape) >= LEAST_LARGE);
  return isOf16 && 2 * bytesInHalves(tensor, axis) <= context.memory && isPlain(context, tensor, axis);
}

/**
 * The numbers of a weight from which on it is worth while to share it, and to search float16 as it is: what is in the processor's
 * caches is searched faster in float32, for float16 takes more instructions than bfloat16.
 */
const LEAST_LARGE = 2 ** 22;

/** Whether blocks tell all that is asked about a weight that fits in memory, and as fast. */
function isShared(context: WeightContext, tensor: CheckpointTensor, axis: number): boolean {
  const { shape } = tensor;
  if (elements(shape) < LEAST_LARGE || sidesOf(shape, axis)[1] > LONGEST_VECTOR) return false;
  return isPlain(context, tensor, axis) && mayBeNarrow(context, tensor);
}

/** Whether nothing is asked about a weight but its norms, and its elements lie as they are read. */
function isPlain({ detail, layers, named }: WeightContext, tensor: CheckpointTensor, axis: number): boolean {
  const { name, shape } = tensor;
  const isInOrder = axis === 0 || axis === shape.length - 1;
  const isStored = storedVectors(name, named) !== undefined || storedVector(tensor, named) !== undefined;
  return detail === undefined && !layers.has(name) && isInOrder && !isStored;
}

/** The row of a weight that was not measured. */
export function failedWeight(
  { named, axis: asked }: Pick<WeightContext, "named" | "axis">,
  { name, shape, dtype }: CheckpointTensor,
  error: NonNullable<AuditedTensor["error"]>,
): AuditedTensor {
  return { name, shape, dtype, axis: axisOf(shape, asked, storedVectors(name, named)), ...nothing, error };
}

/** The axis along which a weight is read: for one under PyTorch's normalization, that which its vectors fit. */
export function axisOf(shape: readonly number[], asked: Axis, stored: StoredVectors | undefined): number {
  const last = shape.length - 1;
  const axis = asked === "last" ? last : asked;
  // Whoever asks for the last axis means kernels; a matrix in PyTorch has u along axis 0 all the same.
  const candidates = last === 1 ? [0, 1] : [axis, 0, 1, last];
  const fitting = stored && candidates.find((candidate) => fits(shape, candidate, stored));
  return fitting ?? axis;
}

async function measureWhole(
  context: WeightContext,
  tensor: CheckpointTensor,
  axis: number,
  stored: StoredVectors | undefined,
): Promise<Measured> {
  const { name, shape, dtype } = tensor;
  const { engine } = context;
  const isHalved = fitsInHalves(context, tensor, axis) && memoryOf(engine)?.stored !== undefined;
  if (isHalved) return await measureHalves(context, tensor, axis);
  const matrix = engine.matrix(shape, { dtype: engineDtypes[dtype], axis });
  try {
    await context.checkpoint.read(name, { into: () => matrix.view, bytes: context.sliceBytes });
    const triplet = engine.dominantTriplet(matrix, { ...context.search, gap: false });
    const frobeniusNorm = engine.frobeniusNorm(matrix);
    const form = (u: FloatArray, v: FloatArray) => engine.bilinearForm(matrix, u, v);
    const multiply = lastProducts(engine, matrix);
    const sigma = await storedNorm(context, tensor, axis, stored, { form, multiply });
    const measured = {
      ...nothing,
      ...numbers(triplet, frobeniusNorm, sigma),
      ...aside(shape, axis, triplet.sigma, frobeniusNorm),
    };
    return { ...measured, note: sigma.note, ...lengthy(context, matrix, tensor, axis, measured) };
  } finally {
    matrix.free();
  }
}

/** A weight that is kept in 16 bits a number: there is nothing but its norms to tell. */
async function measureHalves(
  { engine, checkpoint, search, sliceBytes }: WeightContext,
  { name, shape, dtype }: CheckpointTensor,
  axis: number,
): Promise<Measured> {
  const matrix = engine.matrix(shape, { dtype: storedDtypes[dtype] as StoredDtype, axis });
  try {
    await checkpoint.read(name, { into: () => matrix.view, bytes: sliceBytes });
    const triplet = engine.dominantTriplet(matrix, { ...search, gap: false });
    const frobeniusNorm = engine.frobeniusNorm(matrix);
    const norms = numbers(triplet, frobeniusNorm, { value: null, dialect: null });
    return { ...nothing, ...norms, ...aside(shape, axis, triplet.sigma, frobeniusNorm) };
  } finally {
    matrix.free();
  }
}

/** The products of a kernel read along its last axis, by whatever axis it was read here. */
function lastProducts(engine: Engine, matrix: WasmMatrix): Multiply {
  const { shape, axis } = matrix;
  const isAsked = shape.length === 2 || axis === shape.length - 1;
  // Not a view, for it dies when the copy of it makes memory grow.
  const kernel = () => (isAsked ? matrix : { data: matrix.view.slice(), shape, axis: shape.length - 1 });
  return (x, adjoint) => engine.multiply(kernel(), x, { adjoint });
}

/** What takes its time, as far as it was asked for. */
function lengthy(
  context: WeightContext,
  matrix: WasmMatrix,
  { name, shape }: CheckpointTensor,
  axis: number,
  measured: Measured,
): Partial<Detail> {
  const { engine, detail, search } = context;
  const layer = context.layers.get(name);
  if (detail === undefined && layer === undefined) return {};
  const found = measureDetail(engine, matrix, axis, detail ?? { values: 0 }, search);
  const divisor = measured.normalization === "keras" ? 1 : (measured.storedSigma ?? 1);
  let operator: OperatorNorm | null = null;
  // A divisor of 0 leaves no layer whose norm could be given.
  if (shape.length > 2 && shape.length < 6 && divisor !== 0) {
    operator = operatorNorm(engine, matrix, context.axis, found.upper as number, layer, divisor, search);
  }
  return { ...found, operator };
}
