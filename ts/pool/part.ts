/**
 * A part of a split matrix: rows of it, in the memory of a worker's engine.
 *
 * @module
 */
import { NonFiniteError, SpectralNormError } from "../engine/errors.js";
import type { Memory, Scope } from "../engine/memory.js";
import { complaintOf, type DtypeCode } from "../engine/validate.js";
import type { FloatArray } from "../types.js";
import type { Hold, Multiply } from "./answer.js";

/** Rows of a matrix. */
export interface Part {
  /** The place of the first of them. */
  readonly first: number;
  readonly rows: number;
  readonly columns: number;
  /** Their buffer. */
  readonly id: number;
  /** The Frobenius norm, which tells of what size the entries are. */
  readonly norm: number;
}

/** What a part of a matrix gives. */
export interface Images {
  /** Its rows of W·x; nothing of Wᵀ·y. */
  readonly u: FloatArray;
  /** Its share of Wᵀ·u, or of Wᵀ·y. */
  readonly z: FloatArray;
}

/**
 * Takes a part in.
 *
 * @throws {NonFiniteError} With the row in the whole matrix.
 */
export function partOf(memory: Memory, { first, data, columns }: Hold): Part {
  const rows = data.length / columns;
  const dtype: DtypeCode = data.BYTES_PER_ELEMENT === 4 ? 0 : 1;
  const owner = {};
  const [id = 0] = memory.keep(owner, [[dtype, data.length]]);
  try {
    memory.write(id, dtype, data.length, data);
    const norm = memory.run(() => memory.door.frobeniusNorm(id, rows, columns));
    return Object.assign(owner, { first, rows, columns, id, norm });
  } catch (thrown) {
    memory.discard(owner, [id]);
    throw thrown instanceof SpectralNormError && thrown.code === "NON_FINITE" ? place(data, columns, first) : thrown;
  }
}

/** Gives its memory back. */
export function dropPart(memory: Memory, part: Part): void {
  memory.discard(part, [part.id]);
}

function place(data: FloatArray, columns: number, first: number): NonFiniteError {
  const index = data.findIndex((entry) => !Number.isFinite(entry));
  const [row, column] = [first + Math.floor(index / columns), index % columns];
  return new NonFiniteError(complaintOf("w", "finite entries", `${data[index]} in row ${row}, column ${column}`));
}

/** The products of a part, times `scale`, a power of two. */
export function productsOf(memory: Memory, part: Part, question: Multiply): Images {
  const { first, rows } = part;
  const { adjoint, vector, narrow, scale } = question;
  return memory.run((scope) => {
    if (adjoint) {
      const z = adjointOf(scope, part, vector.subarray(first, first + rows) as Float64Array);
      return { u: new Float64Array(0), z: scaled(z, scale) };
    }
    if (narrow) return sweep(scope, part, vector);
    const u = scaled(imageOf(scope, part, vector), scale);
    return { u, z: scaled(adjointOf(scope, part, u), scale) };
  });
}

/** Both products in one sweep, the matrix being read once; in float32. */
function sweep(scope: Scope, { id, rows, columns }: Part, vector: FloatArray): Images {
  const { memory } = scope;
  const [v, u, z] = [columns, rows, columns].map((length) => scope.buffer(0, length)) as [number, number, number];
  memory.write(v, 0, columns, vector);
  memory.door.gramPass(id, rows, columns, v, u, z);
  return { u: memory.copy(u, 0, rows), z: memory.copy(z, 0, columns) };
}

function imageOf(scope: Scope, { id, rows, columns }: Part, x: FloatArray): Float64Array {
  const u = scope.buffer(1, rows);
  scope.memory.door.multiply(id, rows, columns, false, scope.vector(x), u);
  return scope.values(u, rows);
}

function adjointOf(scope: Scope, { id, rows, columns }: Part, y: FloatArray): Float64Array {
  const z = scope.buffer(1, columns);
  scope.memory.door.multiply(id, rows, columns, true, scope.vector(y), z);
  return scope.values(z, columns);
}

function scaled(values: Float64Array, scale: number): Float64Array {
  return scale === 1 ? values : values.map((value) => value * scale);
}
