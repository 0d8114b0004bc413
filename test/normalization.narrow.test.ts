import { describe, expect, test } from "vitest";
import { engine, expectClose, expectVectorClose, gaussian, withNormalization } from "./engine/support.js";

// From 4096 entries on float32 weights are multiplied and divided in float32; the layer of float64 is the oracle.
describe.each(["torch", "keras", "flax"] as const)("large weights of float32 with preset %s", (preset) => {
  test.each([
    [64, 64],
    [61, 131],
    [4096, 1],
    [1, 5001],
  ])("%i × %i agree with those of float64", (rows, columns) => {
    const { data } = gaussian(rows, columns, 3, "float32");
    const wide = Float64Array.from(data);
    withNormalization([rows, columns], { preset }, (layer) => {
      withNormalization([rows, columns], { preset, dtype: "float64" }, (oracle) => {
        for (let step = 0; step < 5; step += 1) {
          const [found, expected] = [layer.forward(data), oracle.forward(wide)];
          expectClose(found.sigma, expected.sigma, 1e-6);
          expectVectorClose(found.data, expected.data, 1e-6);
          expectVectorClose(layer.state?.u ?? [], oracle.state?.u ?? [], 1e-5);
        }
      });
    });
  });

  test.each([2 ** -100, 2 ** 60, 0])(
    "a weight times %d, out of the range of float32's squares, is as in float64",
    (factor) => {
      const data = gaussian(64, 64, 4, "float32").data.map((entry) => entry * factor) as Float32Array;
      const options = { preset, epsilon: 1e-90 };
      const found = withNormalization([64, 64], options, (layer) => layer.forward(data));
      const oracle = { ...options, dtype: "float64" } as const;
      const expected = withNormalization([64, 64], oracle, (layer) => layer.forward(Float64Array.from(data)));
      expectClose(found.sigma, expected.sigma, 1e-12);
      expect(engine.frobeniusNorm({ data: found.data, shape: [64, 64] })).toBeLessThan(1e6);
    },
  );
});
