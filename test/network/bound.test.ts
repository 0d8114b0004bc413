import fc from "fast-check";
import type { BatchNormLayer, ConvolutionLayer, DenseLayer, Layer } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { engine, expectClose, gaussian, normals, samples, singularValues } from "../engine/support.js";
import { boundOf, upperOf } from "./support.js";

function dense(rows: number, columns: number, seed: number): DenseLayer {
  return { type: "dense", data: gaussian(rows, columns, seed, "float64").data, shape: [rows, columns] };
}

const sigmaOf = ({ data, shape: [rows = 0, columns = 0] }: DenseLayer): number =>
  singularValues({ rows, columns, data: data as Float64Array })[0] ?? Number.NaN;

function batchNorm(channels: number, seed: number): BatchNormLayer {
  const next = normals(seed);
  const gamma = Float32Array.from({ length: channels }, next);
  const runningVar = Float32Array.from({ length: channels }, () => next() ** 2);
  return { type: "batchNorm", gamma, runningVar, eps: 1e-3 };
}

/** γ/√(var + ε), channel by channel. */
const scalesOf = ({ gamma, runningVar, eps = 1e-5 }: BatchNormLayer): number[] =>
  Array.from(runningVar, (variance, channel) => (gamma?.[channel] ?? 1) / Math.sqrt(variance + eps));

describe("laws", () => {
  test("no layer at all is the identity", () => {
    expect(engine.lipschitzBound([])).toEqual({ upper: 1, article: 1, layers: [] });
  });

  test("a dense layer: the norm with proof, above the norm and close", () => {
    fc.assert(
      fc.property(samples(16), ({ rows, columns, data }) => {
        const sigma = singularValues({ rows, columns, data })[0] ?? Number.NaN;
        const { upper, article } = boundOf({ type: "dense", data, shape: [rows, columns] });
        expect(upper).toBeGreaterThanOrEqual(sigma * (1 - 1e-13));
        expectClose(upper, sigma, 2e-8);
        expectClose(article, sigma, 2e-6);
      }),
    );
  });

  test("one after the other: at least the norm of the product, and the product of the norms", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 8 }), (seed, side) => {
        const layers = [dense(side, 5, seed), dense(4, side, seed + 1)];
        expectClose(
          upperOf(layers),
          layers.map(sigmaOf).reduce((a, b) => a * b),
          1e-7,
        );
      }),
    );
  });

  test("a residual is a sum, a concatenation the root of a sum of squares", () => {
    const [a, b] = [dense(4, 4, 1), dense(4, 4, 2)];
    const [x, y] = [upperOf(a), upperOf(b)];
    expectClose(upperOf({ type: "residual", branch: [a] }), 1 + x, 1e-15);
    expectClose(upperOf({ type: "residual", branch: [a], shortcut: [b] }), x + y, 1e-15);
    expectClose(upperOf({ type: "concat", branches: [[a], [b], []] }), Math.hypot(x, y, 1), 1e-15);
    expect(upperOf({ type: "concat", branches: [[a]] })).toBe(x);
    expect(upperOf({ type: "residual", branch: [] })).toBe(2);
  });

  test("every sum and product is rounded up", () => {
    const scale = (slope: number): Layer => ({ type: "hardSigmoid", slope });
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        (a, b) => {
          const product = exact(upperOf([scale(a), scale(b)]));
          expect(product >= (exact(a) * exact(b)) / unit).toBe(true);
          const sum = exact(upperOf({ type: "residual", branch: [scale(a)], shortcut: [scale(b)] }));
          expect(sum >= exact(a) + exact(b)).toBe(true);
          expectClose(Number(sum) / Number(unit), a + b, 2 ** -51);
        },
      ),
    );
    expect(upperOf([scale(Number.MIN_VALUE), scale(0.25)])).toBeGreaterThan(0);
  });

  test("attention is infinite, unless something else is constant", () => {
    const { upper, article, layers } = boundOf([{ type: "relu" }, { type: "attention", name: "self" }]);
    expect([upper, article]).toEqual([Number.POSITIVE_INFINITY, 1]);
    expect(layers[1]).toMatchObject({ name: "self", note: expect.stringContaining("Kim, Papamakarios and Mnih 2021") });
    expect(upperOf([{ type: "attention" }, { type: "dense", data: new Float32Array(2), shape: [1, 2] }])).toBe(0);
    expect(upperOf({ type: "residual", branch: [{ type: "attention" }] })).toBe(Number.POSITIVE_INFINITY);
  });

  test("an embedding is measured on one-hot inputs; the article's count is of its matrix", () => {
    const table = { ...gaussian(9, 4, 5, "float32"), shape: [9, 4] };
    const layer = { type: "embedding", data: table.data, shape: table.shape } as const;
    const { upper, article } = boundOf(layer);
    expect(upper).toBeGreaterThanOrEqual(engine.embeddingNorm({ data: table.data, shape: [9, 4] }));
    expectClose(upper, engine.embeddingNorm({ data: table.data, shape: [9, 4] }), 1e-13);
    expectClose(article, engine.spectralNorm({ data: table.data, shape: [9, 4] }), 1e-12);
    // Token and position embeddings, side by side at the start.
    expectClose(upperOf({ type: "residual", branch: [layer], shortcut: [layer] }), 2 * upper, 1e-15);
  });
});

/** A float64 number that is not too small, exactly: the multiple of 1/unit that it is. */
const unit = 2n ** 120n;
const exact = (x: number): bigint => BigInt(x * 2 ** 120);

