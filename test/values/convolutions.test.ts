import { type Convolution, load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { readFixture } from "./inputs.ts";

interface Case extends Omit<Convolution, "kernel"> {
  readonly keras?: string;
  readonly kernel: readonly number[];
  readonly sigma: number;
  readonly outputSize: readonly number[];
  readonly gradient?: readonly number[];
}

/** By PyTorch and Keras, in double precision: test/fixtures/convolutions.py. */
const { cases } = readFixture<{ readonly cases: readonly Case[] }>("convolutions");
const engine = await load();

const named = cases.map((example, index) => {
  const peer = example.keras ?? (example.transposed ? "PyTorch, transposed" : "PyTorch");
  return { ...example, name: `${index}, ${peer} ${example.shape.join("×")} ${example.paddingMode ?? ""}` };
});

describe.each(named)("convolution $name", (example) => {
  const { name, keras, sigma, outputSize, gradient, kernel, ...layer } = example;
  const convolution = { ...layer, kernel: Float64Array.from(kernel) };

  test("has the norm of the peer's dense matrix, within its bounds", () => {
    const norm = engine.convolutionNorm(convolution, { tolerance: 1e-9 });
    expect(norm.converged).toBe(true);
    expect(Math.abs(norm.sigma - sigma)).toBeLessThanOrEqual(1e-9 * sigma);
    const slack = 1e-11 * sigma;
    expect(norm.lower).toBeLessThanOrEqual(sigma + slack);
    expect(norm.upper).toBeGreaterThanOrEqual(sigma - slack);
    expect(norm.upper).toBeLessThanOrEqual(1.2 * sigma);
    expect(norm.factor * norm.reshaped.upper).toBeGreaterThanOrEqual(sigma - slack);
    // What Keras adds to a transposed one whose stride is longer than its kernel are zeros, which do not count.
    if (keras === undefined || !layer.transposed) expect(norm.outputSize).toEqual(outputSize);
  });

  test("never exceeds the supremum over inputs of all sizes", () => {
    if (layer.paddingMode === "reflect" || layer.paddingMode === "replicate") {
      expect(() => engine.convolutionNorm({ ...convolution, inputSize: undefined })).toThrow('"inputSize" expected');
      return;
    }
    const supremum = engine.convolutionNorm({ ...convolution, inputSize: undefined });
    expect(supremum.lower).toBeLessThanOrEqual(supremum.sigma);
    expect(supremum.upper).toBeGreaterThanOrEqual(supremum.sigma);
    if (layer.paddingMode !== "circular") expect(supremum.upper).toBeGreaterThanOrEqual(sigma * (1 - 1e-11));
  });
});

const differentiable = named.filter(({ gradient }) => gradient !== undefined);

test("enough of them have a gradient to compare", () => {
  expect(differentiable.length).toBeGreaterThan(50);
});

test.each(differentiable)("the gradient of convolution $name is that of PyTorch's autograd", (example) => {
  const { name, keras, sigma, outputSize, gradient: expected = [], kernel, ...layer } = example;
  const { gradient, subgradient } = engine.convolutionNormGradient({ ...layer, kernel: Float64Array.from(kernel) });
  expect(gradient).toHaveLength(expected.length);
  const worst = Math.max(...Array.from(gradient, (entry, i) => Math.abs(entry - (expected[i] ?? Number.NaN))));
  expect(worst).toBeLessThan(1e-6 * Math.max(...expected.map(Math.abs)));
  expect(subgradient).toBe(false);
});
