/**
 * The numbers of a weight that stays in its file.
 *
 * @module
 */
import type { DominantTriplet } from "../../types.js";
import { bytesInMemory } from "../budget.js";
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
  const { detail } = context;
  const matrix = await openStreamed(context, tensor, axis, detail !== undefined, ask);
  try {
    const found = await searched(context, tensor, matrix);
    const sigma = found.sigma / matrix.factor;
    const facts = await matrix.facts();
    const storedSigma = await storedNorm(context, tensor, axis, stored, weighingOf(matrix, shape, axis));
    const measured: Measured = {
      ...nothing,
      ...numbers({ ...found, sigma }, facts.frobeniusNorm, storedSigma),
      ...aside(shape, axis, sigma, facts.frobeniusNorm),
      ...(detail === undefined ? {} : intervalOf(matrix, sigma, facts)),
      ...(await narrowly(context, matrix, facts)),
      note:
        [noteOf(context, tensor, axis, matrix), storedSigma.note].filter((text) => text !== null).join("; ") || null,
    };
    return measured;
  } finally {
    matrix.free();
  }
}

/** The accuracy for which float32 is enough, and how much of the tolerance a search in float64 leaves that float32 cannot. */
const [NARROWEST, MARGIN] = [1e-6, 10];
/** Matrices of so few entries are nothing to save time with. */
const SMALL = 4096;

/** Whether the search for a weight may have sums in float32. */
export function mayBeNarrow({ search }: WeightContext, { dtype, shape }: CheckpointTensor): boolean {
  const { tolerance = NARROWEST } = search;
  return engineDtypes[dtype] === "float32" && tolerance >= NARROWEST && elements(shape) > SMALL;
}

/** The search: in float32 as far as that is of use, the last pass in float64, and others where that does not do. */
async function searched(
  context: WeightContext,
  tensor: CheckpointTensor,
  matrix: StreamedMatrix,
): Promise<DominantTriplet> {
  const { dominantTriplet } = context.operators as Operators;
  const options = { ...context.search, gap: false };
  const { tolerance = NARROWEST, maxIterations = 20_000 } = options;
  matrix.isNarrow = mayBeNarrow(context, tensor);
  const loose = { ...options, tolerance: matrix.isNarrow ? Math.min(0.5, MARGIN * tolerance) : tolerance };
  const found = await dominantTriplet(matrix.operator, loose);
  const [converged, left] = [found.residual <= tolerance, maxIterations - found.iterations];
  if (converged || left < 1 || !matrix.isNarrow) return { ...found, converged };
  matrix.isNarrow = false;
  const last = await dominantTriplet(matrix.operator, { ...options, start: found.v, maxIterations: left });
  return { ...last, iterations: found.iterations + last.iterations };
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

function noteOf(
  { memory }: WeightContext,
  tensor: CheckpointTensor,
  axis: number,
  { looks }: StreamedMatrix,
): string | null {
  const { shape, dtype } = tensor;
  if (bytesInMemory(tensor, axis) <= memory) return null;
  const bytes = elements(shape) * (engineDtypes[dtype] === "float64" ? 8 : 4);
  const size = Math.ceil(bytes / 2 ** 20);
  return `it takes ${size} MiB and more in memory, so that it stayed in its file, of which what does not fit was read ${looks} times over`;
}
