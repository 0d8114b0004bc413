import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  caught,
  dot,
  engine,
  epsilonOf,
  euclidean,
  expectClose,
  expectEngineIntact,
  expectVectorClose,
  gaussian,
  mapped,
  type Sample,
  samples,
  singularValues,
  weight,
} from "./engine/support.js";

const seeded = fc.record({
  rows: fc.integer({ min: 1, max: 8 }),
  columns: fc.integer({ min: 1, max: 8 }),
  seed: fc.nat(),
});
const gaussian64 = ({ rows, columns, seed }: { rows: number; columns: number; seed: number }) =>
  gaussian(rows, columns, seed, "float64");

/** The derivative of a function of a matrix along a direction, by central differences of fourth order. */
function along(f: (sample: Sample) => number, sample: Sample, direction: ArrayLike<number>): number {
  const step = 1e-3;
  const moved = (factor: number) =>
    f(mapped(sample, (entry, index) => entry + factor * step * (direction[index] ?? 0)));
  return (8 * (moved(1) - moved(-1)) - (moved(2) - moved(-2))) / (12 * step);
}

const sharp = (sample: Sample) => singularValues(sample)[0] ?? Number.NaN;
const direction = (sample: Sample, seed: number) => gaussian(sample.rows, sample.columns, seed + 1, "float64").data;
/** Where σ is smooth for as far as the differences reach. */
const isSmooth = (sample: Sample) => {
  const [first = 0, second = 0] = singularValues(sample);
  return first - second > 0.2;
};

/** So many cases that are smooth, the same in every run. */
const seeded200 = { numRuns: 200, seed: 6051 };

describe("gradients are derivatives: central differences in float64", () => {
  test("of σ, of penalties and excess penalties", () => {
    let tried = 0;
    fc.assert(
      fc.property(seeded, (shape) => {
        const sample = gaussian64(shape);
        fc.pre(isSmooth(sample));
        const d = direction(sample, shape.seed);
        const w = weight(sample);
        const check = (gradient: ArrayLike<number>, f: (at: Sample) => number) => {
          const expected = along(f, sample, d);
          const slack = 1e-6 * Math.max(1, euclidean(gradient) * euclidean(d));
          expect(Math.abs(dot(gradient, d) - expected)).toBeLessThan(slack);
        };
        check(engine.spectralNormGradient(w).gradient, sharp);
        check(engine.spectralPenalty(w, { lambda: 0.7 }).gradient, (at) => 0.7 * sharp(at) ** 2);
        check(engine.frobeniusPenalty(w, { lambda: 0.7 }).gradient, ({ data }) => 0.7 * euclidean(data) ** 2);
        const above = 0.5 * sharp(sample);
        check(engine.spectralPenalty(w, { above }).gradient, (at) => (sharp(at) - above) ** 2);
        check(engine.frobeniusPenalty(w, { above }).gradient, ({ data }) => (euclidean(data) - above) ** 2);
        tried += 1;
      }),
      seeded200,
    );
    expect(tried).toBe(200);
  });

  test("of W·target/σ against a cotangent", () => {
    let tried = 0;
    fc.assert(
      fc.property(seeded, (shape) => {
        const sample = gaussian64(shape);
        fc.pre(isSmooth(sample));
        const [d, g] = [direction(sample, shape.seed), direction(sample, shape.seed + 1)];
        const { gradient } = engine.spectralNormalizeGradient(weight(sample), g, { target: 3 });
        const expected = along((at) => (3 * dot(g, at.data)) / sharp(at), sample, d);
        expect(Math.abs(dot(gradient, d) - expected)).toBeLessThan(
          1e-6 * Math.max(1, euclidean(gradient) * euclidean(d)),
        );
        tried += 1;
      }),
      seeded200,
    );
    expect(tried).toBe(200);
  });
});

