import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  caught,
  dot,
  engine,
  expectEngineIntact,
  expectVectorClose,
  gaussian,
  type Options,
  samples,
  weight,
  withNormalization,
} from "./engine/support.js";

describe("forward", () => {
  test("it divides by the estimate of the article's power iteration", () => {
    fc.assert(
      fc.property(samples(), fc.integer({ min: 1, max: 6 }), (sample, iterations) => {
        const dtype = sample.data instanceof Float32Array ? "float32" : "float64";
        withNormalization([sample.rows, sample.columns], { iterations, dtype }, (normalization) => {
          const { data, sigma } = normalization.forward(sample.data);
          const reference = engine.powerIteration(weight(sample), { iterations });
          expect(sigma).toBe(reference.sigma);
          expectVectorClose(
            data,
            sample.data.map((entry) => entry / sigma),
            2 ** -22,
          );
          expectVectorClose(normalization.state?.u ?? [], reference.u, 2 ** -22);
          expectVectorClose(normalization.state?.v ?? [], reference.v, 2 ** -22);
          expect(normalization.state?.sigma).toBe(sigma);
        });
      }),
    );
  });

  test("there is no memory between passes", () => {
    const [a, b] = [gaussian(4, 6, 1, "float32"), gaussian(4, 6, 2, "float32")];
    withNormalization([4, 6], {}, (normalization) => {
      const first = normalization.forward(a.data);
      normalization.forward(b.data);
      expect(normalization.forward(a.data)).toEqual(first);
    });
  });

  test("a handle does as well as an array, and is left alone", () => {
    const { data } = gaussian(4, 6, 1, "float32");
    const handle = engine.matrix([4, 6]);
    handle.set(data);
    withNormalization([4, 6], {}, (normalization) => {
      expect(normalization.forward(handle)).toEqual(normalization.forward(data));
      expect(normalization.forward(handle, { training: false })).toEqual(normalization.forward(data));
    });
    expect(handle.view).toEqual(data);
    handle.free();
  });

  test("a zero weight is returned as it is, and its gradient passes unchanged", () => {
    withNormalization([2, 2], {}, (normalization) => {
      expect(normalization.forward(new Float32Array(4))).toEqual({ data: new Float32Array(4), sigma: 0 });
      expect(normalization.backward(Float32Array.of(1, 2, 3, 4))).toEqual(Float32Array.of(1, 2, 3, 4));
    });
  });
});

