import { load } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type InputSpec, makeData, readFixture } from "./inputs.ts";

interface Case {
  readonly weight: InputSpec;
  readonly cotangent: InputSpec;
  readonly axis: number;
  readonly results: Readonly<Record<string, { readonly value: number; readonly gradient: readonly number[] }>>;
}

/** By PyTorch's autograd, in double precision: test/fixtures/gradients.py. */
const { lambda, above, target, cases } = readFixture<{
  readonly lambda: number;
  readonly above: number;
  readonly target: number;
  readonly cases: readonly Case[];
}>("gradients");
const engine = await load();

test("there are 200 cases, all of them different", () => {
  expect(new Set(cases.map(({ weight }) => weight.seed)).size).toBe(200);
});

describe.each(cases.map((example, index) => ({ index, shape: example.weight.shape, ...example })))(
  "case $index, $shape",
  ({ weight, cotangent, shape, axis, results }) => {
    test.each(["float64", "float32"] as const)("PyTorch's autograd finds the same, %s", (dtype) => {
      const w = { data: makeData(weight, dtype), shape, axis };
      const g = makeData(cotangent, dtype);
      const found = {
        sigma: engine.spectralNormGradient(w),
        normalize: engine.spectralNormalizeGradient(w, g, { target }),
        spectralPenalty: engine.spectralPenalty(w, { lambda }),
        spectralExcess: engine.spectralPenalty(w, { lambda, above }),
        frobeniusPenalty: engine.frobeniusPenalty(w, { lambda }),
        frobeniusExcess: engine.frobeniusPenalty(w, { lambda, above }),
      };
      expect(Object.keys(results)).toEqual(Object.keys(found));
      for (const [name, { gradient, ...numbers }] of Object.entries(found)) {
        const { value, gradient: expected } = results[name] ?? { value: Number.NaN, gradient: [] };
        const scale = Math.max(...expected.map(Math.abs), 1e-3);
        const worst = Math.max(...Array.from(gradient, (entry, i) => Math.abs(entry - (expected[i] ?? Number.NaN))));
        expect(gradient).toHaveLength(expected.length);
        expect(worst / scale, name).toBeLessThan(dtype === "float64" ? 1e-8 : 1e-5);
        if ("value" in numbers) {
          expect(Math.abs(numbers.value - value) / Math.max(1, value), name).toBeLessThan(1e-6);
        }
        if ("subgradient" in numbers) expect(numbers.subgradient).toBe(false);
      }
    });
  },
);
