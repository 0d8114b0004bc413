/**
 * Weights larger than the memory that they may take: their norm is found in passes over the file, and they are divided as they
 * are copied from one file to the other.
 *
 * @module
 */
import { OutOfMemoryError } from "../../engine/errors.js";
import { settled } from "../../engine/settled.js";
import type { DominantTriplet, FloatArray } from "../../types.js";
import { bytesInMemory } from "../budget.js";
import { openStreamed, type StreamedMatrix } from "../streamed/matrix.js";
import { type Elements, elements, SLICE_BYTES } from "../tensor.js";
import type { Checkpoint, CheckpointTensor } from "../types.js";
import { roundTo } from "../write/encode.js";
import { fileNumbers } from "../write/numbers.js";
import { type Norms, USUAL_TOLERANCE } from "./options.js";
import type { Computed } from "./run.js";

/** The copies of a weight in float64 that a projection takes beside it. */
const PROJECTION_COPIES = 2;
/** While a weight is projected nothing is read and nothing written, which leaves a fifth more. */
const PROJECTION_SHARE = 1.2;

/** Whether a weight stays in its file. */
export function isTooLarge({ memory, dominantTriplet }: Norms, bytes: number): boolean {
  return dominantTriplet !== undefined && bytes > memory;
}

/** The memory that a projection asks for. */
export function bytesToProject(tensor: CheckpointTensor, axis: number): number {
  return (bytesInMemory(tensor, axis) + PROJECTION_COPIES * 8 * elements(tensor.shape)) / PROJECTION_SHARE;
}

/** A weight, and where its numbers are. */
export interface Streamed {
  readonly norms: Norms;
  readonly checkpoint: Checkpoint;
  readonly tensor: CheckpointTensor;
  readonly from: Elements;
  readonly axis: number;
  /** What messages call it. */
  readonly where: string;
}

/** What every number becomes: times `over`, divided by `under`. */
export interface Quotient {
  readonly over: number;
  readonly under: number;
}

/** @param quotientFor Says what is to become of a weight with this norm above 0; undefined if it stays. */
export async function bringStreamed(
  weight: Streamed,
  quotientFor: (sigma: number) => Quotient | undefined,
): Promise<Omit<Computed, "note">> {
  const found = await inFile(weight, weight.checkpoint, (matrix) => search(weight.norms, matrix));
  const { sigma: before } = found;
  const quotient = before === 0 ? undefined : quotientFor(before);
  if (quotient === undefined) return { numbers: fileNumbers(weight.from, () => undefined), before, after: before };
  return await rewritten(weight, found, changeBy(quotient));
}

/** @param divisorOf Finds what the weight is to be divided by. */
export async function divideStreamed(
  weight: Streamed,
  divisorOf: (matrix: StreamedMatrix) => Promise<number>,
): Promise<Omit<Computed, "note">> {
  const { norms, checkpoint } = weight;
  const [found, divisor] = await inFile(weight, checkpoint, async (matrix) => {
    return [await search(norms, matrix), await divisorOf(matrix)] as const;
  });
  return await rewritten(weight, found, (numbers) => {
    for (let i = 0; i < numbers.length; i++) numbers[i] = (numbers[i] as number) / divisor;
  });
}

async function rewritten(
  weight: Streamed,
  { sigma: before, v }: Found,
  compute: (numbers: FloatArray) => void,
): Promise<Omit<Computed, "note">> {
  const { tensor, from, where, checkpoint, norms } = weight;
  const change = (numbers: FloatArray) => {
    compute(numbers);
    roundTo(tensor.dtype, numbers, where);
  };
  // From where the last search ended, which is nearly where this one will.
  const { sigma: after } = await inFile(weight, changed(checkpoint, change), (matrix) => {
    matrix.widen();
    return search(norms, matrix, v);
  });
  return { numbers: fileNumbers(from, change), before, after };
}

/** That a weight is too large for what is asked of it. */
export function refusal({ where, norms }: Streamed, what: string, bytes: number, remedy: string): OutOfMemoryError {
  const needed = `${Math.ceil(bytes / 1e6)} MB for ${what}`;
  return new OutOfMemoryError(`${where} expected ${needed}, got ${Math.floor(norms.memory / 1e6)} MB: ${remedy}`);
}

function changeBy({ over, under }: Quotient): (numbers: FloatArray) => void {
  const factor = over / under;
  const isNormal = Math.abs(factor) >= 2 ** -1022 && Math.abs(factor) < Number.POSITIVE_INFINITY;
  return (numbers) => {
    for (let i = 0; i < numbers.length; i++) {
      const entry = numbers[i] as number;
      // No entry exceeds the norm, so that its quotient is in range where the factor is not.
      numbers[i] = isNormal ? entry * factor : (entry / under) * over;
    }
  };
}

/** The same checkpoint, with blocks of other numbers. */
function changed(checkpoint: Checkpoint, change: (numbers: FloatArray) => void): Pick<Checkpoint, "blocks"> {
  return {
    async *blocks(name, options) {
      for await (const block of checkpoint.blocks(name, options)) {
        change(block.data);
        yield block;
      }
    },
  };
}

type Found = Pick<DominantTriplet, "sigma" | "v">;

/** What a matrix that is read block by block tells. */
export async function inFile<T>(
  { norms: { engine, memory }, tensor, axis }: Pick<Streamed, "norms" | "tensor" | "axis">,
  checkpoint: Pick<Checkpoint, "blocks">,
  use: (matrix: StreamedMatrix) => Promise<T>,
): Promise<T> {
  const matrix = await openStreamed({ engine, checkpoint, sliceBytes: SLICE_BYTES, memory }, tensor, axis, false);
  try {
    return await use(matrix);
  } finally {
    matrix.free();
  }
}

/** The norm of a weight in a file, where {@link isTooLarge} has said so. */
export async function search(norms: Norms, matrix: StreamedMatrix, start?: FloatArray): Promise<Found> {
  const dominantTriplet = norms.dominantTriplet as NonNullable<Norms["dominantTriplet"]>;
  const found = await dominantTriplet(matrix.operator, { ...norms.search, start, gap: false });
  return { sigma: settled(found, norms.search.tolerance ?? USUAL_TOLERANCE) / matrix.factor, v: found.v };
}
