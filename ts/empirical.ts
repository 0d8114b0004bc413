/**
 * Lipschitz constants from below: the best of pairs that random steps improve.
 *
 * @module
 */
import { OptionError, ShapeError, TypeMismatchError } from "./engine/errors.js";
import { door, type Memory } from "./engine/memory.js";
import { isPromise } from "./engine/operator.js";
import { readSeed } from "./engine/search.js";
import {
  checkFiniteArray,
  complaint,
  complaintOf,
  dtypeNames,
  readDtype,
  readInteger,
  readOptions,
} from "./engine/validate.js";
import type { EmpiricalLipschitz, EmpiricalOptions, FloatArray, Spectral, VectorFunction } from "./types.js";

type Vector = ArrayLike<number>;
/** Asks for the value of the function at a point. */
type Search<T, R> = Generator<T, R, Vector>;

interface Pair<T extends FloatArray> {
  readonly ratio: number;
  readonly points: readonly [T, T];
  readonly values: readonly [Vector, Vector];
}

/** Makes the function over one engine's memory. */
export function empiricalOf(memory: Memory): Pick<Spectral, "empiricalLipschitz"> {
  return {
    empiricalLipschitz(f, samples, options) {
      const search = prepare(memory, f, samples, options);
      let step = search.next();
      while (!step.done) {
        const value: unknown = f(step.value);
        if (isPromise(value)) {
          value.catch(() => undefined);
          const remedy = "Use the asynchronous function of the package, await empiricalLipschitz(f, samples)";
          throw new TypeMismatchError(complaintOf("f(x)", "an array of numbers", "a promise", remedy));
        }
        step = search.next(value as Vector);
      }
      return step.value;
    },
  };
}

/** The same for a function that may return promises. */
export async function empiricalLater<T extends FloatArray>(
  memory: Memory,
  f: VectorFunction<unknown>,
  samples: readonly T[],
  options: EmpiricalOptions | undefined,
): Promise<EmpiricalLipschitz<T>> {
  const search = prepare(memory, f, samples, options);
  let step = search.next();
  while (!step.done) {
    step = search.next((await f(step.value)) as Vector);
  }
  return step.value;
}

/** Checks the arguments, and sets out. */
function prepare<T extends FloatArray>(
  memory: Memory,
  f: unknown,
  samples: readonly T[],
  options: EmpiricalOptions | undefined,
): Search<T, EmpiricalLipschitz<T>> {
  if (typeof f !== "function") {
    throw new TypeMismatchError(complaint("f", "a function", f));
  }
  if (!Array.isArray(samples) || samples.length < 2) {
    throw new (Array.isArray(samples) ? ShapeError : TypeMismatchError)(
      complaint("samples", "at least 2 arrays", samples),
    );
  }
  const [first] = samples as [T];
  const dtype = readDtype("samples[0]", first);
  for (const [index, sample] of samples.entries()) {
    const title = `samples[${index}]`;
    if (readDtype(title, sample) !== dtype || sample.length !== first.length || sample.length === 0) {
      const expected = `a ${dtypeNames[dtype]} array of length ${first.length || "1 or more"}, as "samples[0]"`;
      throw new ShapeError(complaint(title, expected, sample));
    }
    checkFiniteArray(title, sample);
  }
  const { evaluations, seed } = readOptions<EmpiricalOptions>(options, ["evaluations", "seed"]);
  const { length } = samples;
  const budget = readInteger("options.evaluations", evaluations, length + 2000, length, Number.MAX_SAFE_INTEGER);
  return checked(ascend(samples, budget, normals(memory, first.length, readSeed(seed))));
}

/** Every answer is an array of numbers, as long as the first. Later on, numbers that are not finite only end a step. */
function* checked<T, R>(search: Search<T, R>): Search<T, R> {
  let length = -1;
  let step = search.next();
  while (!step.done) {
    const value: unknown = yield step.value;
    if (typeof value !== "object" || value === null || typeof (value as Vector).length !== "number") {
      throw new TypeMismatchError(complaint("f(x)", "an array of numbers", value));
    }
    const image = Float64Array.from(value as Vector);
    length = length < 0 ? image.length : length;
    if (image.length !== length || length === 0) {
      throw new ShapeError(complaintOf("f(x)", `length ${length || "1 or more"}, as at first`, String(image.length)));
    }
    step = search.next(image);
  }
  return step.value;
}

