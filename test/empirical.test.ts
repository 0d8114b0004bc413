import fc from "fast-check";
import { empiricalLipschitz } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type Case, expectEachRefused } from "./engine/refusals.js";
import { engine, expectClose, gaussian, normals, type Sample, samples, singularValues } from "./engine/support.js";

const times =
  ({ rows, columns, data }: Sample) =>
  (x: ArrayLike<number>): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) =>
      Array.from(x).reduce((sum, entry, column) => sum + entry * (data[row * columns + column] ?? 0), 0),
    );

function points(count: number, length: number, seed: number): Float64Array[] {
  const next = normals(seed);
  return Array.from({ length: count }, () => Float64Array.from({ length }, next));
}

const euclidean = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.hypot(...Array.from(a, (entry, index) => entry - (b[index] ?? Number.NaN)));

describe("of a matrix", () => {
  test("it never exceeds the norm", () => {
    fc.assert(
      fc.property(samples(8), fc.nat(), (sample, seed) => {
        const { lower } = engine.empiricalLipschitz(times(sample), points(5, sample.columns, seed), {
          evaluations: 60,
        });
        expect(lower).toBeLessThanOrEqual((singularValues(sample)[0] ?? Number.NaN) * (1 + 1e-12));
      }),
      { numRuns: 40 },
    );
  });

  test("it comes within 1% of the norm, from pairs that do not", () => {
    const sample = gaussian(8, 12, 4, "float64");
    const sigma = singularValues(sample)[0] ?? Number.NaN;
    const start = points(6, 12, 5);
    const first = engine.empiricalLipschitz(times(sample), start, { evaluations: 6 }).lower;
    expect(first).toBeLessThan(0.95 * sigma);
    for (const seed of [0, 1, 2]) {
      expect(engine.empiricalLipschitz(times(sample), start, { seed }).lower).toBeGreaterThan(0.99 * sigma);
    }
  });
});

describe("the result", () => {
  const f = (x: ArrayLike<number>) => Array.from(x, (entry) => Math.sin(5 * entry) * entry);
  const start = points(4, 3, 6);

  test("is the ratio of the pair that comes with it, to the bit of float64", () => {
    const { lower, pair, evaluations } = engine.empiricalLipschitz(f, start);
    const [x, y] = pair;
    expectClose(lower, euclidean(f(x), f(y)) / euclidean(x, y), 1e-14);
    expect(evaluations).toBeLessThanOrEqual(2004);
    expect(evaluations).toBeGreaterThan(2000);
  });

  test("is at least the best pair of the samples, and just that with no evaluation left", () => {
    let best = 0;
    for (const a of start)
      for (const b of start) if (a !== b) best = Math.max(best, euclidean(f(a), f(b)) / euclidean(a, b));
    const { lower, pair, evaluations } = engine.empiricalLipschitz(f, start, { evaluations: 4 });
    expectClose(lower, best, 1e-14);
    expect(evaluations).toBe(4);
    for (const point of pair) expect(start).toContainEqual(point);
    expect(engine.empiricalLipschitz(f, start, { evaluations: 400 }).lower).toBeGreaterThan(best);
  });

  test("is the same for the same seed, and not for another", () => {
    const run = (seed: number) => engine.empiricalLipschitz(f, start, { seed, evaluations: 200 });
    expect(run(7)).toEqual(run(7));
    expect(run(8).lower).not.toBe(run(7).lower);
  });

  test("never takes more evaluations than allowed", () => {
    for (let evaluations = 4; evaluations < 12; evaluations += 1) {
      let calls = 0;
      const counted = (x: ArrayLike<number>) => {
        calls += 1;
        return f(x);
      };
      expect(engine.empiricalLipschitz(counted, start, { evaluations }).evaluations).toBe(calls);
      expect(calls).toBeLessThanOrEqual(evaluations);
    }
  });

  test("comes in the type of the samples, which stay as they were; points are handed out as copies", () => {
    const single = start.map((point) => Float32Array.from(point));
    const before = single.map((point) => point.slice());
    const { pair } = engine.empiricalLipschitz(
      (x) => {
        expect(x).toBeInstanceOf(Float32Array);
        const image = Float64Array.from(f(x));
        x.fill(Number.NaN);
        return image;
      },
      single,
      { evaluations: 100 },
    );
    expect(single).toEqual(before);
    for (const point of pair) {
      expect(point).toBeInstanceOf(Float32Array);
      expect(point.every(Number.isFinite)).toBe(true);
    }
  });

  test("of a constant is 0, of the identity 1, and coinciding samples do no harm", () => {
    const same = [Float64Array.of(1, 2), Float64Array.of(1, 2), Float64Array.of(3, 5)];
    expect(engine.empiricalLipschitz(() => [1, 1], same).lower).toBe(0);
    expectClose(engine.empiricalLipschitz((x) => x, same).lower, 1, 1e-9);
  });

  test("keeps to where the function is finite, so that a domain can be told by NaN", () => {
    const square = (x: ArrayLike<number>) =>
      Array.from(x, (entry) => (Math.abs(entry) > 3 ? Number.NaN : entry * entry));
    const { lower, pair } = engine.empiricalLipschitz(square, [Float64Array.of(0), Float64Array.of(1)]);
    expect(lower).toBeGreaterThan(5.9);
    expect(lower).toBeLessThan(6);
    for (const [x = Number.NaN] of pair) expect(Math.abs(x)).toBeLessThanOrEqual(3);
    const infinite = (x: ArrayLike<number>) =>
      Array.from(x, (entry) => (entry > 3 ? Number.POSITIVE_INFINITY : entry * entry));
    expect(engine.empiricalLipschitz(infinite, [Float64Array.of(0), Float64Array.of(1)]).lower).toBeLessThan(
      Number.MAX_VALUE,
    );
  });

  test("stays within float64 for numbers that are very large or small", () => {
    for (const scale of [1e-200, 1e200]) {
      const far = start.map((point) => point.map((entry) => entry * scale));
      const { lower } = engine.empiricalLipschitz((x) => Array.from(x, (entry) => 3 * entry), far, { evaluations: 50 });
      expectClose(lower, 3, 1e-9);
    }
  });
});

