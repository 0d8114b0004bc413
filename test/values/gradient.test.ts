import { load, type SpectralNormalization } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type FloatDtype, type InputSpec, makeData, readFixture } from "./inputs.ts";

interface GradientCase {
  readonly weight: InputSpec;
  readonly axis: number;
  readonly cotangent: InputSpec;
  /** By the number of steps: σ̂, and JAX's gradient of ⟨cotangent, W/σ̂(W)⟩ through Keras' functions. */
  readonly after: Readonly<Record<string, { readonly sigma: number; readonly gradient: readonly number[] }>>;
}

const cases = readFixture<GradientCase[]>("gradient");
const engine = await load();
const tolerance: Record<FloatDtype, number> = { float32: 1e-6, float64: 1e-12 };

function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? Number.NaN) * (b[i] ?? Number.NaN);
  return sum;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.sqrt(inner(...twice(Float64Array.from(a, (x, i) => x - (b[i] ?? Number.NaN)))));
}

function twice<T>(x: T): [T, T] {
  return [x, x];
}

function withLayer<R>(
  example: GradientCase,
  iterations: number,
  dtype: FloatDtype,
  use: (layer: SpectralNormalization) => R,
): R {
  const layer = engine.createSpectralNormalization(example.weight.shape, { axis: example.axis, iterations, dtype });
  try {
    return use(layer);
  } finally {
    layer.free();
  }
}

describe.each(cases)("the gradient of W/σ̂(W), $weight.kind $weight.shape, axis $axis", (example) => {
  const runs = [1, 2, 5].flatMap((r) => (["float32", "float64"] as const).map((dtype) => ({ r, dtype })));

  test.each(runs)("is JAX's after $r steps in $dtype", ({ r, dtype }) => {
    const weight = makeData(example.weight, dtype);
    const cotangent = makeData(example.cotangent, dtype);
    const { sigma = Number.NaN, gradient = [] } = example.after[r] ?? {};
    withLayer(example, r, dtype, (layer) => {
      const forward = layer.forward(weight);
      expect(Math.abs(forward.sigma / sigma - 1)).toBeLessThan(tolerance[dtype]);
      const size = Math.sqrt(inner(cotangent, cotangent)) / sigma;
      expect(distance(layer.backward(cotangent), gradient)).toBeLessThan(tolerance[dtype] * size);
    });
  });

  test.each([1, 2, 5])("is the slope of a central difference after %i steps", (r) => {
    const weight = makeData(example.weight, "float64");
    const cotangent = makeData(example.cotangent, "float64");
    const direction = makeData({ ...example.weight, kind: "bell", seed: 999, exponent: -8 }, "float64");
    withLayer(example, r, "float64", (layer) => {
      const value = (step: number) => {
        const moved = weight.map((x, i) => x + step * (direction[i] ?? Number.NaN));
        return inner(cotangent, layer.forward(moved, { training: false }).data);
      };
      layer.forward(weight);
      const slope = inner(layer.backward(cotangent), direction);
      // Two step sizes, extrapolated: the error falls with the fourth power of the step, 1e-3 of the weight here.
      const h = 1e-3;
      const coarse = (value(h) - value(-h)) / (2 * h);
      const fine = (value(h / 2) - value(-h / 2)) / h;
      const size =
        Math.sqrt(inner(cotangent, cotangent) * inner(direction, direction)) / (example.after[r]?.sigma ?? 0);
      expect(Math.abs((4 * fine - coarse) / 3 - slope)).toBeLessThan(1e-8 * size);
    });
  });

  test("is at right angles to W, for W/σ̂(W) does not change along it", () => {
    const weight = makeData(example.weight, "float64");
    const cotangent = makeData(example.cotangent, "float64");
    withLayer(example, 5, "float64", (layer) => {
      const { sigma } = layer.forward(weight);
      const size = Math.sqrt(inner(cotangent, cotangent) * inner(weight, weight)) / sigma;
      expect(Math.abs(inner(layer.backward(cotangent), weight))).toBeLessThan(1e-13 * size);
    });
  });
});
