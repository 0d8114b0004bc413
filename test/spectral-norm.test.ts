import { describe, expect, test } from "vitest";
import {
  caught,
  engine,
  expectClose,
  gaussian,
  type Sample,
  shear,
  shearNorm,
  singularValues,
  weight,
} from "./engine/support.js";

describe("spectralNorm of particular matrices", () => {
  const orthogonal = [
    [2, -2, 1],
    [1, 2, 2],
    [2, 1, -2],
  ];
  const cases: readonly (readonly [string, readonly (readonly number[])[], number])[] = [
    ["the article's counterexample", shear, shearNorm],
    [
      "a zero matrix",
      [
        [0, 0],
        [0, 0],
        [0, 0],
      ],
      0,
    ],
    ["1 × 1", [[-3]], 3],
    ["a row", [[3, 4]], 5],
    ["a column", [[3], [4]], 5],
    [
      "rank one",
      [
        [2, 4],
        [1, 2],
        [2, 4],
      ],
      3 * Math.sqrt(5),
    ],
    ["three times an orthogonal matrix", orthogonal, 3],
    [
      "σ₁ = σ₂ > σ₃",
      [
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 1],
      ],
      2,
    ],
    [
      "σ₁ close to σ₂",
      [
        [1, 0],
        [0, 1 - 1e-9],
      ],
      1,
    ],
    ["all ones, which breaks some decompositions", Array.from({ length: 3 }, () => [1, 1, 1, 1, 1]), Math.sqrt(15)],
  ];
  test.each(cases)("%s", (_, rows, expected) => {
    expectClose(engine.spectralNorm(rows), expected, 1e-6);
  });

  const magnitudes = [1e30, 1e-30, 1e-40, 1e37];
  test.each(magnitudes)("float32 entries near %s", (magnitude) => {
    const data = Float32Array.of(3 * magnitude, 0, 0, 4 * magnitude);
    expectClose(engine.spectralNorm({ data, shape: [2, 2] }), data[3] ?? Number.NaN, 1e-6);
  });

  test.each([1e30, 1e-30, 1e300, 1e-300, 1e-310])("float64 entries near %s", (magnitude) => {
    const data = Float64Array.of(3 * magnitude, 0, 0, 4 * magnitude);
    expectClose(engine.spectralNorm({ data, shape: [2, 2] }), 4 * magnitude, 1e-6);
    expectClose(engine.frobeniusNorm({ data, shape: [2, 2] }), 5 * magnitude, 1e-12);
    expectClose(engine.stableRank({ data, shape: [2, 2] }), 25 / 16, 1e-6);
  });

  test("the same seed gives the same bits, another seed another path to the same value", () => {
    // Of smaller ones the search goes on until the path no longer shows.
    const sample = weight(gaussian(80, 90, 1, "float64"));
    const sigma = (seed: number) => engine.spectralNorm(sample, { seed, tolerance: 1e-3 });
    expect(sigma(5)).toBe(sigma(5));
    expect(sigma(6)).not.toBe(sigma(5));
    expectClose(sigma(6), sigma(5), 2e-3);
  });

  test("a start may be given on the side of v, in either type", () => {
    const start = Float32Array.of(0.3, 1);
    expectClose(engine.spectralNorm(shear, { start }), shearNorm, 1e-6);
    expectClose(engine.spectralNorm(shear, { start: Float64Array.from(start), method: "power" }), shearNorm, 1e-6);
  });

  test("what cannot be reached is an error that says how far it came", () => {
    const slow = [
      [1, 0],
      [0, 0.9999],
    ];
    const error = caught(() =>
      engine.spectralNorm(slow, { method: "power", maxIterations: 2, tolerance: 1e-14, start: Float64Array.of(1, 1) }),
    );
    expect(error).toMatchObject({ name: "ConvergenceError", code: "CONVERGENCE", reached: { iterations: 2 } });
    expect(error.message).toMatch(/at least 0\.99\d+.*Raise "maxIterations" or "tolerance", or use dominantTriplet/);
    expect(caught(() => engine.stableRank(slow, { method: "power", maxIterations: 1, tolerance: 1e-14 })).code).toBe(
      "CONVERGENCE",
    );
  });
});

describe("shapes of more than two dimensions", () => {
  const shape = [3, 2, 4, 5];
  const { data } = gaussian(6, 20, 9, "float64");

  /** The matrix of a weight with the axis in front, built by hand. */
  function unfolded(axis: number): Sample {
    const extent = shape[axis] ?? Number.NaN;
    const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    const rows: number[][] = Array.from({ length: extent }, () => []);
    data.forEach((entry, index) => {
      rows[Math.floor(index / inner) % extent]?.push(entry);
    });
    return { rows: extent, columns: data.length / extent, data: Float64Array.from(rows.flat()) };
  }

  test.each([0, 1, 2, 3])("axis %i", (axis) => {
    const expected = singularValues(unfolded(axis))[0] ?? Number.NaN;
    expectClose(engine.spectralNorm({ data, shape, axis }), expected, 1e-6);
  });

  test("-1 is the last axis, and its matrix has the outputs as columns", () => {
    const last = engine.dominantTriplet({ data, shape, axis: -1 });
    expect(last).toEqual(engine.dominantTriplet({ data, shape, axis: 3 }));
    expect([last.u.length, last.v.length]).toEqual([24, 5]);
  });

  test("the first axis makes rows, and so does one in the middle", () => {
    expect(engine.dominantTriplet({ data, shape, axis: 0 }).u.length).toBe(3);
    expect(engine.dominantTriplet({ data, shape, axis: 2 }).u.length).toBe(4);
  });

  test("a matrix does not depend on its axis", () => {
    const plain = engine.dominantTriplet({ data, shape: [6, 20] });
    expect(engine.dominantTriplet({ data, shape: [6, 20], axis: 1 })).toEqual(plain);
  });
});
