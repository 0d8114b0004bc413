/**
 * What went wrong elsewhere, one test a fault. A name says whose it was: repository and number of the issue, or what the
 * article or a library does to this day. Those of convolutions are with the tests of convolutions, the table of cold starts
 * (pytorch#51800) in values/cold-start.test.ts.
 */
import type { SpectralNormOptions, WeightLike } from "spectral-norm";
import { describe, expect, test } from "vitest";
import {
  caught,
  dot,
  engine,
  euclidean,
  expectClose,
  expectEngineIntact,
  gaussian,
  mapped,
  shear,
  shearNorm,
  singularValues,
  transposed,
  weight,
} from "./engine/support.js";

const methods = ["exact", "lanczos", "power"] as const;
type Method = (typeof methods)[number];

const sharp: SpectralNormOptions = { tolerance: 1e-9 };
const norm = (w: WeightLike, method: Method, options: SpectralNormOptions = sharp) =>
  engine.dominantTriplet(w, { ...options, method });
const diagonal = (...entries: number[]) => entries.map((entry, i) => entries.map((_, j) => (i === j ? entry : 0)));

/** Orthogonal rows with entries ±1, by Sylvester's doubling: every singular value is the root of the side. */
function hadamard(side: number): Float64Array {
  const sign = (bits: number): number => (bits === 0 ? 1 : -sign(bits & (bits - 1)));
  return Float64Array.from({ length: side * side }, (_, place) => sign(Math.floor(place / side) & (place % side)));
}

describe.each(methods)("%s", (method) => {
  test("tensorflow/addons#2763, scipy#21137, arpack-ng#215: a zero matrix is NaN or never ends there", () => {
    for (const shape of [
      [1, 1],
      [1, 5],
      [20, 30],
    ] as const) {
      const found = norm({ data: new Float32Array(shape[0] * shape[1]), shape }, method);
      expect(found).toMatchObject({ sigma: 0, residual: 0, converged: true });
      expect([euclidean(found.u), euclidean(found.v)].map((length) => Math.abs(length - 1) < 1e-6)).toEqual([
        true,
        true,
      ]);
    }
  });

  test("mathjs#1857, tfjs#110: matrices of one entry, one row or one column are refused or not square enough", () => {
    expect(norm([[-3]], method).sigma).toBe(3);
    const row = gaussian(1, 90, 1, "float64");
    for (const sample of [row, transposed(row)]) {
      const { sigma, gap } = norm(weight(sample), method);
      expectClose(sigma, euclidean(row.data), 1e-14);
      if (method !== "power") expect(gap).toBeGreaterThan(1 - 1e-6);
    }
  });

  test("trueno#153: of a matrix of rank one, a rotation divides zero by zero there", () => {
    const [left, right] = [gaussian(40, 1, 2, "float64").data, gaussian(1, 70, 3, "float64").data];
    const data = Float64Array.from({ length: 2800 }, (_, k) => (left[Math.floor(k / 70)] ?? 0) * (right[k % 70] ?? 0));
    const { sigma, u, v } = norm({ data, shape: [40, 70] }, method);
    expectClose(sigma, euclidean(left) * euclidean(right), 1e-13);
    expectClose(Math.abs(dot(u, left)), euclidean(left), 1e-13);
    expectClose(Math.abs(dot(v, right)), euclidean(right), 1e-13);
    expect(engine.stableRank({ data, shape: [40, 70] })).toBeCloseTo(1, 12);
  });

  test("power iteration everywhere: where σ₁ = σ₂ vectors do not settle, the norm does", () => {
    expectClose(norm(diagonal(2, 2, 1), method).sigma, 2, 1e-13);
    expectClose(norm(diagonal(-2, 2, 2, 0), method).sigma, 2, 1e-13);
  });

  test("linalg of an orthogonal matrix: all singular values are one", () => {
    const found = norm({ data: hadamard(64), shape: [64, 64] }, method);
    expectClose(found.sigma, 8, 1e-13);
    if (method !== "power") expect(Math.abs(found.gap)).toBeLessThan(1e-9);
  });

  test("gloro#8, NVIDIA-NeMo/Emerging-Optimizers#229, Haiku, Flax: an additive eps changes the norms of small weights", () => {
    const sample = gaussian(12, 9, 4, "float64");
    const { sigma } = norm(weight(sample), method);
    for (const factor of [1e-30, 1e-29, 1e30, 1e-150, 1e150]) {
      const scaled = mapped(sample, (entry) => entry * factor);
      expectClose(norm(weight(scaled), method).sigma, sigma * factor, 1e-9);
    }
  });

  test("gloro#8: a single weight of 1e-5 is taken for 1e-5 − eps/1e-5", () => {
    expect(norm([[1e-5]], method).sigma).toBe(1e-5);
    expectClose(norm(diagonal(1e-5, 1e-6), method).sigma, 1e-5, 1e-9);
  });

  test("apex#181, addons#2398: the subnormal numbers of float16 count", () => {
    const least = 2 ** -24;
    const data = Float32Array.from({ length: 6 }, (_, k) => (k + 1) * least);
    const exact = singularValues({ rows: 2, columns: 3, data: Float64Array.of(1, 2, 3, 4, 5, 6) })[0] ?? 0;
    expectClose(norm({ data, shape: [2, 3] }, method).sigma, exact * least, 1e-9);
  });

  test("odl#1561, CIL#1470, the article: the norm of a matrix that is not normal is not its spectral radius", () => {
    expectClose(norm(shear, method).sigma, shearNorm, 1e-9);
    expect(engine.spectralRadius(shear)).toBe(1);
    const nilpotent = [
      [0, 1e3, 0],
      [0, 0, 1e-3],
      [0, 0, 0],
    ];
    expectClose(norm(nilpotent, method).sigma, 1e3, 1e-9);
    expect(engine.spectralRadius(nilpotent)).toBe(0);
  });

  test("nalgebra#1172: the all-ones 3×5 matrix has the norm √15, not 4.5415", () => {
    expectClose(norm({ data: new Float32Array(15).fill(1), shape: [3, 5] }, method).sigma, Math.sqrt(15), 1e-14);
    // A kernel of nine ones, read as a matrix along an axis or as it stands.
    expectClose(norm({ data: new Float32Array(9).fill(1), shape: [1, 1, 3, 3], axis: 0 }, method).sigma, 3, 1e-14);
    expectClose(norm({ data: new Float32Array(9).fill(1), shape: [3, 3] }, method).sigma, 3, 1e-14);
  });

  test("the article: the kernels that all ones is annihilated by, Sobel and Laplace, have a norm", () => {
    const start: SpectralNormOptions = { start: "ones", ...sharp };
    expectClose(
      norm(
        [
          [-1, 0, 1],
          [-2, 0, 2],
          [-1, 0, 1],
        ],
        method,
        start,
      ).sigma,
      Math.sqrt(12),
      1e-9,
    );
    expectClose(norm([[0, 1, 0, 1, -4, 1, 0, 1, 0]], method, start).sigma, Math.sqrt(20), 1e-9);
  });
});

