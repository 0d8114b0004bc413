import { load, type NormalizationPreset, type PeerState, type SpectralNormalization } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type FloatDtype, makeData, product, readFixture } from "./inputs.ts";
import type { Case, Pass } from "./peer-cases.ts";

/** By PyTorch, Keras and Flax themselves, in double precision: test/fixtures/peers.py. */
const { names, cases } = readFixture<{
  readonly names: Readonly<Record<string, readonly string[]>>;
  readonly cases: readonly Case[];
}>("peers");
const engine = await load();
const training = 20;
const tolerance: Record<FloatDtype, number> = { float32: 1e-5, float64: 1e-8 };

const bell = (shape: readonly number[], seed: number, exponent: number) =>
  makeData({ shape, kind: "bell", seed, exponent }, "float64");

const typed = (dtype: FloatDtype, values: Iterable<number>) =>
  dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);

/** The weight at a pass, exact in either type. */
function weightAt({ shape, seed, exponent }: Case, step: number, dtype: FloatDtype) {
  const [a, b] = [bell(shape, seed, exponent + 4), bell(shape, seed + 1, exponent)];
  return typed(
    dtype,
    a.map((x, i) => x + step * (b[i] ?? Number.NaN)),
  );
}

/** Equality to a share of the largest entry. */
function expectClose(actual: ArrayLike<number>, expected: readonly number[] | undefined, relative: number): void {
  expect(actual).toHaveLength(expected?.length ?? -1);
  const scale = Math.max(...(expected ?? []).map(Math.abs));
  const worst = Math.max(...Array.from(actual, (x, i) => Math.abs(x - (expected?.[i] ?? Number.NaN))));
  expect(worst / scale).toBeLessThan(relative);
}

/** What the peer calls its variables, of a fixture's. */
function recordOf(
  example: Case,
  weight: Float32Array | Float64Array,
  variables: Case["initial"],
  dtype: FloatDtype,
): PeerState {
  const keys: Readonly<Record<string, string>> = {
    torch: "parametrizations.weight.0._",
    keras: "",
    flax: "kernel/",
  };
  const entries = Object.entries(variables).map(([key, values]) => [
    `${keys[example.preset]}${key}`,
    typed(dtype, values),
  ]);
  const weightName = example.preset === "torch" ? "parametrizations.weight.original" : "kernel";
  return Object.fromEntries([[weightName, weight], ...entries]);
}

function withLayer<R>(
  example: Case,
  dtype: FloatDtype,
  change: { readonly iterations?: number },
  use: (layer: SpectralNormalization) => R,
): R {
  const { preset, shape, axis, iterations, epsilon } = example;
  const layer = engine.createSpectralNormalization(shape, { preset, axis, iterations, epsilon, dtype, ...change });
  try {
    return use(layer);
  } finally {
    layer.free();
  }
}

/** The state under the peer's names, as the fixture has them after a pass. */
function expectVariables(layer: SpectralNormalization, example: Case, pass: Pass, dtype: FloatDtype): void {
  const record = layer.toPeerState(weightAt(example, 0, dtype));
  const { u, v, vector_u, stored } = pass;
  const variables = {
    ...(u && { u }),
    ...(v && { v }),
    ...(vector_u && { vector_u }),
    ...(stored && { sigma: stored }),
  };
  const expected = recordOf(example, weightAt(example, 0, dtype), variables, "float64");
  expect(Object.keys(record).sort()).toEqual(Object.keys(expected).sort());
  for (const [key, values] of Object.entries(expected)) expectClose(record[key] ?? [], [...values], tolerance[dtype]);
}

const dtypes = ["float32", "float64"] as const;

describe.each(cases)("$preset's $layer $shape, axis $axis, $iterations steps, epsilon $epsilon", (example) => {
  test.each(dtypes)("20 passes in training and 5 in evaluation are the peer's, %s", (dtype) => {
    withLayer(example, dtype, {}, (layer) => {
      const first = weightAt(example, 0, dtype);
      expect(layer.fromPeerState(recordOf(example, first, example.initial, dtype))).toEqual(first);
      expect(example.passes).toHaveLength(training + 5);
      for (const [step, pass] of example.passes.entries()) {
        const { data, sigma } = layer.forward(weightAt(example, step, dtype), { training: step < training });
        expect(Math.abs(sigma / pass.sigma - 1)).toBeLessThan(tolerance[dtype]);
        expectClose(data, pass.data, tolerance[dtype]);
        expectVariables(layer, example, pass, dtype);
      }
    });
  });

  test.each(dtypes)("the gradient after the last pass in training is the peer's, %s", (dtype) => {
    withLayer(example, dtype, {}, (layer) => {
      layer.fromPeerState(recordOf(example, weightAt(example, 0, dtype), example.initial, dtype));
      for (let step = 0; step < training; step++) layer.forward(weightAt(example, step, dtype));
      layer.forward(weightAt(example, training, dtype), { training: false });
      const g = typed(dtype, bell(example.shape, example.seed + 2, -8));
      expectClose(layer.backward(g), example.gradient, tolerance[dtype]);
    });
  });

  test("with the peer's defaults, the axis, steps and epsilon need not be named", () => {
    const { preset, shape, axis, iterations, epsilon } = example;
    const usual = iterations === 1 && epsilon < 1e-6;
    const ours = engine.createSpectralNormalization(shape, {
      preset,
      ...((preset === "torch" && axis > 0) || !usual ? { axis, iterations, epsilon } : {}),
    });
    ours.fromPeerState(recordOf(example, weightAt(example, 0, "float32"), example.initial, "float32"));
    expect(
      Math.abs(ours.forward(weightAt(example, 0, "float32")).sigma / (example.passes[0]?.sigma ?? 0) - 1),
    ).toBeLessThan(1e-5);
    ours.free();
  });
});

describe.each(cases.filter((example) => example.preset === "torch"))(
  "PyTorch's registration of $layer $shape, axis $axis, epsilon $epsilon",
  (example) => {
    test("is 15 steps from the vectors drawn, and those of one read of the weight", () => {
      withLayer(example, "float64", { iterations: 15 + example.iterations }, (layer) => {
        const w = weightAt(example, 0, "float64");
        const { drawn = [], initial } = example;
        layer.fromPeerState(recordOf(example, w, { u: initial["u"] ?? [], v: drawn }, "float64"));
        layer.forward(w);
        const found = layer.toPeerState(w);
        for (const key of ["u", "v"]) {
          expectClose(found[`parametrizations.weight.0._${key}`] ?? [], initial[key], tolerance.float64);
        }
      });
    });
  },
);

describe("variables are called what the peers call them", () => {
  const nameOf = (preset: NormalizationPreset, options = {}) => {
    const layer = engine.createSpectralNormalization([2, 3], { preset });
    const w = new Float32Array(product([2, 3])).fill(1);
    layer.forward(w);
    const found = Object.keys(layer.toPeerState(w, options)).sort();
    layer.free();
    return found;
  };
  const sorted = (list: readonly string[] = []) => [...list].sort();
  test("PyTorch", () => expect(nameOf("torch")).toEqual(sorted(names["torch"])));
  test("PyTorch's older hook", () => expect(nameOf("torch", { legacy: true })).toEqual(sorted(names["legacy"])));
  test("Keras", () => expect(nameOf("keras")).toEqual(sorted(names["keras"])));
  test("Flax, within its collections", () => {
    const within = names["flax"]?.map((name) => name.replace(/^\w+\//, ""));
    expect(nameOf("flax", { prefix: "layer_instance/" })).toEqual(sorted(within));
  });
});
