import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Case, expectEachRefused } from "./engine/refusals.js";
import { engine, expectClose, gaussian, mapped, samples, weight } from "./engine/support.js";
import { normOfMap } from "./network/support.js";

describe("batchNormNorm", () => {
  test("is the norm of what batch normalization does, a diagonal, and not ‖γ‖₂", () => {
    const gamma = Float64Array.of(1, -3, 2, 0.5);
    const runningVar = Float64Array.of(0.5, 4, 0.01, 1e-6);
    const layer = { gamma, runningVar, eps: 1e-3 };
    const scale = (x: Float64Array) =>
      x.map((entry, channel) => (entry * (gamma[channel] ?? 0)) / Math.sqrt((runningVar[channel] ?? 0) + 1e-3));
    expectClose(engine.batchNormNorm(layer), normOfMap(4, scale), 1e-12);
    expect(engine.batchNormNorm({ gamma, runningVar: Float64Array.of(1, 1, 1, 1), eps: 0 })).toBe(3);
  });

  test("without γ it is ones, and ε is PyTorch's", () => {
    expectClose(engine.batchNormNorm({ runningVar: Float32Array.of(0, 1) }), 1e5 ** 0.5, 1e-14);
  });

  test("shift and mean have no part in it", () => {
    const layer = { gamma: Float32Array.of(2), runningVar: Float32Array.of(1) };
    const shifted = { ...layer, beta: Float32Array.of(9), runningMean: Float32Array.of(-7) };
    expect(engine.batchNormNorm(shifted)).toBe(engine.batchNormNorm(layer));
  });
});

/** By all pairs. */
function farthestPair(rows: readonly (readonly number[])[]): number {
  let most = 0;
  for (const a of rows) {
    for (const b of rows) most = Math.max(most, Math.hypot(...a.map((entry, index) => entry - (b[index] ?? 0))));
  }
  return most;
}

const rowsOf = ({ rows, columns, data }: ReturnType<typeof gaussian>) =>
  Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * columns, (row + 1) * columns)));

describe("embeddingNorm", () => {
  test("is the largest distance between two rows over √2, in any range of numbers", () => {
    fc.assert(
      fc.property(samples(30), fc.constantFrom(-30, 0, 30), (sample, exponent) => {
        const scaled = mapped(sample, (entry) => entry * 10 ** exponent);
        expectClose(engine.embeddingNorm(weight(scaled)), farthestPair(rowsOf(scaled)) / Math.SQRT2, 1e-14);
      }),
    );
  });

  test("it stays within float64 where squares do not", () => {
    expectClose(
      engine.embeddingNorm([
        [3e200, 0],
        [0, 4e200],
      ]),
      5e200 / Math.SQRT2,
      1e-14,
    );
    expectClose(
      engine.embeddingNorm([
        [3e-200, 0],
        [0, 4e-200],
      ]),
      5e-200 / Math.SQRT2,
      1e-14,
    );
  });

  test("no more than ‖W‖₂, and all that one-hot inputs show", () => {
    fc.assert(
      fc.property(samples(12), (sample) => {
        expect(engine.embeddingNorm(weight(sample))).toBeLessThanOrEqual(
          engine.spectralNorm(weight(sample)) * (1 + 1e-12),
        );
      }),
    );
  });

  test("does not change when all rows move, or come in another order", () => {
    const sample = gaussian(40, 7, 3, "float64");
    const norm = engine.embeddingNorm(weight(sample));
    expectClose(engine.embeddingNorm(weight(mapped(sample, (entry) => entry + 100))), norm, 1e-12);
    expect(engine.embeddingNorm(rowsOf(sample).reverse())).toBeCloseTo(norm, 12);
  });

  test("a few outlying rows among 50,000 of 768 entries end the search soon", () => {
    const [rows, columns] = [50_000, 768];
    const data = new Float32Array(rows * columns);
    for (let place = 0; place < data.length; place += 1) data[place] = ((place * 7919) % 4093) / 4093 - 0.5;
    for (const row of [123, 44_000]) data.fill(row === 123 ? 3 : -3, row * columns, (row + 1) * columns);
    // All pairs would take a quarter of an hour, which the limit of a test does not have.
    expectClose(engine.embeddingNorm({ data, shape: [rows, columns] }), (6 * Math.sqrt(768)) / Math.SQRT2, 1e-12);
  });

  test("equal rows, and a single one, are 0", () => {
    expect(engine.embeddingNorm([[1, 2]])).toBe(0);
    expect(
      engine.embeddingNorm([
        [0, 0],
        [0, 0],
      ]),
    ).toBe(0);
    expect(
      engine.embeddingNorm([
        [0.1, 0.2],
        [0.1, 0.2],
        [0.1, 0.2],
      ]),
    ).toBe(0);
  });
});

const norm = (layer: unknown) => () => engine.batchNormNorm(layer as never);
const one = Float64Array.of(1);

const refused: Readonly<Record<string, readonly Case[]>> = {
  batchNormNorm: [
    ["nothing", norm(undefined), "TYPE", '"layer" expected { gamma, runningVar, eps }, got undefined'],
    ["an unknown key", norm({ runningVar: one, epsilon: 1 }), "OPTION", 'unknown key "epsilon"'],
    ["no variances", norm({ gamma: one }), "TYPE", '"layer.runningVar" expected a Float32Array or Float64Array'],
    ["NaN", norm({ runningVar: Float64Array.of(Number.NaN) }), "NON_FINITE", '"layer.runningVar" expected finite'],
    ["a negative variance", norm({ runningVar: Float64Array.of(1, -1) }), "OPTION", "got -1 at index 1"],
    ["a division by 0", norm({ runningVar: Float64Array.of(0), eps: 0 }), "OPTION", '"layer.eps" 0'],
    [
      "an ε below 0",
      norm({ runningVar: one, eps: -1 }),
      "OPTION",
      '"layer.eps" expected a finite number of at least 0',
    ],
    [
      "a γ of another length",
      norm({ runningVar: one, gamma: new Float32Array(2) }),
      "SHAPE",
      '"layer.gamma" expected length 1',
    ],
    ["a β that is none", norm({ runningVar: one, beta: [0] }), "TYPE", '"layer.beta" expected a Float32Array'],
    [
      "a mean of infinity",
      norm({ runningVar: one, runningMean: Float32Array.of(1 / 0) }),
      "NON_FINITE",
      '"layer.runningMean"',
    ],
  ],
  embeddingNorm: [
    [
      "four dimensions",
      () => engine.embeddingNorm({ data: new Float32Array(16), shape: [2, 2, 2, 2], axis: 0 }),
      "SHAPE",
      '"w.shape" expected 2 dimensions',
    ],
    [
      "NaN",
      () =>
        engine.embeddingNorm([
          [1, 2],
          [3, Number.NaN],
        ]),
      "NON_FINITE",
      "got NaN in row 1, column 1",
    ],
    ["no weight", () => engine.embeddingNorm(undefined as never), "TYPE", '"w" expected'],
  ],
};

expectEachRefused(refused);