describe("batch normalization", () => {
  test("by itself it is max |γ|/√(var + ε), and ‖γ‖₂ as the article counts it", () => {
    const layer = batchNorm(6, 3);
    const { upper, article, layers } = boundOf([{ type: "relu" }, layer]);
    expectClose(upper, engine.batchNormNorm({ gamma: layer.gamma, runningVar: layer.runningVar, eps: 1e-3 }), 1e-15);
    expect(upper).toBeGreaterThanOrEqual(Math.max(...scalesOf(layer).map(Math.abs)));
    expectClose(article, Math.hypot(...Array.from(layer.gamma ?? [])), 1e-15);
    expect(layers[1]?.note).toBeUndefined();
  });

  test.each([undefined, 0, 1, -1])("after a dense layer with axis %s it scales its outputs", (axis) => {
    const outputs = axis === undefined || axis === 0 ? 5 : 7;
    const [layer, norm] = [{ ...dense(5, 7, 11), axis }, batchNorm(outputs, 4)];
    const scales = scalesOf(norm);
    const data = layer.data.map(
      (entry, place) => entry * (scales[outputs === 5 ? Math.floor(place / 7) : place % 7] ?? 0),
    );
    const { upper, layers } = boundOf([layer, norm]);
    const sigma = sigmaOf({ ...layer, data });
    expect(upper).toBeGreaterThanOrEqual(sigma * (1 - 1e-13));
    expectClose(upper, sigma, 2e-8);
    expect(layers.map(({ note }) => note)).toEqual(["with network[1] folded in", "folded into network[0]"]);
    expect(layers[1]?.upper).toBe(1);
    // Folding is never worse than counting both.
    expect(upper).toBeLessThanOrEqual(upperOf([layer]) * upperOf([norm]) * (1 + 1e-12));
  });

  test("only what is right before it takes it in, once", () => {
    const [layer, norm] = [dense(5, 5, 12), batchNorm(5, 5)];
    expectClose(upperOf([layer, { type: "identity" }, norm]), upperOf(layer) * upperOf(norm), 1e-14);
    expectClose(upperOf([layer, norm, norm]), upperOf([layer, norm]) * upperOf(norm), 1e-14);
    const nested: Layer[] = [layer, { type: "residual", branch: [norm] }];
    expectClose(upperOf(nested), upperOf(layer) * (1 + upperOf(norm)), 1e-14);
  });

  test("scales that are tiny lose nothing to rounding", () => {
    const norm: BatchNormLayer = {
      type: "batchNorm",
      gamma: Float64Array.of(1e-300),
      runningVar: Float64Array.of(1),
      eps: 0,
    };
    const layer: DenseLayer = { type: "dense", data: Float64Array.of(1e-20), shape: [1, 1] };
    expect(upperOf([layer, norm])).toBeGreaterThanOrEqual(1e-320);
    expect(upperOf([{ ...layer, data: Float64Array.of(0) }, norm])).toBe(0);
  });
});

/** Kernels in every kind of layout; `channel` is the output that an entry adds to. */
const folded: readonly (readonly [
  string,
  Omit<ConvolutionLayer, "type" | "kernel">,
  number,
  (place: number) => number,
])[] = [
  ["OIHW", { shape: [4, 3, 2, 3], padding: 1 }, 4, (place) => Math.floor(place / 18)],
  ["OIHW, two groups", { shape: [6, 2, 3, 3], groups: 2, stride: 2 }, 6, (place) => Math.floor(place / 18)],
  ["HWIO", { shape: [2, 3, 3, 4], layout: "HWIO" }, 4, (place) => place % 4],
  ["HWIM, depthwise of Keras", { shape: [3, 3, 2, 3], layout: "HWIM" }, 6, (place) => place % 6],
  ["IOHW, transposed", { shape: [3, 4, 2, 2], transposed: true, stride: 2 }, 4, (place) => Math.floor(place / 4) % 4],
  [
    "IOHW, transposed, two groups",
    { shape: [4, 3, 2, 2], transposed: true, groups: 2 },
    6,
    (place) => 3 * Math.floor(place / 24) + (Math.floor(place / 4) % 3),
  ],
  [
    "HWOI, transposed of Keras",
    { shape: [2, 2, 4, 3], layout: "HWOI", transposed: true },
    4,
    (place) => Math.floor(place / 3) % 4,
  ],
  ["WIO", { shape: [3, 2, 5], layout: "WIO", dilation: 2 }, 5, (place) => place % 5],
];

describe.each(folded)("batch normalization after a convolution, %s", (_, convolution, channels, channel) => {
  const next = normals(21);
  const length = convolution.shape.reduce((product, side) => product * side, 1);
  const kernel = Float32Array.from({ length }, next);
  const layer: ConvolutionLayer = { type: "convolution", kernel, ...convolution };
  const norm = batchNorm(channels, 22);
  const scales = scalesOf(norm);
  const scaled = Float64Array.from(kernel, (entry, place) => entry * (scales[channel(place)] ?? Number.NaN));
  const inputSize = convolution.shape.length === 3 ? [9] : [6, 5];

  test.each([undefined, { inputSize }])("scales its outputs, with options %o", (options) => {
    const upper = upperOf([layer, norm], options);
    const { lower, upper: known } = engine.convolutionNorm({ ...convolution, kernel: scaled, ...options });
    expect(upper).toBeGreaterThanOrEqual(lower);
    expectClose(upper, known, 1e-11);
  });

  test("another number of channels is an error", () => {
    expect(() => upperOf([layer, batchNorm(channels + 1, 1)])).toThrow(
      `one variance for each of the ${channels} outputs`,
    );
  });
});
