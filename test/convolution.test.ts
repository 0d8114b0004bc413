import { readFileSync } from "node:fs";
import fc from "fast-check";
import { type Convolution, convolutionNorm, type PaddingMode } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { type Example, exampleFolder, readExample } from "./checkpoint/examples.js";
import { engine, expectClose, expectVectorClose, normals } from "./engine/support.js";

interface Operator {
  readonly input: readonly number[];
  readonly stride: number;
  readonly padding: number;
  readonly groups?: number;
  readonly transposed: boolean;
  readonly operatorNorm: number;
  readonly reshapedNormAxis0: number;
  readonly torchSigma?: number;
}

const expected: Readonly<Record<string, { readonly operators?: Readonly<Record<string, Operator>> }>> = JSON.parse(
  readFileSync(new URL("expected.json", exampleFolder), "utf8"),
);
const files = Object.entries(expected).filter(([, { operators }]) => operators !== undefined);
const tensors = Object.fromEntries(await Promise.all(files.map(async ([file]) => [file, await readExample(file)])));
const operators = files.flatMap(([file, { operators = {} }]) =>
  Object.entries(operators).map(([name, operator]) => ({ file, name, operator })),
);

function kernelOf(file: string, name: string): { readonly kernel: Float32Array; readonly shape: readonly number[] } {
  const weights: Readonly<Record<string, Example>> = tensors[file];
  const { data, shape } = weights[`${name}.weight`] ?? (weights[`${name}.parametrizations.weight.original`] as Example);
  return { kernel: data, shape };
}

describe.each(operators)("$file, $name", ({ file, name, operator }) => {
  const { input, stride, padding, groups, transposed, operatorNorm, torchSigma = 1 } = operator;
  const { kernel, shape } = kernelOf(file, name);
  const inputSize = input.slice(1);
  const norm = engine.convolutionNorm({ kernel, shape, stride, padding, groups, transposed, inputSize });

  test("as it runs, by an SVD in double precision", () => {
    const sigma = operatorNorm * torchSigma;
    expectClose(norm.sigma, sigma, 1e-6);
    expect(norm.lower).toBeLessThanOrEqual(sigma * (1 + 1e-12));
    expect(norm.upper).toBeGreaterThanOrEqual(sigma * (1 - 1e-12));
    expect(norm.upper).toBeLessThanOrEqual(1.2 * sigma);
  });

  test("the reshaped kernel has another norm", () => {
    if (groups === undefined) {
      expectClose(norm.reshaped.upper, operator.reshapedNormAxis0 * torchSigma, 1e-6);
    }
    expect(norm.factor * norm.reshaped.upper).toBeGreaterThanOrEqual(norm.sigma);
  });
});

test("the critic that PyTorch normalized is not 1-Lipschitz: its layers have norms of 2.97, 1.71 and 1.88", () => {
  const critic = operators.filter(({ file }) => file.includes("critic"));
  const norms = critic.map(({ file, name, operator: { input, stride, padding, torchSigma = 1 } }) => {
    const convolution = { ...kernelOf(file, name), stride, padding, inputSize: input.slice(1) };
    return engine.convolutionNorm(convolution).lower / torchSigma;
  });
  expect(norms.map((norm) => norm.toFixed(2))).toEqual(["2.97", "1.71", "1.88"]);
});