describe("backward", () => {
  /** Central differences of ⟨g, W/σ̂(W)⟩. */
  function differences(shape: readonly number[], options: Options, w: Float64Array, g: Float64Array): Float64Array {
    return withNormalization(shape, options, (normalization) => {
      const step = 1e-6;
      const value = (index: number, change: number) => {
        const moved = w.map((entry, place) => (place === index ? entry + change : entry));
        return dot(g, normalization.forward(moved).data);
      };
      return w.map((_, index) => (value(index, step) - value(index, -step)) / (2 * step));
    });
  }

  const cases = [
    [[3, 4], {}],
    [[4, 3], { iterations: 1 }],
    [[1, 5], {}],
    [[5, 1], { iterations: 2 }],
    [[3, 2, 2, 2], { axis: 0 }],
    [[2, 2, 3, 4], { axis: -1, iterations: 3 }],
    [[2, 3, 4], { axis: 1 }],
    [[2, 3, 2, 2], { axis: 2, iterations: 2 }],
  ] as const;
  test.each(cases)("of shape %j with %j it is the gradient by central differences", (shape, rest) => {
    const options = { ...rest, dtype: "float64" } as const;
    const size = shape.reduce((a: number, b) => a * b, 1);
    const w = gaussian(1, size, 3, "float64").data as Float64Array;
    const g = gaussian(1, size, 4, "float64").data as Float64Array;
    const gradient = withNormalization(shape, options, (normalization) => {
      normalization.forward(w);
      return normalization.backward(g);
    });
    expectVectorClose(gradient, differences(shape, options, w, g), 1e-7);
  });

  test.each([
    ["float32", 2 ** -100],
    ["float32", 2 ** 100],
    ["float64", 2 ** -600],
    ["float64", 2 ** 600],
  ] as const)("in %s the gradient of a weight times %d is as many times smaller", (dtype, factor) => {
    const [w, g] = [gaussian(4, 5, 21, dtype).data, gaussian(4, 5, 22, dtype).data];
    const gradientOf = (data: typeof w) =>
      withNormalization([4, 5], { iterations: 3, dtype }, (normalization) => {
        normalization.forward(data);
        return normalization.backward(g);
      });
    const scaled = gradientOf(w.map((entry) => entry * factor));
    expectVectorClose(
      scaled.map((entry) => entry * factor),
      gradientOf(w),
      dtype === "float32" ? 1e-6 : 1e-14,
    );
  });

  test("moving along the weight changes nothing", () => {
    fc.assert(
      fc.property(samples(), fc.nat(), (sample, seed) => {
        const { rows, columns, data } = sample;
        const dtype = data instanceof Float32Array ? "float32" : "float64";
        const { data: g } = gaussian(rows, columns, seed, dtype);
        withNormalization([rows, columns], { dtype }, (normalization) => {
          const { sigma } = normalization.forward(data);
          const gradient = normalization.backward(g);
          // Relative to ⟨|g|, |W|⟩/σ, the size of what cancels.
          const scale = dot(g.map(Math.abs), data.map(Math.abs)) / sigma;
          expect(Math.abs(dot(gradient, data))).toBeLessThanOrEqual(1e-5 * scale);
        });
      }),
    );
  });

  test("a pass in evaluation leaves the kept weight alone", () => {
    const [a, b, g] = [1, 2, 3].map((seed) => gaussian(3, 5, seed, "float32").data);
    withNormalization([3, 5], {}, (normalization) => {
      normalization.forward(a as Float32Array);
      const expected = normalization.backward(g as Float32Array);
      normalization.forward(b as Float32Array, { training: false });
      expect(normalization.backward(g as Float32Array)).toEqual(expected);
    });
  });

  test("it needs a pass in training before it, one that succeeded", () => {
    const g = new Float32Array(4);
    withNormalization([2, 2], {}, (normalization) => {
      const error = caught(() => normalization.backward(g));
      expect(error).toMatchObject({ name: "StateError", code: "STATE" });
      expect(error.message).toMatch(/forward pass in training/);
      normalization.forward(Float32Array.of(1, 2, 3, 4), { training: false });
      expect(caught(() => normalization.backward(g)).code).toBe("STATE");
      normalization.forward(Float32Array.of(1, 2, 3, 4));
      expect(caught(() => normalization.forward(Float32Array.of(1, Number.NaN, 3, 4))).code).toBe("NON_FINITE");
      expect(caught(() => normalization.backward(g)).code).toBe("STATE");
    });
    expectEngineIntact();
  });
});

describe("memory", () => {
  test("every use after free is an error, but freeing again", () => {
    const normalization = engine.createSpectralNormalization([2, 2]);
    normalization.forward(Float32Array.of(1, 2, 3, 4));
    normalization.free();
    normalization.free();
    const uses = [
      () => normalization.forward(new Float32Array(4)),
      () => normalization.backward(new Float32Array(4)),
      () => normalization.state,
      () => normalization.restore({ u: new Float64Array(2), v: new Float64Array(2), sigma: 1 }),
    ];
    for (const use of uses) {
      expect(caught(use)).toMatchObject({ name: "DisposedError", code: "DISPOSED" });
    }
    expect(normalization.shape).toEqual([2, 2]);
  });

  test("Symbol.dispose is free", () => {
    const normalization = engine.createSpectralNormalization([2, 2]);
    normalization[Symbol.dispose]();
    expect(caught(() => normalization.state).code).toBe("DISPOSED");
  });

  test("10,000 of them, used and freed, leave memory as it was", () => {
    const probe = engine.matrix([1, 1]);
    const w = gaussian(16, 24, 1, "float32").data as Float32Array;
    const once = () =>
      withNormalization([2, 16, 12], { axis: 1 }, (normalization) => {
        normalization.forward(w);
        normalization.backward(w);
      });
    once();
    const before = probe.view.buffer.byteLength;
    for (let round = 0; round < 10_000; round += 1) {
      once();
    }
    expect(probe.view.buffer.byteLength).toBe(before);
    probe.free();
  });
});
