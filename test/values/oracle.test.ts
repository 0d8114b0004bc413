import { load, type Weight } from "spectral-norm";
import { describe, expect, test } from "vitest";
import {
  type Checksums,
  type FloatDtype,
  type InputSpec,
  makeData,
  makeWeight,
  product,
  readFixture,
} from "./inputs.ts";

interface SvdCase {
  readonly name: string;
  readonly axis: number;
  readonly input: InputSpec;
  readonly checksum: Checksums;
  /** The two largest singular values, from LAPACK. */
  readonly sigma: number;
  readonly sigma2: number;
  /** From the exact sum of squares. */
  readonly frobenius: number;
}

const cases = readFixture<SvdCase[]>("svd");
const engine = await load();
const runs = cases.flatMap((example) =>
  (Object.keys(example.checksum) as FloatDtype[]).map((dtype) => ({ ...example, dtype })),
);

/** A subnormal result has no more digits than this; it is lost in any other. */
const ulp = Number.MIN_VALUE;

describe.each(runs)("$name, $dtype", ({ name, axis, input, dtype, sigma, sigma2, frobenius }) => {
  const weight = makeWeight(input, dtype, axis);

  test("spectralNorm reaches its tolerance, from below", () => {
    const found = engine.spectralNorm(weight);
    expect(Math.abs(found - sigma)).toBeLessThanOrEqual(1e-6 * sigma + ulp);
    expect(found).toBeLessThanOrEqual(sigma * (1 + 1e-13) + ulp);
  });

  test("so it does for a sharper tolerance, or says that it did not", () => {
    const { sigma: found, converged } = engine.dominantTriplet(weight, { tolerance: 1e-10 });
    // Two singular values this close need more passes than the default allows.
    if (name !== "gap 2^-20") expect(converged).toBe(true);
    expect(Math.abs(found - sigma)).toBeLessThanOrEqual((converged ? 1e-10 : 1e-6) * sigma + ulp);
  });

  test("dominantTriplet says what its vectors are", () => {
    const { sigma: found, u, v, residual, converged, restarted, method } = engine.dominantTriplet(weight);
    expect(["exact", "lanczos"]).toContain(method);
    expect({ converged, restarted, method }).toEqual({ converged: true, restarted: false, method });
    const rounding = dtype === "float32" ? 1e-6 : 1e-14;
    expect(Math.abs(Math.hypot(...u) - 1)).toBeLessThan(rounding);
    expect(Math.abs(Math.hypot(...v) - 1)).toBeLessThan(rounding);
    expect(Math.abs(engine.bilinearForm(weight, u, v) - found)).toBeLessThanOrEqual(rounding * found + ulp);
    expect(residual).toBeGreaterThanOrEqual(0);
    // Some singular value lies within the residual of sigma: the second one may, where the two are closer than that.
    const nearest = Math.min(Math.abs(found - sigma), Math.abs(found - sigma2));
    expect(nearest).toBeLessThanOrEqual((residual + 1e-13) * sigma + ulp);
  });

  test("the Frobenius norm and the stable rank", () => {
    expect(Math.abs(engine.frobeniusNorm(weight) - frobenius)).toBeLessThanOrEqual(1e-14 * frobenius + ulp);
    const rank = sigma === 0 ? 0 : (frobenius / sigma) ** 2;
    // Two subnormal norms of three digits each.
    const digits = sigma < 1e-307 && sigma > 0 ? ulp / sigma : 0;
    expect(Math.abs(engine.stableRank(weight) - rank)).toBeLessThanOrEqual((3e-6 + 4 * digits) * rank);
  });

  test("spectralNormalize leaves a norm of one", () => {
    const { data, sigma: before } = engine.spectralNormalize(weight);
    expect(Math.abs(before - sigma)).toBeLessThanOrEqual(1e-6 * sigma + ulp);
    const after = engine.spectralNorm({ ...weight, data });
    const digits = sigma < 1e-307 ? ulp / sigma : 0;
    if (sigma === 0) expect(data).toEqual(weight.data);
    else expect(Math.abs(after - 1)).toBeLessThan(3e-6 + 2 * digits);
  });
});

