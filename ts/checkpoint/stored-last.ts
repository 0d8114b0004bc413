/**
 * What the spectral normalization of Keras and Flax leaves in a checkpoint. Both read kernels along the last axis and keep
 * one vector, from which a step of power iteration gives the divisor.
 *
 * Keras has overwritten the kernel with the normalized one in the last pass in training, and evaluates with what the
 * optimizer made of it since; so the kernel is the weight in use, and the vector says what the next pass would divide by.
 * Flax keeps the raw kernel, and takes a step in evaluation, too.
 *
 * @module
 */
import { NonFiniteError } from "../engine/errors.js";
import { sumOfSquares } from "../engine/vectors.js";
import type { FloatArray } from "../types.js";
import type { ListedTensor } from "./listed.js";
import { elements } from "./tensor.js";
import type { CheckpointTensor } from "./types.js";

/** The vector of power iteration that belongs to a kernel. */
export interface StoredVector {
  readonly dialect: "keras" | "flax";
  readonly u: ListedTensor;
}

/** Names come with dots or slashes, as whoever flattened the tree of variables joined them. */
function segments(name: string): readonly string[] {
  return name.split(/[./]/);
}

/** Whether one path is the other but for one segment at most: wrappers put one of their own into either. */
function isNear(a: readonly string[], b: readonly string[]): boolean {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const first = short.findIndex((segment, index) => segment !== long[index]);
  const at = first < 0 ? short.length : first;
  const rest = long.slice(at + long.length - short.length);
  return long.length - short.length <= 1 && rest.join("/") === short.slice(at).join("/");
}

/** The path of the kernel that a stored vector belongs to, with what wrote it. */
function owner(
  name: string,
): { readonly dialect: StoredVector["dialect"]; readonly path: readonly string[] } | undefined {
  const path = segments(name);
  const last = path.at(-1);
  if (last === "vector_u") return { dialect: "keras", path: path.slice(0, -1) };
  const statistics = path.indexOf("batch_stats");
  if (last !== "u" || statistics < 0) return undefined;
  return { dialect: "flax", path: path.filter((_, index) => index !== statistics).slice(0, -1) };
}

/** The vector stored for the kernel called `name`, if its length is that of the last axis. */
export function storedVector(
  { name, shape }: CheckpointTensor,
  tensors: ReadonlyMap<string, ListedTensor>,
): StoredVector | undefined {
  const path = segments(name).filter((segment) => segment !== "params");
  for (const u of tensors.values()) {
    // Asked for every weight of every tensor, so that what is no vector at first sight must cost nothing.
    const owned = u.name.endsWith("u") ? owner(u.name) : undefined;
    if (owned === undefined || elements(u.shape) !== shape.at(-1)) continue;
    const { dialect } = owned;
    // Keras' vector belongs to the layer, of which the kernel is a variable.
    const isKernel = dialect === "flax" || ["kernel", "embeddings"].includes(path.at(-1) ?? "");
    if (isKernel && isNear(dialect === "flax" ? path : path.slice(0, -1), owned.path)) return { dialect, u };
  }
  return undefined;
}

/** W·x, or Wᵀ·x if `adjoint`, of a kernel W read along its last axis, wherever it is. */
export type Multiply = (x: Float64Array, adjoint: boolean) => Float64Array | Promise<Float64Array>;

/** What a step from the stored vector says, or why there is none. */
export interface SteppedSigma {
  readonly value: number | null;
  readonly note: string | null;
}

/** The divisor that one step of the framework's power iteration finds. */
export async function steppedSigma(
  { dialect, u }: StoredVector,
  vector: FloatArray | undefined,
  multiply: Multiply,
): Promise<SteppedSigma> {
  if (vector === undefined) return { value: null, note: `its stored u is ${u.dtype}, not floats` };
  if (!vector.every(Number.isFinite)) return { value: null, note: "its stored u is not finite" };
  // As the presets of ts/normalization/peers.ts have it, operation by operation, without their copies of the weight.
  const y = await multiply(Float64Array.from(vector), false);
  normalize(dialect, y);
  return { value: normalize(dialect, await multiply(y, true)), note: noteOf(dialect) };
}

/** Scales to unit length, but for what keeps a division by zero away; returns ⟨before, after⟩, which is yᵀWx of x = Wᵀy. */
function normalize(dialect: StoredVector["dialect"], vector: Float64Array): number {
  const squares = sumOfSquares(vector);
  const length = dialect === "flax" ? Math.sqrt(squares + FLAX_EPSILON) : Math.max(Math.sqrt(squares), KERAS_EPSILON);
  if (!(length < Number.POSITIVE_INFINITY)) {
    throw new NonFiniteError('"w" expected entries whose squares float64 can hold, got larger ones');
  }
  const factor = 1 / length;
  for (let at = 0; at < vector.length; at++) vector[at] = (vector[at] as number) * factor;
  return squares * factor;
}

const FLAX_EPSILON = 1e-12;
const KERAS_EPSILON = 1e-7;

function noteOf(dialect: StoredVector["dialect"]): string {
  return dialect === "keras"
    ? "Keras evaluates with the kernel as it is, so that the spectral norm is that of the weight in use; stored σ is what the next pass in training would divide by"
    : "Flax takes a step from the stored u in evaluation, too; stored σ is what it then divides by";
}
