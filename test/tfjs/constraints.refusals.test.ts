import { beforeAll, describe, expect, test } from "vitest";
import { adapter, errorOf, tf, use } from "./support.ts";

const { constraints, guard, regularizers } = adapter;

describe("bad input", () => {
  beforeAll(() => use("cpu"));
  const nan = () => tf.tensor2d([[1, Number.NaN]]);
  const cube = () => tf.ones([2, 2, 2]);
  test.each([
    [
      "no limit",
      () => constraints.weightClip(undefined as never),
      "TYPE",
      '"args.c" expected a finite number above 0, got undefined',
    ],
    [
      "a limit of 0",
      () => constraints.frobeniusClip({ c: 0 }),
      "OPTION",
      '"args.c" expected a finite number above 0, got 0',
    ],
    ["an unknown argument", () => constraints.clipSpectral({ limit: 1 } as never), "OPTION", 'unknown key "limit"'],
    [
      "a target of infinity",
      () => constraints.spectralNormalization({ target: Infinity }),
      "OPTION",
      '"args.target" expected',
    ],
    [
      "an unknown mode",
      () => constraints.spectralNormalization({ mode: "clip" as never }),
      "OPTION",
      '"args.mode" expected "scale" or "shrink"',
    ],
    ["no steps", () => constraints.spectralNormalization({ iterations: 0 }), "OPTION", '"args.iterations" expected'],
    [
      "an axis that is none",
      () => constraints.clipSpectral({ c: 1, axis: 1.5 }),
      "OPTION",
      '"args.axis" expected an integer',
    ],
    ["an axis beyond the weight", () => constraints.spectralNormalization({ axis: 3 }).apply(cube()), "SHAPE", "axis"],
    [
      "a scalar",
      () => constraints.clipSpectral({ c: 1 }).apply(tf.scalar(1)),
      "SHAPE",
      '"w" expected a weight of at least one dimension',
    ],
    ["NaN", () => constraints.spectralNormalization().apply(nan()), "NON_FINITE", "NaN"],
    ["NaN to clip", () => constraints.weightClip({ c: 1 }).apply(nan()), "NON_FINITE", "NaN"],
    ["NaN to clip by its norm", () => constraints.frobeniusClip({ c: 1 }).apply(nan()), "NON_FINITE", "NaN"],
    [
      "NaN in a vector",
      () => constraints.spectralNormalization().apply(tf.tensor1d([Number.NaN])),
      "NON_FINITE",
      "NaN",
    ],
    ["NaN to penalize", () => regularizers.spectralNorm().apply(nan()), "NON_FINITE", "NaN"],
    [
      "a negative factor",
      () => regularizers.spectralNorm({ lambda: -1 }),
      "OPTION",
      '"args.lambda" expected a finite number of at least 0',
    ],
    [
      "a threshold of 0",
      () => regularizers.frobeniusNorm({ above: 0 }),
      "OPTION",
      '"args.above" expected a finite number above 0',
    ],
    ["a scalar to penalize", () => regularizers.frobeniusNorm().apply(tf.scalar(1)), "SHAPE", '"w" expected'],
    [
      "no optimizer",
      () => guard("adam" as never, tf.layers.dense({ units: 1 })),
      "TYPE",
      '"optimizer" expected an optimizer, e.g. tf.train.adam(), got "adam"',
    ],
    [
      "no model",
      () => guard(tf.train.sgd(1), undefined as never),
      "TYPE",
      '"model" expected a model or a layer, got undefined',
    ],
  ])("%s", (_, run, code, message) => {
    const error = errorOf(run);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });
});