describe("laws of the gradients", () => {
  test("⟨∂σ, W⟩ = σ, and ∂σ is of rank one and unit norm", () => {
    fc.assert(
      fc.property(samples(20), (sample) => {
        const { gradient, sigma } = engine.spectralNormGradient(weight(sample));
        const slack = 32 * epsilonOf(sample) + 1e-12;
        expectClose(dot(gradient, sample.data), sigma, slack);
        const [first = 0, second = 0] = singularValues({ ...sample, data: gradient });
        expect(Math.abs(first - 1) + second).toBeLessThan(slack);
        expect(gradient).toBeInstanceOf(sample.data.constructor);
      }),
    );
  });

  test("moving along W changes nothing in W/σ", () => {
    fc.assert(
      fc.property(samples(20), fc.nat(), (sample, seed) => {
        const g = gaussian(
          sample.rows,
          sample.columns,
          seed,
          sample.data instanceof Float32Array ? "float32" : "float64",
        );
        const { gradient } = engine.spectralNormalizeGradient(weight(sample), g.data);
        const scale = euclidean(gradient) * euclidean(sample.data) + euclidean(g.data);
        expect(Math.abs(dot(gradient, sample.data))).toBeLessThan(64 * epsilonOf(sample) * scale);
      }),
    );
  });

  test("below the threshold a penalty is 0, and so is its gradient", () => {
    const w = weight(gaussian(4, 5, 1, "float64"));
    for (const found of [engine.spectralPenalty(w, { above: 100 }), engine.frobeniusPenalty(w, { above: 100 })]) {
      expect([found.value, euclidean(found.gradient)]).toEqual([0, 0]);
    }
  });

  test("a multiple norm gives a subgradient, and says so", () => {
    for (const side of [3, 100]) {
      const identity = Float64Array.from({ length: side * side }, (_, place) => Number(place % (side + 1) === 0));
      const found = engine.spectralNormGradient({ data: identity, shape: [side, side] });
      expect(found.subgradient, `${side}`).toBe(true);
      expectClose(dot(found.gradient, identity), 1, 1e-12);
    }
    expect(
      engine.spectralNormGradient([
        [2, 0],
        [0, 1.9],
      ]).subgradient,
    ).toBe(false);
  });

  test("a zero matrix has the subgradient 0, and normalization passes the cotangent on", () => {
    const zero = [
      [0, 0],
      [0, 0],
    ];
    const g = Float64Array.of(1, 2, 3, 4);
    expect(engine.spectralNormGradient(zero)).toMatchObject({
      sigma: 0,
      gradient: new Float64Array(4),
      subgradient: true,
    });
    expect(engine.spectralPenalty(zero)).toMatchObject({ value: 0, gradient: new Float64Array(4) });
    expect(engine.frobeniusPenalty(zero)).toMatchObject({ value: 0, gradient: new Float64Array(4) });
    expect(engine.spectralNormalizeGradient(zero, g).gradient).toEqual(g);
  });

  test("along any axis the result has the order of the weight", () => {
    const data = gaussian(6, 20, 9, "float64").data as Float64Array;
    for (const axis of [0, 1, 2, 3]) {
      const { gradient, sigma } = engine.spectralNormGradient({ data, shape: [3, 2, 4, 5], axis });
      expectClose(dot(gradient, data), sigma, 1e-12);
    }
  });

  test("into an array or a handle of the caller's", () => {
    const w = weight(gaussian(3, 4, 5, "float32"));
    const out = new Float32Array(12);
    const handle = engine.matrix([3, 4]);
    expect(engine.spectralNormGradient(w, { out }).gradient).toBe(out);
    expect(engine.spectralNormGradient(w, { out: handle }).gradient).toBe(handle);
    expect(handle.view).toEqual(out);
    handle.set(w.data);
    engine.clipSpectral(handle, 0.5, { out: handle });
    expectClose(engine.spectralNorm(handle), 0.5, 1e-6);
    handle.free();
  });
});

