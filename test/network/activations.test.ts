import type { Layer } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { expectClose, normals } from "../engine/support.js";
import { normOfMap, upperOf } from "./support.js";

/** Φ(x), by the series of its integral (Marsaglia 2004). */
function normalDistribution(x: number): number {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let [term, sum] = [x, x];
  for (let n = 3; n < 200; n += 2) {
    term *= (x * x) / n;
    sum += term;
  }
  return 0.5 + (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const clamp = (x: number, least: number, most: number) => Math.min(Math.max(x, least), most);
const elu = (x: number, alpha: number) => (x > 0 ? x : alpha * Math.expm1(x));

/** Each activation as its framework documents it, and its constant; written down apart from the package. */
const scalars: readonly (readonly [Layer, (x: number) => number, number])[] = [
  [{ type: "relu" }, (x) => Math.max(x, 0), 1],
  [{ type: "relu6" }, (x) => clamp(x, 0, 6), 1],
  [{ type: "leakyRelu" }, (x) => Math.max(x, 0.01 * x), 1],
  [{ type: "leakyRelu", slope: 1.5 }, (x) => (x > 0 ? x : 1.5 * x), 1.5],
  [{ type: "prelu", slope: -0.3 }, (x) => (x > 0 ? x : -0.3 * x), 1],
  [{ type: "elu" }, (x) => elu(x, 1), 1],
  [{ type: "elu", alpha: 2.5 }, (x) => elu(x, 2.5), 2.5],
  [{ type: "celu", alpha: 0.2 }, (x) => (x > 0 ? x : 0.2 * Math.expm1(x / 0.2)), 1],
  [{ type: "selu" }, (x) => 1.0507009873554805 * elu(x, 1.6732632423543772), 1.0507009873554805 * 1.6732632423543772],
  [{ type: "gelu" }, (x) => x * normalDistribution(x), 1.128904145185155],
  [
    { type: "geluTanh" },
    (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    1.128993068658772,
  ],
  [{ type: "silu" }, (x) => x * sigmoid(x), 1.099839320128867],
  [{ type: "mish" }, (x) => x * Math.tanh(Math.log1p(Math.exp(x))), 1.088498161251728],
  [{ type: "softplus" }, (x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0), 1],
  [{ type: "sigmoid" }, sigmoid, 0.25],
  [{ type: "logSigmoid" }, (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))), 1],
  [{ type: "tanh" }, Math.tanh, 1],
  [{ type: "tanhShrink" }, (x) => x - Math.tanh(x), 1],
  [{ type: "hardTanh" }, (x) => clamp(x, -1, 1), 1],
  [{ type: "hardSigmoid" }, (x) => clamp(x / 6 + 0.5, 0, 1), 1 / 6],
  [{ type: "hardSigmoid", slope: 0.2 }, (x) => clamp(0.2 * x + 0.5, 0, 1), 0.2],
  [{ type: "hardSwish" }, (x) => (x * clamp(x + 3, 0, 6)) / 6, 1.5],
  [{ type: "softShrink" }, (x) => Math.sign(x) * Math.max(Math.abs(x) - 0.5, 0), 1],
  [{ type: "softsign" }, (x) => x / (1 + Math.abs(x)), 1],
  [{ type: "abs" }, Math.abs, 1],
  [{ type: "sine" }, Math.sin, 1],
  [{ type: "sine", frequency: -30 }, (x) => Math.sin(-30 * x), 30],
  [{ type: "identity" }, (x) => x, 1],
];

/** The largest slope of chords a millionth long, on a fine grid and on both sides of every place where formulas change. */
function largestSlope(f: (x: number) => number): number {
  const half = 2 ** -21;
  const corners = [-6, -3, -2.5, -1, -0.5, 0, 0.5, 1, 2.5, 3, 6].flatMap((corner) => [corner - half, corner + half]);
  const grid = Array.from({ length: 40_001 }, (_, index) => (index - 20_000) / 1000);
  return Math.max(...[...grid, ...corners].map((x) => Math.abs(f(x + half) - f(x - half)) / (2 * half)));
}

describe("a scalar activation", () => {
  test.each(scalars)("%o has its largest slope as constant", (layer, f, constant) => {
    const upper = upperOf(layer);
    const slope = largestSlope(f);
    expectClose(upper, constant, 1e-15);
    // Chords are no steeper than the slope somewhere between; rounding errors of f are divided by a millionth.
    expect(slope).toBeLessThanOrEqual(upper * (1 + 1e-8));
    expect(slope).toBeGreaterThanOrEqual(upper * (1 - 1e-6));
  });

  test("none is below its constant to 22 digits, nor far above", () => {
    const exact: Readonly<Record<string, bigint>> = {
      gelu: 1_128_904_145_185_154_786_341n,
      geluTanh: 1_128_993_068_658_771_765_456n,
      silu: 1_099_839_320_128_866_916_958n,
      mish: 1_088_498_161_251_727_861_228n,
      selu: 1_758_099_340_847_376_859_940n,
    };
    for (const [type, digits] of Object.entries(exact)) {
      // A float64 between 1 and 2 is an integer over 2⁵².
      const scaled = BigInt(upperOf({ type } as Layer) * 2 ** 52) * 10n ** 21n;
      expect(scaled > digits * 2n ** 52n, type).toBe(true);
      expect(scaled < (digits + 2n) * 2n ** 52n + 10n ** 21n, type).toBe(true);
    }
  });

  test("prelu takes the steepest of its channels", () => {
    expect(upperOf({ type: "prelu", slope: Float32Array.of(0.25, -2, 1) })).toBe(2);
    expect(upperOf({ type: "prelu", slope: Float32Array.of(0.25) })).toBe(1);
  });
});

/** The Jacobian of softmax, or of its logarithm, times a vector. */
function derivative(logits: readonly number[], logarithm: boolean) {
  const largest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - largest));
  const total = weights.reduce((a, b) => a + b);
  const p = weights.map((weight) => weight / total);
  return (x: Float64Array) => {
    const mean = p.reduce((sum, share, index) => sum + share * (x[index] ?? 0), 0);
    return Array.from(x, (entry, index) => (entry - mean) * (logarithm ? 1 : (p[index] ?? 0)));
  };
}

