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
import { openStreamed } from "../streamed/matrix.js";
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
  const { tensor, from, where, checkpoint } = weight;
  const { sigma: before, v } = await search(weight, checkpoint);
  const quotient = before === 0 ? undefined : quotientFor(before);
  if (quotient === undefined) return { numbers: fileNumbers(from, () => undefined), before, after: before };
  const change = changeBy(quotient, (numbers) => roundTo(tensor.dtype, numbers, where));
  // From where the last search ended, which is nearly where this one will.
  const { sigma: after } = await search(weight, changed(checkpoint, change), v);
  return { numbers: fileNumbers(from, change), before, after };
}

/** That a weight is too large for what is asked of it. */
export function refusal({ where, norms }: Streamed, what: string, bytes: number, remedy: string): OutOfMemoryError {
  const needed = `${Math.ceil(bytes / 1e6)} MB for ${what}`;
  return new OutOfMemoryError(`${where} expected ${needed}, got ${Math.floor(norms.memory / 1e6)} MB: ${remedy}`);
}

function changeBy({ over, under }: Quotient, round: (numbers: FloatArray) => void): (numbers: FloatArray) => void {
  const factor = over / under;
  const isNormal = Math.abs(factor) >= 2 ** -1022 && Math.abs(factor) < Number.POSITIVE_INFINITY;
  return (numbers) => {
    for (let i = 0; i < numbers.length; i++) {
      const entry = numbers[i] as number;
      // No entry exceeds the norm, so that its quotient is in range where the factor is not.
      numbers[i] = isNormal ? entry * factor : (entry / under) * over;
    }
    round(numbers);
  };
}

/** The same checkpoint, with blocks of other numbers. */
function changed(checkpoint: Checkpoint, change: (numbers: FloatArray) => void): Checkpoint {
  return {
    ...checkpoint,
    async *blocks(name, options) {
      for await (const block of checkpoint.blocks(name, options)) {
        change(block.data);
        yield block;
      }
    },
  };
}

async function search(
  { norms, tensor, axis }: Streamed,
  checkpoint: Checkpoint,
  start?: FloatArray,
): Promise<Pick<DominantTriplet, "sigma" | "v">> {
  const { engine, memory, dominantTriplet } = norms;
  const matrix = await openStreamed({ engine, checkpoint, sliceBytes: SLICE_BYTES, memory }, tensor, axis, false);
  try {
    const options = { ...norms.search, start, gap: false };
    const found = await (dominantTriplet as NonNullable<typeof dominantTriplet>)(matrix.operator, options);
    const sigma = settled(found, norms.search.tolerance ?? USUAL_TOLERANCE) / matrix.factor;
    return { sigma, v: found.v };
  } finally {
    matrix.free();
  }
}
