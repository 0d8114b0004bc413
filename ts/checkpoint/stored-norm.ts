/**
 * The norm of a weight by the vectors that spectral normalization stored beside it.
 *
 * @module
 */
import type { FloatArray } from "../types.js";
import { isRead, type ListedTensor } from "./listed.js";
import type { StoredSigma } from "./row.js";
import type { StoredVectors } from "./stored.js";
import { type Multiply, steppedSigma, storedVector } from "./stored-last.js";
import type { StreamedMatrix } from "./streamed/matrix.js";
import { elements } from "./tensor.js";
import type { CheckpointTensor } from "./types.js";
import type { WeightContext } from "./weight.js";

/** What there is of the weight. */
export interface Weighing {
  /** uᵀWv. */
  readonly form: (u: FloatArray, v: FloatArray) => number | Promise<number>;
  /** Its products along the last axis; undefined where those along another are all that there is. */
  readonly multiply: Multiply | undefined;
}

/** A weight that stays in its file. */
export function weighingOf(matrix: StreamedMatrix, shape: readonly number[], axis: number): Weighing {
  const isLast = shape.length === 2 || axis === shape.length - 1;
  return {
    form: (u, v) => matrix.form([[Float64Array.from(u), Float64Array.from(v)]]),
    multiply: isLast ? (x, adjoint) => matrix.multiply(x, adjoint) : undefined,
  };
}

/** Whether stored vectors are as long as the sides of the matrix along an axis. */
export function fits(shape: readonly number[], axis: number, { u, v }: StoredVectors): boolean {
  const rows = shape[axis] as number;
  return elements(u.shape) === rows && elements(v.shape) === elements(shape) / rows;
}

/** The norm by stored vectors, in whatever dialect there are some. */
export async function storedNorm(
  context: WeightContext,
  tensor: CheckpointTensor,
  axis: number,
  stored: StoredVectors | undefined,
  { form, multiply }: Weighing,
): Promise<StoredSigma> {
  if (stored !== undefined) {
    const { dialect } = stored;
    return { ...(await storedSigma(context, form, tensor.shape, axis, stored)), dialect };
  }
  const last = storedVector(tensor, context.named);
  if (last === undefined) return { value: null, note: null, dialect: null };
  const { dialect } = last;
  if (multiply === undefined) {
    const note = "it stays in its file, from which steps from its stored u are taken along its last axis alone";
    return { value: null, note, dialect };
  }
  return { ...(await steppedSigma(last, await readFloats(context, last.u), multiply)), dialect };
}

async function storedSigma(
  context: WeightContext,
  form: Weighing["form"],
  shape: readonly number[],
  axis: number,
  stored: StoredVectors,
): Promise<Omit<StoredSigma, "dialect">> {
  if (!fits(shape, axis, stored)) {
    const lengths = `${elements(stored.u.shape)} and ${elements(stored.v.shape)}`;
    return { value: null, note: `its stored u and v have ${lengths} entries, which fit no axis of it` };
  }
  const u = await readFloats(context, stored.u);
  const v = await readFloats(context, stored.v);
  if (u === undefined || v === undefined) {
    return { value: null, note: `its stored u and v are ${stored.u.dtype} and ${stored.v.dtype}, not floats` };
  }
  if (!(u.every(Number.isFinite) && v.every(Number.isFinite))) {
    return { value: null, note: "its stored u and v are not finite" };
  }
  // PyTorch's u lies along the axis. Along the last one the engine has columns, and so its v.
  const [left, right] = axis === shape.length - 1 ? [v, u] : [u, v];
  return { value: await form(left, right), note: null };
}

/** All elements of a tensor; undefined where they are not read. */
export async function readFloats(
  { checkpoint, sliceBytes }: Pick<WeightContext, "checkpoint" | "sliceBytes">,
  tensor: ListedTensor,
): Promise<FloatArray | undefined> {
  return isRead(tensor) ? (await checkpoint.read(tensor.name, { bytes: sliceBytes })).data : undefined;
}
