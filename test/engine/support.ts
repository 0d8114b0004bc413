import fc from "fast-check";
import { Matrix, SingularValueDecomposition } from "ml-matrix";
import { type Engine, load, type SpectralNormError, type Weight } from "spectral-norm";
import { expect, vi } from "vitest";

// Generous, for a test must not fail because the machine is busy with something else.
vi.setConfig({ testTimeout: 600_000 });

/** The engine under test. */
export const engine: Engine = await load();

/** The article's counterexample: its spectral radius is 1, its spectral norm this. */
export const shear: readonly (readonly number[])[] = [
  [1, 100],
  [0, 1],
];
export const shearNorm = 100.00999900019995;

/** What every failure must leave intact. */
export function expectEngineIntact(): void {
  expectClose(engine.spectralNorm(shear), shearNorm, 1e-12);
}

/** Equality to a relative error. */
export function expectClose(actual: number, expected: number, relative: number): void {
  expect(Math.abs(actual - expected), `${actual} is not ${expected}`).toBeLessThanOrEqual(
    relative * Math.abs(expected),
  );
}

/** The largest difference of two entries, of arrays of the same length. */
export function worstDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...Array.from(actual, (entry, index) => Math.abs(entry - (expected[index] ?? Number.NaN))));
}

/** Equality entry by entry, relative to the largest one. */
export function expectVectorClose(actual: ArrayLike<number>, expected: ArrayLike<number>, relative: number): void {
  const scale = Math.max(...Array.from(expected, Math.abs));
  const worst = worstDifference(actual, expected);
  expect(worst, `worst difference ${worst} at scale ${scale}`).toBeLessThanOrEqual(relative * scale);
}

/** What a call throws. */
export function caught(call: () => unknown): SpectralNormError {
  try {
    call();
  } catch (error) {
    return error as SpectralNormError;
  }
  throw new Error("expected an error, but the call succeeded");
}

/** A seeded generator of normal numbers, apart from the package's own. */
export function normals(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  for (let skipped = 0; skipped < 8; skipped += 1) {
    uniform();
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** A matrix as functions here take it. */
export interface Sample {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float32Array | Float64Array;
}

/** How exact the entries of a sample are. */
export const epsilonOf = ({ data }: Sample): number => (data instanceof Float32Array ? 2 ** -23 : 2 ** -52);

/** A Gaussian matrix. */
export function gaussian(rows: number, columns: number, seed: number, dtype: "float32" | "float64"): Sample {
  const next = normals(seed);
  const values = Array.from({ length: rows * columns }, next);
  return { rows, columns, data: dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values) };
}

/** Gaussian matrices of random shapes and types. */
export function samples(most = 16): fc.Arbitrary<Sample> {
  const side = fc.integer({ min: 1, max: most });
  const dtype = fc.constantFrom("float32" as const, "float64" as const);
  return fc
    .record({ rows: side, columns: side, seed: fc.nat(), dtype })
    .map(({ rows, columns, seed, dtype: type }) => gaussian(rows, columns, seed, type));
}

/** The weight of a sample. */
export function weight({ rows, columns, data }: Sample): Weight {
  return { data, shape: [rows, columns] };
}

/** The sample with every entry mapped. */
export function mapped({ rows, columns, data }: Sample, change: (entry: number, index: number) => number): Sample {
  return { rows, columns, data: data.map(change) as Sample["data"] };
}

/** The sample transposed. */
export function transposed({ rows, columns, data }: Sample): Sample {
  const target = data.slice() as Sample["data"];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      target[column * rows + row] = data[row * columns + column] ?? Number.NaN;
    }
  }
  return { rows: columns, columns: rows, data: target };
}

/** √Σx², by a sum that is compensated (Neumaier). */
export function euclidean(values: ArrayLike<number>): number {
  let sum = 0;
  let lost = 0;
  for (const value of Array.from(values)) {
    const term = value * value;
    const next = sum + term;
    lost += Math.abs(sum) >= term ? sum - next + term : term - next + sum;
    sum = next;
  }
  return Math.sqrt(sum + lost);
}

/** Singular values by an independent library, largest first; the sum of their squares must be that of the entries. */
export function singularValues({ rows, columns, data }: Sample): number[] {
  const matrix = Matrix.from1DArray(rows, columns, Array.from(data));
  const values = new SingularValueDecomposition(matrix, { autoTranspose: true }).diagonal;
  expectClose(euclidean(values), euclidean(data), 1e-10);
  return values.sort((a, b) => b - a);
}

/** Options of a normalization. */
export type Options = Parameters<typeof engine.createSpectralNormalization>[1];

/** Makes one for the length of a test. */
export function withNormalization<R>(
  shape: readonly number[],
  options: Options,
  use: (normalization: ReturnType<typeof engine.createSpectralNormalization>) => R,
): R {
  const normalization = engine.createSpectralNormalization(shape, options);
  try {
    return use(normalization);
  } finally {
    normalization.free();
  }
}

/** Σ aᵢbᵢ. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    sum += (a[index] ?? Number.NaN) * (b[index] ?? Number.NaN);
  }
  return sum;
}