/** Small convolutions, in PyTorch's layout. */
const layers = fc
  .record({
    seed: fc.nat(),
    groups: fc.integer({ min: 1, max: 2 }),
    outputs: fc.integer({ min: 1, max: 3 }),
    inputs: fc.integer({ min: 1, max: 3 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.integer({ min: 0, max: 2 }),
    mode: fc.constantFrom<PaddingMode>("zeros", "circular", "reflect", "replicate"),
  })
  .map(({ seed, groups, outputs, inputs, kernel, stride, dilation, padding, mode }): Convolution<Float64Array> => {
    const shape = [groups * outputs, inputs, kernel, kernel];
    const next = normals(seed);
    const data = Float64Array.from({ length: groups * outputs * inputs * kernel * kernel }, next);
    return { kernel: data, shape, stride, dilation, padding, paddingMode: mode, groups, inputSize: [6, 5] };
  });

/** The same kernel with its axes in another order. */
function permuted(kernel: Float64Array, shape: readonly number[], order: readonly number[]) {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = order.map((axis) => shape[axis] as number);
  const result = new Float64Array(kernel.length);
  for (let place = 0; place < kernel.length; place += 1) {
    let rest = place;
    let source = 0;
    for (let axis = sides.length - 1; axis >= 0; axis -= 1) {
      source += (rest % (sides[axis] as number)) * (strides[order[axis] as number] as number);
      rest = Math.floor(rest / (sides[axis] as number));
    }
    result[place] = kernel[source] as number;
  }
  return { kernel: result, shape: sides };
}

describe("laws", () => {
  test("a multiple has the multiple of the norm, and bounds hold in either certainty", () => {
    fc.assert(
      fc.property(layers, fc.double({ min: 0.01, max: 100, noNaN: true }), (layer, factor) => {
        const { sigma } = engine.convolutionNorm(layer);
        const scaled = { ...layer, kernel: layer.kernel.map((entry) => entry * factor) };
        for (const certainty of ["rigorous", "cheap"] as const) {
          const norm = engine.convolutionNorm(scaled, { certainty });
          expectClose(norm.sigma, factor * sigma, 2e-6);
          expect(norm.lower).toBeLessThanOrEqual(norm.sigma * (1 + 1e-12));
          expect(norm.upper).toBeGreaterThanOrEqual(norm.sigma * (1 - 1e-12));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("the layout says where the axes are: the norm and the gradient stay", () => {
    fc.assert(
      fc.property(layers, (layer) => {
        const norm = engine.convolutionNorm(layer);
        const { kernel, shape } = layer;
        const other = { ...layer, ...permuted(kernel, shape, [2, 3, 1, 0]), layout: "HWIO" as const };
        expect(engine.convolutionNorm(other)).toEqual(norm);
        const gradient = permuted(engine.convolutionNormGradient(layer).gradient, shape, [2, 3, 1, 0]).kernel;
        expectVectorClose(engine.convolutionNormGradient(other).gradient, gradient, 1e-13);
      }),
      { numRuns: 30 },
    );
  });

  test("a transposed convolution has the norm of the convolution that it is the adjoint of", () => {
    fc.assert(
      fc.property(layers, ({ paddingMode, ...layer }) => {
        const forward = engine.convolutionNorm(layer);
        const sizes = forward.outputSize as readonly number[];
        const [stride, dilation, padding] = [layer.stride, layer.dilation, layer.padding] as [number, number, number];
        const side = layer.shape[2] as number;
        const bare = (size: number) => (size - 1) * stride + dilation * (side - 1) + 1 - 2 * padding;
        const outputPadding = sizes.map((size, axis) => (axis === 0 ? 6 : 5) - bare(size));
        const back = { ...layer, transposed: true, inputSize: sizes, outputPadding };
        const norm = engine.convolutionNorm(back);
        expect(norm.outputSize).toEqual([6, 5]);
        expectClose(norm.sigma, forward.sigma, 1e-12);
      }),
      { numRuns: 60 },
    );
  });

  test("normalized it has the norm 1, proved where the upper bound was asked for", () => {
    fc.assert(
      fc.property(layers, fc.boolean(), (layer, narrow) => {
        const kernel = narrow ? Float32Array.from(layer.kernel) : layer.kernel;
        const { data } = engine.convolutionNormalize({ ...layer, kernel });
        expect(data).toBeInstanceOf(kernel.constructor);
        expectClose(engine.convolutionNorm({ ...layer, kernel: data }).sigma, 1, 3e-6);
        const proven = engine.convolutionNormalize({ ...layer, kernel }, { by: "upper", target: 0.7 });
        const norm = engine.convolutionNorm({ ...layer, kernel: proven.data });
        expect(norm.lower).toBeLessThanOrEqual(0.7);
        expect(norm.sigma).toBeLessThanOrEqual(0.7);
        expect(norm.sigma).toBeGreaterThan(0.7 / 1.2);
      }),
      { numRuns: 40 },
    );
  });

  test("the gradient is the slope, by central differences", () => {
    fc.assert(
      fc.property(layers, fc.nat(), (layer, seed) => {
        const { gradient, gap, sigma } = engine.convolutionNormGradient(layer);
        fc.pre(gap > 0.02);
        const next = normals(seed);
        const direction = Float64Array.from(layer.kernel, next);
        const at = (step: number) => {
          const kernel = layer.kernel.map((entry, place) => entry + step * (direction[place] as number));
          return engine.convolutionNorm({ ...layer, kernel }, { tolerance: 1e-12, certainty: "cheap" }).sigma;
        };
        const slope = (at(1e-5) - at(-1e-5)) / 2e-5;
        const along = gradient.reduce((sum, entry, place) => sum + entry * (direction[place] as number), 0);
        expect(Math.abs(slope - along)).toBeLessThan(1e-6 * sigma);
      }),
      { numRuns: 60 },
    );
  });
});

describe("where peers fail", () => {
  const ones = (length: number) => new Float64Array(length).fill(1);
  const sigma = (convolution: Convolution) => engine.convolutionNorm(convolution).sigma;

  test("3×3 ones on a circle: 9, where the reshaped kernel has 3", () => {
    const norm = engine.convolutionNorm({
      kernel: ones(9),
      shape: [1, 1, 3, 3],
      padding: 1,
      paddingMode: "circular",
      inputSize: 8,
    });
    expectClose(norm.sigma, 9, 1e-12);
    expectClose(norm.reshaped.lower, 3, 1e-9);
  });

  test("depthwise: the largest of all channels, not the norm of the stack", () => {
    const kernel = Float64Array.of(3, 4, 5);
    expectClose(sigma({ kernel, shape: [3, 1, 1, 1], groups: 3, inputSize: 4 }), 5, 1e-12);
    expectClose(sigma({ kernel, shape: [1, 1, 3, 1], layout: "HWIM", inputSize: 4 }), 5, 1e-12);
  });

  test("two groups of 3 and 5 have 5, where orthogonium multiplies", () => {
    expectClose(sigma({ kernel: Float64Array.of(3, 5), shape: [2, 1, 1], groups: 2, inputSize: 7 }), 5, 1e-12);
  });

  test("an even kernel on a circle", () => {
    const circle = { padding: [[1, 2]] as const, paddingMode: "circular" as const, inputSize: 9 };
    expectClose(sigma({ kernel: ones(4), shape: [1, 1, 4], ...circle }), 4, 1e-12);
  });

  test("a stride beyond the kernel", () => {
    expectClose(sigma({ kernel: Float64Array.of(3, 4), shape: [1, 1, 2], stride: 5, inputSize: 12 }), 5, 1e-12);
  });

  test("a kernel without a constant part, which all ones annihilate", () => {
    const laplacian = Float64Array.of(0, 1, 0, 1, -4, 1, 0, 1, 0);
    expectClose(sigma({ kernel: laplacian, shape: [1, 1, 3, 3] }), 8, 1e-9);
  });

  test("a zero kernel", () => {
    const zero = { kernel: new Float32Array(9), shape: [1, 1, 3, 3], inputSize: 4 };
    expect(engine.convolutionNorm(zero)).toMatchObject({ sigma: 0, lower: 0, upper: 0, converged: true });
    expect(engine.convolutionNormalize(zero)).toEqual({ data: zero.kernel, sigma: 0 });
  });

  test("shrinking leaves a small kernel alone", () => {
    const small = { kernel: Float64Array.of(0.5), shape: [1, 1, 1], inputSize: 3 };
    expect(engine.convolutionNormalize(small, { mode: "shrink" }).data).toEqual(small.kernel);
    expect(
      engine.convolutionNormalize(small, { mode: "shrink", by: "upper", target: 0.25 }).data[0],
    ).toBeLessThanOrEqual(0.25);
  });

  test("lack of convergence is a value here and an error there", () => {
    const next = normals(3);
    const layer = {
      kernel: Float64Array.from({ length: 900 }, next),
      shape: [10, 10, 3, 3],
      inputSize: 12,
      padding: 1,
    };
    expect(engine.convolutionNorm(layer, { maxIterations: 3 }).converged).toBe(false);
    expect(() => engine.convolutionNormalize(layer, { maxIterations: 3 })).toThrow("was not found");
  });

  test("asynchronously, too", async () => {
    expect((await convolutionNorm({ kernel: ones(3), shape: [1, 1, 3] })).sigma).toBeCloseTo(3, 9);
  });
});
