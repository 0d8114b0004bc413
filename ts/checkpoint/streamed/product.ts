/**
 * What one block of a matrix adds to its products: a function of the block and the vector alone. So blocks can be multiplied
 * anywhere, and the sums, taken in the order of the blocks, have the same bits.
 *
 * @module
 */
import { insides } from "../../engine/insides.js";
import type { Memory } from "../../engine/memory.js";
import type { Engine, FloatArray } from "../../types.js";
import type { BlockWeight } from "./blocks.js";
import { memoryOf } from "./insides.js";
import type { Question } from "./question.js";

/** What multiplies: an engine. */
export type Multiplier = Pick<Engine, "multiply">;

/** The products of rows W_b, or columns, of a matrix with a vector. */
export interface Contribution {
  /** W_b·x, the part of the image that belongs to these rows. */
  readonly image: Float64Array;
  /** W_bᵀ·W_b·x, whose sum over all blocks is WᵀW·x. */
  readonly back: Float64Array;
}

/**
 * Both products from one look at the block, for a file is read anew for each look.
 *
 * @param isFlipped Whether the block is some columns of W: then the products are W_bᵀ·x and W_b·W_bᵀ·x.
 * @param factor What W is multiplied by, a power of two, where its entries would overflow or vanish in products.
 */
export function contributionOf(
  engine: Multiplier,
  block: BlockWeight,
  x: Float64Array,
  isFlipped: boolean,
  factor: number,
): Contribution {
  const image = scaled(engine.multiply(block, x, { adjoint: isFlipped }), factor);
  return { image, back: scaled(engine.multiply(block, image, { adjoint: !isFlipped }), factor) };
}

interface Insides {
  /** Of what is not in the engine's memory there is none. */
  readonly [insides]?: number;
  readonly shape: readonly [number, number];
  readonly dtype?: string;
}

/** Told of both products, which are there until it returns. */
type Take = (image: FloatArray, back: FloatArray) => void;

/**
 * Both products: in one sweep, with sums in float32 if those are enough, where the block lies in the engine's memory, else as
 * {@link contributionOf} has them. In float64 the bits are the same either way.
 */
export function contribute(
  engine: Multiplier,
  block: BlockWeight,
  x: Float64Array,
  { adjoint, factor, narrow }: Pick<Question, "adjoint" | "factor" | "narrow">,
  take: Take,
): void {
  const { [insides]: id, shape, dtype } = block as unknown as Insides;
  const memory = memoryOf(engine);
  const sweep = memory && sweepOf(memory, dtype, narrow === true);
  if (id === undefined || memory === undefined || sweep === undefined || adjoint || factor !== 1) {
    const { image, back } = contributionOf(engine, block, x, adjoint, factor);
    take(image, back);
    return;
  }
  const [rows, columns] = shape;
  const code = narrow ? 0 : 1;
  memory.run((scope) => {
    const [v, u, z] = [columns, rows, columns].map((length) => scope.buffer(code, length)) as [number, number, number];
    memory.write(v, code, columns, x);
    sweep(id, rows, columns, v, u, z);
    take(memory.view(u, code, rows), memory.view(z, code, columns));
  });
}

type Sweep = Memory["door"]["gramPass"];

/** What sweeps over a block; undefined if nothing in this module does. */
function sweepOf({ door, stored }: Memory, dtype: string | undefined, narrow: boolean): Sweep | undefined {
  if (!narrow || dtype === "bfloat16" || dtype === "float16") return stored?.gramPass;
  return door.gramPass;
}

/** Adds a part of a sum at its place. */
export function addAt(sum: Float64Array, part: FloatArray, at: number): void {
  for (let index = 0; index < part.length; index++) {
    sum[at + index] = (sum[at + index] as number) + (part[index] as number);
  }
}

/** Multiplies in place. */
export function scaled(vector: Float64Array, factor: number): Float64Array {
  if (factor !== 1)
    for (let index = 0; index < vector.length; index++) vector[index] = (vector[index] as number) * factor;
  return vector;
}