describe("at top level", () => {
  const f = (x: ArrayLike<number>) => Array.from(x, Math.cos);
  const start = points(3, 2, 8);
  const options = { evaluations: 50 };

  test("functions may take their time, and the result is the same to the bit", async () => {
    const now = engine.empiricalLipschitz(f, start, options);
    expect(await empiricalLipschitz(f, start, options)).toEqual(now);
    expect(await empiricalLipschitz(async (x) => f(x), start, options)).toEqual(now);
  });

  test("what the function throws, or rejects with, comes out as it is", async () => {
    const failure = new RangeError("mine");
    const failing = () => {
      throw failure;
    };
    expect(() => engine.empiricalLipschitz(failing, start)).toThrow(failure);
    await expect(empiricalLipschitz(async () => failing(), start)).rejects.toBe(failure);
  });
});

const call =
  (f: unknown, given: unknown = [Float64Array.of(0), Float64Array.of(1)], options?: unknown): (() => unknown) =>
  () =>
    engine.empiricalLipschitz(f as never, given as never, options as never);
const identity = (x: unknown) => x;
const growing = () => {
  let length = 0;
  return () => {
    length += 1;
    return new Float64Array(length);
  };
};

expectEachRefused({
  empiricalLipschitz: [
    ["no function", call(3), "TYPE", '"f" expected a function, got 3'],
    ["no samples", call(identity, "x"), "TYPE", '"samples" expected at least 2 arrays'],
    ["one sample", call(identity, [Float64Array.of(1)]), "SHAPE", '"samples" expected at least 2 arrays'],
    [
      "samples of integers",
      call(identity, [Int8Array.of(1), Int8Array.of(2)]),
      "TYPE",
      '"samples[0]" expected a Float32Array or Float64Array',
    ],
    [
      "samples of two lengths",
      call(identity, [Float64Array.of(1), Float64Array.of(1, 2)]),
      "SHAPE",
      '"samples[1]" expected a float64 array of length 1',
    ],
    [
      "samples of two types",
      call(identity, [Float64Array.of(1), Float32Array.of(2)]),
      "SHAPE",
      '"samples[1]" expected a float64 array',
    ],
    ["empty samples", call(identity, [new Float64Array(0), new Float64Array(0)]), "SHAPE", '"samples[0]" expected'],
    [
      "NaN",
      call(identity, [Float64Array.of(1), Float64Array.of(Number.NaN)]),
      "NON_FINITE",
      '"samples[1]" expected finite numbers',
    ],
    [
      "samples that are all the same",
      call(identity, [Float64Array.of(1), Float64Array.of(1)]),
      "OPTION",
      '"samples" expected at least two that differ',
    ],
    [
      "fewer evaluations than samples",
      call(identity, undefined, { evaluations: 1 }),
      "OPTION",
      '"options.evaluations" expected an integer from 2',
    ],
    ["a seed below 0", call(identity, undefined, { seed: -1 }), "OPTION", '"options.seed"'],
    ["an unknown option", call(identity, undefined, { steps: 3 }), "OPTION", 'unknown key "steps"'],
    ["a function of nothing", call(() => undefined), "TYPE", '"f(x)" expected an array of numbers, got undefined'],
    ["a function of empty arrays", call(() => []), "SHAPE", '"f(x)" expected length 1 or more'],
    ["a function of NaN", call(() => [Number.NaN]), "NON_FINITE", '"f(samples[0])" expected finite numbers'],
    ["a function of changing length", call(growing()), "SHAPE", '"f(x)" expected length 1, as at first, got 2'],
    ["a promise", call(async () => [1]), "TYPE", "Use the asynchronous function of the package"],
  ],
} satisfies Readonly<Record<string, readonly Case[]>>);
