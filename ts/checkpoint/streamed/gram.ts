/**
 * What G = WᵀW tells of a weight that stays in its file: an interval with proof and the leading singular values, from one look at the
 * file, if W is so much longer than wide that G fits in memory.
 *
 * @module
 */
import type { Engine, FloatArray, Weight, WeightLike } from "../../types.js";
import type { DetailOptions } from "../detail.js";
import type { BlockWeight } from "./blocks.js";
import type { Facts } from "./facts.js";
import type { StreamedMatrix } from "./matrix.js";
import type { Piece } from "./pieces.js";

/** G is there twice, and an interval with proof takes three more of the same size. */
const COPIES = 5;

/** Whether more was asked for than a search tells. It takes time in proportion to rows · columns · the smaller side. */
export function wantsGram({ certainty, values = 0 }: DetailOptions): boolean {
  return certainty === "rigorous" || values > 0;
}

/** The smaller side of a matrix whose pieces are whole along it, if G may be in memory; else undefined. */
export function gramSide(matrix: StreamedMatrix, memory: number): number | undefined {
  const { wholeSide: side } = matrix;
  const isSmaller = side !== undefined && side === Math.min(matrix.rows, matrix.columns);
  return isSmaller && 8 * COPIES * side * side <= memory ? side : undefined;
}

/** G = WᵀW, or WWᵀ where the file has whole columns, in double precision. */
export async function gramOf(engine: Engine, matrix: StreamedMatrix, side: number): Promise<Weight<Float64Array>> {
  const data = new Float64Array(side * side);
  await matrix.each((piece, block, entries) => addPiece(engine, data, piece, block, entries, matrix.isFlipped));
  return { data, shape: [side, side] };
}

function addPiece(
  engine: Engine,
  sum: Float64Array,
  { rows, columns }: Piece,
  block: BlockWeight,
  entries: () => FloatArray,
  isFlipped: boolean,
): void {
  const [side, length] = isFlipped ? [rows, columns] : [columns, rows];
  const [step, stride] = isFlipped ? [columns, 1] : [1, columns];
  const vector = new Float64Array(length);
  for (let index = 0; index < side; index++) {
    const all = entries();
    for (let at = 0; at < length; at++) vector[at] = all[index * step + at * stride] as number;
    const product = engine.multiply(block, vector, { adjoint: !isFlipped });
    for (let at = 0; at < side; at++)
      sum[index * side + at] = (sum[index * side + at] as number) + (product[at] as number);
  }
}

/** What lies between G as it was computed and WᵀW, as a norm: at most γ·‖|W|‖₂², for its sums have as many terms as W is long. */
export function gramError(
  { rows, columns }: Pick<StreamedMatrix, "rows" | "columns">,
  { frobeniusNorm }: Facts,
): number {
  const unit = 2 ** -53;
  return 4 * (rows + columns + 16) * unit * frobeniusNorm * frobeniusNorm;
}

/** ‖W‖₂ = √‖G‖₂, rounding errors included. */
export function boundsOfGram(
  engine: Engine,
  gram: WeightLike,
  error: number,
): { readonly lower: number; readonly upper: number; readonly certainty: "rigorous" } {
  const { lower, upper } = engine.spectralNormBounds(gram);
  // The root is within half a unit in the last place, and so are the sums.
  const [least, most] = [Math.sqrt(Math.max(0, lower - error)), Math.sqrt(upper + error)];
  return { lower: least * (1 - 2 ** -50), upper: most * (1 + 2 ** -50), certainty: "rigorous" };
}

/** The relative accuracy that singular values have. */
const ACCURACY = 1e-6;

/** The leading singular values; null where G does not tell the last of them to six digits, or the search did not converge. */
export function valuesOfGram(engine: Engine, gram: WeightLike, k: number, error: number): readonly number[] | null {
  try {
    const squares = [...engine.singularValues(gram, { k })];
    const rounding = error + 2 ** -45 * (squares[0] ?? 0);
    if ((squares.at(-1) as number) * ACCURACY < rounding) return null;
    return squares.map(Math.sqrt);
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown }).code !== "CONVERGENCE") throw thrown;
    return null;
  }
}
