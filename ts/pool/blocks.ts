/**
 * Rows of a matrix in blocks that fit a processor's cache: Wᵀ(Wx) reads a block from memory once, though it uses it twice.
 *
 * @module
 */
import { NonFiniteError, SpectralNormError } from "../engine/errors.js";
import { complaintOf } from "../engine/validate.js";
import type { Engine, FloatArray, WasmMatrix } from "../types.js";
import type { Hold, Multiply } from "./answer.js";

/** Bytes of a block. */
const BYTES = 2 ** 20;
/** The engine takes rows by fours. */
const FOUR = 4;

/** How many rows a block has. It depends on the matrix alone, for it decides the last bits of sums. */
export function rowsInBlock(columns: number, width: number): number {
  return Math.max(1, Math.floor(BYTES / (FOUR * columns * width))) * FOUR;
}

/** Rows of a matrix in the memory of an engine. */
export interface Part {
  /** The place of its first row. */
  readonly first: number;
  readonly rows: number;
  readonly columns: number;
  readonly blocks: readonly WasmMatrix[];
}

/** What a part of a matrix gives. */
export interface Images {
  /** Its rows of W·x; nothing of Wᵀ·y. */
  readonly u: Float64Array;
  /** Its share of Wᵀ·u, or of Wᵀ·y. */
  readonly z: Float64Array;
}

/** Takes a part in. */
export function partOf(engine: Engine, { first, data, columns }: Hold): Part {
  const rows = data.length / columns;
  const step = rowsInBlock(columns, data.BYTES_PER_ELEMENT);
  const dtype = data.BYTES_PER_ELEMENT === 4 ? "float32" : "float64";
  const blocks: WasmMatrix[] = [];
  try {
    for (let row = 0; row < rows; row += step) {
      const count = Math.min(step, rows - row);
      const block = engine.matrix([count, columns], { dtype });
      blocks.push(block);
      block.set(data.subarray(row * columns, (row + count) * columns));
      // Now that it is in the cache: products do not say in which row of the matrix they met NaN.
      engine.frobeniusNorm(block);
    }
  } catch (thrown) {
    for (const block of blocks) block.free();
    throw isNonFinite(thrown) ? place(data, columns, first) : thrown;
  }
  return { first, rows, columns, blocks };
}

function isNonFinite(thrown: unknown): boolean {
  return thrown instanceof SpectralNormError && thrown.code === "NON_FINITE";
}

function place(data: FloatArray, columns: number, first: number): NonFiniteError {
  const index = data.findIndex((entry) => !Number.isFinite(entry));
  const [row, column] = [first + Math.floor(index / columns), index % columns];
  return new NonFiniteError(complaintOf("w", "finite entries", `${data[index]} in row ${row}, column ${column}`));
}

/** The products of a part. */
export function productsOf(engine: Engine, part: Part, { adjoint, vector }: Multiply): Images {
  const { first, rows, columns, blocks } = part;
  const u = adjoint ? vector.subarray(first, first + rows) : new Float64Array(rows);
  const z = new Float64Array(columns);
  let row = 0;
  for (const block of blocks) {
    const end = row + (block.shape[0] as number);
    if (!adjoint) u.set(engine.multiply(block, vector), row);
    const share = engine.multiply(block, u.subarray(row, end), { adjoint: true });
    for (let column = 0; column < columns; column += 1) {
      z[column] = (z[column] as number) + (share[column] as number);
    }
    row = end;
  }
  return { u: adjoint ? new Float64Array(0) : u, z };
}
