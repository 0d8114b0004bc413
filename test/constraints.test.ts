import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  engine,
  euclidean,
  expectClose,
  expectVectorClose,
  mapped,
  samples,
  singularValues,
  weight,
} from "./engine/support.js";

const limits = fc.double({ min: 0.01, max: 100, noNaN: true });

describe("spectralNormalize", () => {
  test("σ(W/σ) = 1, and the norm before is reported", () => {
    fc.assert(
      fc.property(samples(), (sample) => {
        const { data, sigma } = engine.spectralNormalize(weight(sample));
        expectClose(sigma, singularValues(sample)[0] ?? Number.NaN, 1e-6);
        expectClose(singularValues({ ...sample, data })[0] ?? Number.NaN, 1, 2e-6);
        expect(data).toBeInstanceOf(sample.data.constructor);
      }),
    );
  });

  test("any target is reached", () => {
    fc.assert(
      fc.property(samples(), limits, (sample, target) => {
        const { data } = engine.spectralNormalize(weight(sample), { target });
        expectClose(singularValues({ ...sample, data })[0] ?? Number.NaN, target, 2e-6);
      }),
    );
  });

  test("'shrink' leaves what is small enough alone, to the bit", () => {
    fc.assert(
      fc.property(samples(), limits, (sample, target) => {
        const { data, sigma } = engine.spectralNormalize(weight(sample), { target, mode: "shrink" });
        if (sigma <= target) {
          expect(data).toEqual(sample.data);
          expect(data).not.toBe(sample.data);
        } else {
          expectClose(singularValues({ ...sample, data })[0] ?? Number.NaN, target, 2e-6);
        }
      }),
    );
  });

  test("'shrink' is idempotent but for rounding", () => {
    fc.assert(
      fc.property(samples(), limits, (sample, target) => {
        const once = engine.spectralNormalize(weight(sample), { target, mode: "shrink" }).data;
        const twice = engine.spectralNormalize(weight({ ...sample, data: once }), { target, mode: "shrink" }).data;
        expectVectorClose(twice, once, 2e-6);
      }),
    );
  });

  test("a zero matrix is returned as it is, with σ = 0", () => {
    const data = Float32Array.of(0, -0, 0, 0);
    const result = engine.spectralNormalize({ data, shape: [2, 2] });
    expect(result).toEqual({ data, sigma: 0 });
    expect(result.data).not.toBe(data);
  });

  test("number[][] comes back as float64", () => {
    expectVectorClose(
      engine.spectralNormalize([
        [2, 0],
        [0, 1],
      ]).data,
      Float64Array.of(1, 0, 0, 0.5),
      1e-6,
    );
  });

  test.each([1e-300, 1e-310, 1e300])("float64 entries near %s", (magnitude) => {
    const data = Float64Array.of(3 * magnitude, 0, 0, 4 * magnitude);
    expectVectorClose(engine.spectralNormalize({ data, shape: [2, 2] }).data, [0.75, 0, 0, 1], 1e-6);
  });

  test("an axis in the middle leaves the elements in their order", () => {
    const data = Float64Array.from({ length: 24 }, (_, index) => Math.sin(index + 1));
    const { data: normalized, sigma } = engine.spectralNormalize({ data, shape: [2, 3, 4], axis: 1 });
    expectVectorClose(
      normalized,
      data.map((entry) => entry / sigma),
      1e-15,
    );
  });
});

describe("clipWeights", () => {
  test("every entry is clamped, and those that change are counted", () => {
    fc.assert(
      fc.property(samples(), fc.double({ min: 0.1, max: 3, noNaN: true }), (sample, c) => {
        const { data, clipped } = engine.clipWeights(weight(sample), c);
        const changed = sample.data.filter((entry) => Math.abs(entry) > c).length;
        expect(clipped).toBe(changed);
        expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(c);
        const expected = mapped(sample, (entry) => Math.min(c, Math.max(-c, entry)));
        expectVectorClose(data, expected.data, 2 ** -23);
      }),
    );
  });

  test("it is idempotent, to the bit", () => {
    fc.assert(
      fc.property(samples(), fc.double({ min: 0.1, max: 3, noNaN: true }), (sample, c) => {
        const once = engine.clipWeights(weight(sample), c).data;
        expect(engine.clipWeights(weight({ ...sample, data: once }), c)).toEqual({ data: once, clipped: 0 });
      }),
    );
  });

  test("a limit beyond the element type changes nothing", () => {
    const data = Float32Array.of(3e38, -1);
    expect(engine.clipWeights({ data, shape: [1, 2] }, 1e300)).toEqual({ data, clipped: 0 });
  });
});

