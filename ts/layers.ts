/**
 * Layers that are no matrices: batch normalization and embeddings.
 *
 * @module
 */
import { NonFiniteError, OptionError, ShapeError, TypeMismatchError } from "./engine/errors.js";
import {
  checkFiniteArray,
  checkKeys,
  complaint,
  complaintOf,
  readDtype,
  readNonNegative,
  readVector,
} from "./engine/validate.js";
import { readWeight } from "./engine/weight.js";
import type { BatchNorm, FloatArray, LayerFunctions, WasmMatrix, WeightLike } from "./types.js";

/** Makes the functions; they need no engine. */
export function layersOf(): LayerFunctions<"sync"> {
  return { batchNormNorm, embeddingNorm };
}

/** The keys of {@link BatchNorm}. */
export const batchNormKeys = ["gamma", "beta", "runningMean", "runningVar", "eps"] as const;

function batchNormNorm(layer: BatchNorm): number {
  if (typeof layer !== "object" || layer === null) {
    throw new TypeMismatchError(complaint("layer", "{ gamma, runningVar, eps }", layer));
  }
  checkKeys("layer", layer, batchNormKeys);
  return largestOf(scalesOf("layer", layer));
}

/** |γ|/√(var + ε) of every channel. */
export function scalesOf(title: string, { gamma, runningVar, eps, ...rest }: BatchNorm): Float64Array {
  readDtype(`${title}.runningVar`, runningVar);
  checkFiniteArray(`${title}.runningVar`, runningVar);
  const { length } = runningVar;
  for (const [key, values] of Object.entries({ gamma, beta: rest.beta, runningMean: rest.runningMean })) {
    if (values !== undefined) readVector(`${title}.${key}`, values, length, `as "${title}.runningVar" has`);
  }
  const epsilon = readNonNegative(`${title}.eps`, eps, 1e-5);
  return Float64Array.from(runningVar, (variance, channel) => {
    if (variance < 0 || variance + epsilon === 0) {
      const got = `${variance} at index ${channel}, and "${title}.eps" ${epsilon}`;
      throw new OptionError(complaintOf(`${title}.runningVar`, "no variance below 0, and var + eps above it", got));
    }
    return Math.abs(gamma === undefined ? 1 : (gamma[channel] as number)) / Math.sqrt(variance + epsilon);
  });
}

function embeddingNorm(w: WeightLike): number {
  const { layout, source } = readWeight(w);
  return farthest("w", layout.shape, typeof source === "number" ? (w as WasmMatrix).view : source);
}

/** The largest magnitude. */
export function largestOf(values: FloatArray): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** The largest distance between two rows, over √2. */
export function farthest(title: string, shape: readonly number[], data: FloatArray): number {
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2) {
    throw new ShapeError(complaint(`${title}.shape`, "2 dimensions, tokens and entries", shape));
  }
  const wrong = data.findIndex((entry) => !Number.isFinite(entry));
  if (wrong >= 0) {
    const got = `${data[wrong]} in row ${Math.floor(wrong / columns)}, column ${wrong % columns}`;
    throw new NonFiniteError(complaintOf(title, "finite entries", got));
  }
  const largest = largestOf(data);
  // A power of two, so that the squares of very large and very small entries stay within range.
  const unit = largest === 0 || (largest > 1e-100 && largest < 1e100) ? 1 : 2 ** Math.floor(Math.log2(largest));
  const scaled = unit === 1 ? data : Float64Array.from(data, (entry) => entry / unit);
  return (diameter(scaled, rows, columns) / Math.SQRT2) * unit;
}

/** No two rows are farther apart than the sum of their distances from the mean, so the outermost rows are compared first. */
function diameter(data: FloatArray, rows: number, columns: number): number {
  const mean = new Float64Array(columns);
  data.forEach((entry, place) => {
    mean[place % columns] = (mean[place % columns] as number) + entry / rows;
  });
  // Of the data's own type, for engines compile loops over two types to slower code. Any center will do.
  const center = data.slice(0, columns);
  center.set(mean);
  const radii = Float64Array.from({ length: rows }, (_, row) => distance(data, row * columns, center, 0, columns));
  const order = Uint32Array.from(radii, (_, row) => row).sort((a, b) => (radii[b] as number) - (radii[a] as number));
  // Rounding errors of the distances must not rule out the farthest pair.
  const slack = 1 + (columns + 8) * 2 ** -51;
  const sorted = Float64Array.from(order, (row) => (radii[row] as number) * slack);
  let most = 0;
  for (let i = 1; i < rows; i += 1) {
    const radius = sorted[i] as number;
    if (radius + (sorted[0] as number) <= most) break;
    for (let j = 0; j < i && radius + (sorted[j] as number) > most; j += 1) {
      const apart = distance(data, (order[i] as number) * columns, data, (order[j] as number) * columns, columns);
      most = Math.max(most, apart);
    }
  }
  return most;
}

/** In four sums, which processors add up side by side. */
function distance(a: FloatArray, atA: number, b: FloatArray, atB: number, length: number): number {
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let place = 0;
  for (; place + 3 < length; place += 4) {
    const [i, j] = [atA + place, atB + place];
    const d0 = (a[i] as number) - (b[j] as number);
    const d1 = (a[i + 1] as number) - (b[j + 1] as number);
    const d2 = (a[i + 2] as number) - (b[j + 2] as number);
    const d3 = (a[i + 3] as number) - (b[j + 3] as number);
    first += d0 * d0;
    second += d1 * d1;
    third += d2 * d2;
    fourth += d3 * d3;
  }
  for (; place < length; place += 1) {
    const d = (a[atA + place] as number) - (b[atB + place] as number);
    first += d * d;
  }
  return Math.sqrt(first + second + third + fourth);
}