test("OMI-Training-Pipeline#8: a fixed start that is orthogonal to the answer hides it; here it does not", () => {
  // The rest of 1 … n is the answer: no fixed vector does for all matrices.
  const side = 40;
  const fixed = Float64Array.from({ length: side }, (_, k) => k + 1);
  const length = euclidean(fixed);
  const data = Float64Array.from({ length: side * side }, (_, place) => {
    const [i, j] = [Math.floor(place / side), place % side];
    return 2 * Number(i === j) - ((fixed[i] ?? 0) * (fixed[j] ?? 0)) / length ** 2;
  });
  const w = { data, shape: [side, side] };
  expectClose(engine.spectralNorm(w, { start: fixed }), 2, 1e-6);
  expectClose(engine.spectralNorm(diagonal(3, 1), { start: Float64Array.of(0, 1) }), 3, 1e-6);
  expectClose(engine.spectralNorm(w, { start: fixed, method: "lanczos" }), 2, 1e-6);
});

test("Lanczos orthogonalized once: of a 128×1152 Gaussian matrix it gives 44.5015, above the norm 44.4864", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const sample = gaussian(128, 1152, 5, dtype);
    const exact = singularValues(sample)[0] ?? Number.NaN;
    for (const w of [sample, transposed(sample)]) {
      const found = engine.spectralNorm(weight(w));
      expectClose(found, exact, 1e-6);
      expect(found).toBeLessThanOrEqual(exact * (1 + 1e-12));
    }
  }
});

test("pytorch#51800, invertible-resnet#14, deel-lip#93: a normalized weight has a norm above 1", () => {
  const sample = gaussian(96, 120, 6, "float64");
  expectClose(engine.spectralNorm(weight({ ...sample, ...engine.spectralNormalize(weight(sample)) }), sharp), 1, 1e-6);
  const proved = engine.spectralNormalize(weight(sample), { by: "upper" });
  expect(singularValues({ ...sample, data: proved.data })[0]).toBeLessThanOrEqual(1);
});

test("Emerging-Optimizers#230: tiny weights collapse when they are normalized", () => {
  for (const factor of [1e-12, 1e-30, 1e-200]) {
    const sample = mapped(gaussian(6, 8, 7, "float64"), (entry) => entry * factor);
    expectClose(engine.spectralNorm(weight({ ...sample, ...engine.spectralNormalize(weight(sample)) })), 1, 3e-6);
  }
});

test("CIL#806, scipy#9023, IterativeSolvers#303: two calls give two results", () => {
  const w = weight(gaussian(100, 90, 8, "float32"));
  expect(engine.dominantTriplet(w)).toEqual(engine.dominantTriplet(w));
  expect(engine.dominantTriplet(w, { seed: 9 })).toEqual(engine.dominantTriplet(w, { seed: 9 }));
  expect(engine.dominantTriplet(w, { seed: 9 }).sigma).not.toBe(engine.dominantTriplet(w, { seed: 10 }).sigma);
});

test("nntrainer#2556: a norm that is summed in the type of its entries loses digits with its length", () => {
  const data = new Float32Array(1 << 20).fill(0.1);
  const exact = Math.fround(0.1) * 1024;
  // A hundred thousand equal terms to a lane, each rounded alike: the worst case of a sum in float64.
  expectClose(engine.frobeniusNorm({ data, shape: [1024, 1024] }), exact, 1e-11);
  expectClose(engine.spectralNorm({ data, shape: [1024, 1024] }), exact, 1e-12);
  expectClose(engine.spectralNorm({ data, shape: [1, 1 << 20] }), exact, 1e-11);
});

test("nalgebra#1475, nalgebra#1353, mljs/matrix#220: NaN and empty matrices panic or never end", () => {
  for (const method of methods) {
    expect(caught(() => engine.spectralNorm([[1, Number.NaN]], { method })).code).toBe("NON_FINITE");
    expect(caught(() => engine.spectralNorm([[1], [Number.POSITIVE_INFINITY]], { method })).code).toBe("NON_FINITE");
    expect(caught(() => engine.spectralNorm({ data: new Float32Array(0), shape: [0, 3] }, { method })).code).toBe(
      "SHAPE",
    );
  }
  expectEngineIntact();
});