describe("laws", () => {
  const spec: InputSpec = { shape: [37, 53], kind: "bell", seed: 300, exponent: -8 };

  function transposed({ data, shape: [rows = 0, columns = 0] }: Weight): Weight {
    const turned = data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)] ?? Number.NaN);
    return { data: turned, shape: [columns, rows] };
  }

  test.each([
    ["float32", [-110, -31, 1, 31, 100]],
    ["float64", [-900, -31, 1, 31, 900]],
  ] as const)("homogeneity: a power of two changes the exponent and not a bit more, %s", (dtype, exponents) => {
    const sigma = engine.spectralNorm(makeWeight(spec, dtype));
    for (const exponent of exponents) {
      const scaled = makeWeight({ ...spec, exponent: spec.exponent + exponent }, dtype);
      expect(engine.spectralNorm(scaled)).toBe(sigma * 2 ** exponent);
    }
  });

  test("the transpose has the same norm", () => {
    const weight = makeWeight(spec, "float64");
    expect(engine.spectralNorm(transposed(weight)) / engine.spectralNorm(weight)).toBeCloseTo(1, 6);
  });

  test("a sign flip changes nothing", () => {
    const weight = makeWeight(spec, "float64");
    expect(engine.spectralNorm({ ...weight, data: weight.data.map((x) => -x) })).toBe(engine.spectralNorm(weight));
  });

  test.each(cases.filter(({ sigma }) => sigma > 1e-300))(
    "1 ≤ ‖W‖_F²/σ² ≤ the shorter side: $name",
    ({ input, axis }) => {
      const front = input.shape.at(axis) ?? 1;
      const side = Math.min(front, product(input.shape) / front);
      const rank = engine.stableRank(makeWeight(input, "float64", axis));
      expect(rank).toBeGreaterThanOrEqual(1 - 1e-13);
      expect(rank).toBeLessThanOrEqual(side * (1 + 3e-6));
    },
  );
});

describe("what the article's start cannot do", () => {
  const kernels = [
    { name: "Sobel", values: [-1, 0, 1, -2, 0, 2, -1, 0, 1], sigma: Math.sqrt(12) },
    { name: "Laplacian", values: [0, 1, 0, 1, -4, 1, 0, 1, 0], sigma: Math.sqrt(20) },
  ].map(({ values, ...rest }) => ({
    ...rest,
    input: { shape: [3, 3, 1, 1], kind: "integers", values, exponent: 0 } as const,
  }));
  const zeroDc = [...kernels, ...cases.filter(({ name }) => name.includes("zero-DC"))];
  const runs = zeroDc.flatMap((example) => [1, 1000].map((iterations) => ({ ...example, iterations })));

  test.each(runs)("$name annihilates all ones; $iterations steps from the restart", ({ input, iterations, sigma }) => {
    for (const dtype of ["float32", "float64"] as const) {
      const { restarted, history, sigma: found } = engine.powerIteration(makeWeight(input, dtype), { iterations });
      expect(restarted).toBe(true);
      expect(history.every((x) => x > 0 && x <= sigma * (1 + 1e-6))).toBe(true);
      if (iterations === 1000) expect(Math.abs(found / sigma - 1)).toBeLessThan(1e-6);
    }
  });

  test.each(zeroDc)("$name is normalized all the same", ({ input, sigma }) => {
    const layer = engine.createSpectralNormalization(input.shape, { axis: -1, iterations: 1000, dtype: "float64" });
    const { sigma: found, data } = layer.forward(makeData(input, "float64"));
    expect(Math.abs(found / sigma - 1)).toBeLessThan(1e-6);
    expect(Math.abs(engine.spectralNorm({ data, shape: input.shape, axis: -1 }) - 1)).toBeLessThan(3e-6);
    layer.free();
  });

  test("a start at right angles to the dominant vector misleads, a random one does not", () => {
    const rows = [
      [3, 0],
      [0, 1],
    ];
    expect(engine.powerIteration(rows, { form: "gram", start: Float64Array.of(0, 1) }).sigma).toBe(1);
    expect(engine.spectralNorm(rows)).toBeCloseTo(3, 5);
  });
});

describe("single weights", () => {
  test.each([1e-5, 1e-30, 1e30, -3e-40, 5e-324, 1.7e308])("the norm of %d is its magnitude", (x) => {
    expect(engine.spectralNorm([[x]])).toBe(Math.abs(x));
  });

  test.each([1e-5, 1e-30, 1e30, -3e-40, 1.5e-45, 3.4e38])("the norm of %d in float32 is its magnitude", (x) => {
    expect(engine.spectralNorm({ data: Float32Array.of(x), shape: [1, 1] })).toBe(Math.abs(Math.fround(x)));
  });
});

test("[[1, 100], [0, 1]] has the norm 100.00999900019995, though the article would have it 1, its spectral radius", () => {
  const matrix = [
    [1, 100],
    [0, 1],
  ];
  expect(engine.spectralNorm(matrix)).toBeCloseTo(100.00999900019995, 12);
  expect(engine.powerIteration(matrix).sigma).toBeCloseTo(100.00999900019995, 12);
});