describe("clipSpectral", () => {
  test("only the singular values above the limit change, and they become the limit", () => {
    fc.assert(
      fc.property(samples(20), fc.double({ min: 0.05, max: 1.2, noNaN: true }), (sample, part) => {
        const before = singularValues(sample);
        const limit = part * (before[0] ?? 1);
        const { data, sigma, clipped } = engine.clipSpectral(weight(sample), limit);
        expectClose(sigma, before[0] ?? Number.NaN, 1e-6);
        const after = singularValues({ ...sample, data });
        const expected = before.map((value) => Math.min(value, limit));
        expectVectorClose(after, expected, 64 * epsilonOf(sample) + 1e-9);
        expect(after[0] ?? 0).toBeLessThanOrEqual(limit * (1 + 1e-6));
        // The nearest point of the ball, as far away as the excesses are long together.
        const distance = euclidean(Array.from(data, (entry, index) => entry - (sample.data[index] ?? 0)));
        const excess = euclidean(before.map((value) => Math.max(0, value - limit)));
        expect(Math.abs(distance - excess)).toBeLessThan((64 * epsilonOf(sample) + 1e-9) * (before[0] ?? 1));
        expect(clipped).toBe(before.filter((value) => value > limit * (1 + 1e-9)).length);
      }),
    );
  });

  test("a weight within the ball stays as it is, and a clipped one stays clipped", () => {
    const sample = gaussian(10, 12, 4, "float32");
    expect(engine.clipSpectral(weight(sample), 100).data).toEqual(sample.data);
    const once = engine.clipSpectral(weight(sample), 2).data;
    expectVectorClose(engine.clipSpectral(weight({ ...sample, data: once }), 2).data, once, 1e-6);
  });

  test("a larger matrix, more and fewer values above the limit", () => {
    const sample = gaussian(90, 120, 8, "float64");
    const before = singularValues(sample);
    for (const count of [1, 3, 20, 90]) {
      const limit = count === 90 ? 0.5 * (before[89] ?? 0) : 0.5 * ((before[count - 1] ?? 0) + (before[count] ?? 0));
      const { data, clipped } = engine.clipSpectral(weight(sample), limit);
      expect(clipped).toBe(count);
      expectVectorClose(
        singularValues({ ...sample, data }),
        before.map((value) => Math.min(value, limit)),
        1e-9,
      );
    }
  });
});

describe("bad arguments", () => {
  const w = weight(gaussian(2, 2, 1, "float64"));
  test.each([
    [
      "λ < 0",
      () => engine.frobeniusPenalty(w, { lambda: -1 }),
      "OPTION",
      '"options.lambda" expected a finite number of',
    ],
    ["λ in words", () => engine.spectralPenalty(w, { lambda: "1" as never }), "TYPE", 'got "1"'],
    ["a threshold of 0", () => engine.spectralPenalty(w, { above: 0 }), "OPTION", '"options.above" expected a finite'],
    ["an unknown option", () => engine.spectralNormGradient(w, { lambda: 1 } as never), "OPTION", "unknown key"],
    ["a limit of 0", () => engine.clipSpectral(w, 0), "OPTION", '"c" expected a finite number above 0, got 0'],
    [
      "a cotangent of another length",
      () => engine.spectralNormalizeGradient(w, new Float64Array(3)),
      "SHAPE",
      '"g" expected length 4, as the weight has, got 3',
    ],
    [
      "a cotangent of another type",
      () => engine.spectralNormalizeGradient(w, new Float32Array(4)),
      "TYPE",
      '"g" expected float64, as the weight is, got float32',
    ],
    [
      "a cotangent that is not finite",
      () => engine.spectralNormalizeGradient(w, Float64Array.of(0, 0, Number.NaN, 0)),
      "NON_FINITE",
      '"g" expected finite numbers, got NaN at index 2',
    ],
    [
      "too few passes",
      () => engine.spectralNormGradient(weight(gaussian(70, 70, 1, "float64")), { maxIterations: 2 }),
      "CONVERGENCE",
      "Raise",
    ],
  ])("%s", (_, call, code, sentence) => {
    const error = caught(call);
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
    expectEngineIntact();
  });
});