/** Vectors of normal numbers, one after the other, the same for the same seed. */
function normals(memory: Memory, length: number, seed: number): () => FloatArray {
  let count = 0;
  return () => {
    count += 1;
    // Far apart for neighboring seeds, and exact.
    const key = (seed + (count % 2 ** 20) * 0x9e3779b1) % 2 ** 53;
    return memory.run((scope) => {
      const buffer = scope.buffer(1, length);
      door.fillNormal(buffer, key);
      return memory.copy(buffer, 1, length);
    });
  };
}

/** By turns the pair moves as a whole, and one of its ends. Steps grow when they succeed and shrink when they do not. */
function* ascend<T extends FloatArray>(
  samples: readonly T[],
  budget: number,
  draw: () => FloatArray,
): Search<T, EmpiricalLipschitz<T>> {
  const values: Vector[] = [];
  for (const [index, sample] of samples.entries()) {
    const value = yield sample.slice() as T;
    checkFiniteArray(`f(samples[${index}])`, value as FloatArray);
    values.push(value);
  }
  let best = bestPair(samples, values);
  let evaluations = samples.length;
  const start = distance(...best.points);
  const steps = [start / 2, 1 / 2];
  for (let turn = 0; evaluations + 2 <= budget; turn += 1) {
    const ends = turn % 2 === 0 ? [0, 1] : [((turn - 1) / 2) % 2];
    const step = steps[turn % 2] as number;
    const points = moved(best.points, ends, turn % 2 === 0 ? step : step * distance(...best.points), draw());
    const images = [...best.values] as [Vector, Vector];
    for (const end of ends) images[end as 0 | 1] = yield (points[end] as T).slice() as T;
    evaluations += ends.length;
    const pair = measured(points, images);
    // Less would be rounding errors; and so would be a large part of what very close points show.
    const isBetter = pair.ratio > best.ratio * (1 + 1e-9) && distance(...points) > start / 64;
    steps[turn % 2] = step * (isBetter ? 1.3 : 0.97);
    best = isBetter ? pair : best;
  }
  return { lower: best.ratio, pair: best.points, evaluations };
}

/** The pair with some of its ends moved along the same normal vector, by about the length. */
function moved<T extends FloatArray>(
  points: readonly [T, T],
  ends: readonly number[],
  length: number,
  direction: FloatArray,
): readonly [T, T] {
  const scale = length / Math.sqrt(direction.length);
  return points.map((point, end) =>
    ends.includes(end) ? point.map((entry, index) => entry + scale * (direction[index] as number)) : point,
  ) as unknown as readonly [T, T];
}

function measured<T extends FloatArray>(points: readonly [T, T], values: readonly [Vector, Vector]): Pair<T> {
  const [moved, apart] = [distance(...values), distance(...points)];
  const ratio = moved / apart;
  // Points that coincide, or are beyond float64, say nothing.
  return { ratio: apart > 0 && ratio < Number.POSITIVE_INFINITY ? ratio : -1, points, values };
}

function bestPair<T extends FloatArray>(samples: readonly T[], values: readonly Vector[]): Pair<T> {
  let best: Pair<T> | undefined;
  for (let i = 1; i < samples.length; i += 1) {
    for (let j = 0; j < i; j += 1) {
      const pair = measured([samples[j] as T, samples[i] as T], [values[j] as Vector, values[i] as Vector]);
      if (pair.ratio > (best?.ratio ?? -1)) best = pair;
    }
  }
  if (best === undefined) {
    throw new OptionError(complaintOf("samples", "at least two that differ", "all the same"));
  }
  const [x, y] = best.points;
  return { ...best, points: [x.slice() as T, y.slice() as T] };
}

/** ‖a − b‖, divided by the largest difference meanwhile, so that squares stay within range. */
function distance(a: Vector, b: Vector): number {
  let largest = 0;
  for (let index = 0; index < a.length; index += 1) {
    largest = Math.max(largest, Math.abs((a[index] as number) - (b[index] as number)));
  }
  if (largest === 0 || largest === Number.POSITIVE_INFINITY) return largest;
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    const share = ((a[index] as number) - (b[index] as number)) / largest;
    sum += share * share;
  }
  return largest * Math.sqrt(sum);
}
