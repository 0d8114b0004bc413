/**
 * The numbers of a weight that stays in its file.
 *
 * @module
 */
import { engineDtypes } from "../decode.js";
import { USUAL_VALUES } from "../detail.js";
import type { Operators } from "../products.js";
import { aside, type Measured, nothing, numbers } from "../row.js";
import type { StoredVectors } from "../stored.js";
import { storedNorm, weighingOf } from "../stored-norm.js";
import { elements } from "../tensor.js";
import type { CheckpointTensor } from "../types.js";
import type { WeightContext } from "../weight.js";
import type { Facts } from "./facts.js";
import { boundsOfGram, gramError, gramOf, gramSide, valuesOfGram, wantsGram } from "./gram.js";
import { openStreamed, type StreamedMatrix } from "./matrix.js";
import type { Ask } from "./question.js";

/** Measures a weight by products that read it block by block. */
export async function measureStreamed(
  context: WeightContext,
  tensor: CheckpointTensor,
  axis: number,
  stored: StoredVectors | undefined,
  ask?: Ask,
): Promise<Measured> {
  const { shape } = tensor;
  const { detail, search } = context;
  const matrix = await openStreamed(context, tensor, axis, detail !== undefined, ask);
  try {
    const { dominantTriplet } = context.operators as Operators;
    const found = await dominantTriplet(matrix.operator, { ...search, gap: false });
    const sigma = found.sigma / matrix.factor;
    const facts = await matrix.facts();
    const storedSigma = await storedNorm(context, tensor, axis, stored, weighingOf(matrix, shape, axis));
    const measured: Measured = {
      ...nothing,
      ...numbers({ ...found, sigma }, facts.frobeniusNorm, storedSigma),
      ...aside(shape, axis, sigma, facts.frobeniusNorm),
      ...(detail === undefined ? {} : intervalOf(matrix, sigma, facts)),
      ...(await narrowly(context, matrix, facts)),
      note: [noteOf(tensor, matrix), storedSigma.note].filter((text) => text !== null).join("; "),
    };
    return measured;
  } finally {
    matrix.free();
  }
}

/** What one more look tells where that was asked for; nothing where it cannot, or where squares of numbers are out of range. */
async function narrowly(
  { engine, detail, memory }: WeightContext,
  matrix: StreamedMatrix,
  facts: Facts,
): Promise<Partial<Pick<Measured, "lower" | "upper" | "certainty" | "singularValues">>> {
  const side = detail !== undefined && wantsGram(detail) ? gramSide(matrix, memory) : undefined;
  if (detail === undefined || side === undefined || matrix.factor !== 1) return {};
  const gram = await gramOf(engine, matrix, side);
  // What was kept of the file makes room.
  matrix.free();
  const error = gramError(matrix, facts);
  const count = Math.min(detail.values ?? USUAL_VALUES, side);
  const singularValues = count === 0 ? null : valuesOfGram(engine, gram, count, error);
  return { ...boundsOfGram(engine, gram, error), singularValues };
}

/**
 * Bounds without another look. σ is the norm of an image of a unit vector, whose rounding error is at most γ·‖|W|‖₂, and that
 * at most γ·‖W‖_F, with γ for sums as long as both sides.
 */
export function intervalOf(
  { rows, columns }: Pick<StreamedMatrix, "rows" | "columns">,
  sigma: number,
  { frobeniusNorm, lower, upper }: Facts,
): Pick<Measured, "lower" | "upper" | "certainty"> {
  const rounding = 4 * (rows + columns + 16) * 2 ** -53 * frobeniusNorm;
  return { lower: Math.max(lower, sigma - rounding), upper, certainty: "cheap" };
}

function noteOf({ shape, dtype }: CheckpointTensor, { looks }: StreamedMatrix): string {
  const bytes = elements(shape) * (engineDtypes[dtype] === "float64" ? 8 : 4);
  const size = Math.ceil(bytes / 2 ** 20);
  return `it takes ${size} MiB and more in memory, so that it stayed in its file, of which what does not fit was read ${looks} times over`;
}