describe.each([
  ["softmax", false, 0.5, [0, 0, -60, -60]],
  ["logSoftmax", true, 2, [60, 0, 0, 0]],
] as const)("%s", (type, logarithm, constant, extreme) => {
  const layer: Layer = type === "softmax" ? { type } : { type, classes: 4 };

  test("is approached where the document says, and not exceeded", () => {
    const upper = upperOf(layer);
    expect(upper).toBe(constant);
    expectClose(normOfMap(4, derivative(extreme, logarithm)), constant, 1e-6);
    const next = normals(6051);
    for (let trial = 0; trial < 500; trial += 1) {
      const logits = Array.from({ length: 4 }, () => 4 * next());
      expect(normOfMap(4, derivative(logits, logarithm))).toBeLessThanOrEqual(upper * (1 + 1e-12));
    }
  });
});

describe("normalizations by the input's own statistics", () => {
  const gamma = Float64Array.of(0.5, -2, 1, 1.5);
  const normalize = (x: readonly number[], eps: number, center: boolean) => {
    const mean = center ? x.reduce((a, b) => a + b, 0) / x.length : 0;
    const variance = x.reduce((sum, entry) => sum + (entry - mean) ** 2, 0) / x.length;
    return x.map((entry, index) => ((entry - mean) * (gamma[index] ?? 0)) / Math.sqrt(variance + eps));
  };

  test.each(["layerNorm", "rmsNorm", "groupNorm", "instanceNorm"] as const)("%s: max |γ|/√ε, not exceeded", (type) => {
    const eps = 0.01;
    const upper = upperOf({ type, gamma, eps });
    expectClose(upper, 20, 1e-14);
    const next = normals(7);
    for (let trial = 0; trial < 2000; trial += 1) {
      const spread = 10 ** ((trial % 7) - 5);
      const x = Array.from(gamma, () => spread * next());
      const y = x.map((entry) => entry + 1e-3 * spread * next());
      const [a, b] = [normalize(x, eps, type !== "rmsNorm"), normalize(y, eps, type !== "rmsNorm")];
      const moved = Math.hypot(...a.map((entry, index) => entry - (b[index] ?? 0)));
      expect(moved / Math.hypot(...x.map((entry, index) => entry - (y[index] ?? 0)))).toBeLessThanOrEqual(upper);
    }
    // At 0 the Jacobian of rmsNorm is γ/√ε itself.
    const [first = [], second = []] = [
      [0, 0, 0, 0],
      [0, 1e-6, 0, 0],
    ].map((x) => normalize(x, eps, false));
    expectClose(Math.abs((second[1] ?? 0) - (first[1] ?? 0)) / 1e-6, upper, 1e-6);
  });

  test("defaults: γ = 1, ε = 1e-5", () => expectClose(upperOf({ type: "layerNorm" }), 1e5 ** 0.5, 1e-14));
});