describe("clipFrobenius", () => {
  test("the norm becomes min(‖W‖_F, c), and the one before is reported", () => {
    fc.assert(
      fc.property(samples(), limits, (sample, c) => {
        const { data, norm } = engine.clipFrobenius(weight(sample), c);
        expectClose(norm, euclidean(sample.data), 1e-13);
        expectClose(euclidean(data), Math.min(norm, c), 1e-6);
        expectVectorClose(data, mapped(sample, (entry) => entry * Math.min(1, c / norm)).data, 2 ** -22);
      }),
    );
  });

  test("what lies within the ball is unchanged, to the bit", () => {
    fc.assert(
      fc.property(samples(), (sample) => {
        const c = euclidean(sample.data) * 1.0001;
        expect(engine.clipFrobenius(weight(sample), c).data).toEqual(sample.data);
      }),
    );
  });
});

describe("out", () => {
  const shape = [2, 2];
  const values = [3, 0, 0, 4];
  const half = [0.75, 0, 0, 1];
  const calls = [
    ["spectralNormalize", (w: object, out: object) => engine.spectralNormalize(w as never, { out } as never), half],
    ["clipWeights", (w: object, out: object) => engine.clipWeights(w as never, 1, { out } as never), [1, 0, 0, 1]],
    [
      "clipFrobenius",
      (w: object, out: object) => engine.clipFrobenius(w as never, 1, { out } as never),
      [0.6, 0, 0, 0.8],
    ],
  ] as const;

  describe.each(calls)("of %s", (_, call, expected) => {
    test("an array of the caller's is filled and comes back", () => {
      const [data, out] = [Float64Array.from(values), new Float64Array(4)];
      expect(call({ data, shape }, out).data).toBe(out);
      expectVectorClose(out, expected, 1e-6);
      expect(data).toEqual(Float64Array.from(values));
    });

    test("the input's own array works in place", () => {
      const data = Float32Array.from(values);
      expect(call({ data, shape }, data).data).toBe(data);
      expectVectorClose(data, expected, 1e-6);
    });

    test("a handle receives the result of an array, and of another handle", () => {
      const [source, target] = [engine.matrix(shape), engine.matrix(shape)];
      source.set(values);
      expect(call({ data: Float32Array.from(values), shape }, target).data).toBe(target);
      expectVectorClose(target.view, expected, 1e-6);
      target.view.fill(0);
      expect(call(source, target).data).toBe(target);
      expectVectorClose(target.view, expected, 1e-6);
      expect(Array.from(source.view)).toEqual(values);
      source.free();
      target.free();
    });

    test("a handle works in place", () => {
      const handle = engine.matrix(shape, { dtype: "float64" });
      handle.set(values);
      expect(call(handle, handle).data).toBe(handle);
      expectVectorClose(handle.view, expected, 1e-6);
      handle.free();
    });

    test("a handle without out is left alone", () => {
      const handle = engine.matrix(shape);
      handle.set(values);
      const { data } = call(handle, undefined as never);
      expect(data).toBeInstanceOf(Float32Array);
      expectVectorClose(data as Float32Array, expected, 1e-6);
      expect(Array.from(handle.view)).toEqual(values);
      handle.free();
    });

    test("nothing is written when the call fails", () => {
      const bad = Float32Array.of(5, Number.NaN, 7, 8);
      const out = Float32Array.of(1, 2, 3, 4);
      const [source, target] = [engine.matrix(shape), engine.matrix(shape)];
      source.set(bad);
      target.set(out);
      expect(() => call({ data: bad, shape }, out)).toThrow("row 0, column 1");
      expect(() => call({ data: bad, shape }, bad)).toThrow("row 0, column 1");
      expect(() => call(source, target)).toThrow("row 0, column 1");
      expect(() => call(source, source)).toThrow("row 0, column 1");
      expect([out, bad]).toEqual([Float32Array.of(1, 2, 3, 4), Float32Array.of(5, Number.NaN, 7, 8)]);
      expect([target.view, source.view]).toEqual([out, bad]);
      source.free();
      target.free();
    });
  });

  test("shared memory serves as input and as out", () => {
    const data = new Float32Array(new SharedArrayBuffer(16));
    data.set(values);
    expect(engine.spectralNormalize({ data, shape }, { out: data }).data).toBe(data);
    expectVectorClose(data, half, 1e-6);
  });
});
