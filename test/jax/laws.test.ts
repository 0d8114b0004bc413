import fc from "fast-check";
import * as core from "spectral-norm";
import { describe, expect, test } from "vitest";
import { adapter, bell, entries, expectClose, jax, type Tensor, tensor, unitBell } from "./support.ts";

const { grad, jit, numpy: np, tree, valueAndGrad, vmap } = jax;

/** Sides that jax-js's kernels treat differently: its vectors hold 4 numbers, its tiles 4 of those. */
const sides = fc.constantFrom(1, 2, 3, 4, 5, 8, 12, 16, 17, 32);
const matrices = fc.tuple(sides, sides, fc.integer({ min: 0, max: 1e6 }));
const few = { numRuns: 30 };

const stateOf = (rows: number, columns: number, seed: number) => ({
  u: unitBell(rows, seed),
  v: unitBell(columns, seed + 1),
  sigma: np.array(0),
});

/** The norm by the package itself, in float64. */
const normOf = (w: Tensor) => core.spectralNorm({ data: Float64Array.from(entries(w.ref)), shape: w.shape, axis: -1 });

describe("for matrices of any size", () => {
  test("spectralNorm is uᵀWv, its gradient uvᵀ", () => {
    fc.assert(
      fc.property(matrices, ([rows, columns, seed]) => {
        const w = bell([rows, columns], seed);
        const state = stateOf(rows, columns, seed + 1);
        const [u, v, data] = [state.u, state.v, w].map((array) => entries(array.ref)) as [number[], number[], number[]];
        const [value, gradient] = valueAndGrad(adapter.spectralNorm)(w, state);
        const expected = u.flatMap((x, i) => v.map((y, j) => x * y * (data[i * columns + j] ?? 0)));
        const sum = expected.reduce((a, b) => a + b, 0);
        expect(Math.abs(value.item() - sum)).toBeLessThan(1e-5 * expected.reduce((a, b) => a + Math.abs(b), 1e-9));
        expectClose(
          gradient,
          u.flatMap((x) => v.map((y) => x * y)),
        );
      }),
      // A vector of which only the number 0 was drawn.
      { ...few, examples: [[[1, 1, 703_324]]] },
    );
  });

  test("the penalty of a linear critic has the gradient that it should have, of every width", () => {
    fc.assert(
      fc.property(fc.tuple(sides, sides, sides, fc.integer({ min: 0, max: 1e6 })), ([count, inputs, hidden, seed]) => {
        const params = { w: bell([inputs, hidden], seed), out: bell([hidden, 1], seed + 1) };
        type Params = typeof params;
        const critic = ({ w, out }: Params, x: Tensor) => np.matmul(np.matmul(x, w), out);
        const penalty = (p: Params, x: Tensor) => adapter.gradientPenalty(critic, p, x, { lambda: 3, target: 0 });
        // 3‖W·out‖² at every point.
        const [w, out] = [entries(params.w.ref), entries(params.out.ref)];
        const slope = Array.from({ length: inputs }, (_, i) =>
          out.reduce((sum, x, k) => sum + x * (w[i * hidden + k] ?? 0), 0),
        );
        const gradients = grad(penalty)(params, bell([count, inputs], seed + 2));
        expectClose(
          gradients.w,
          slope.flatMap((x) => out.map((y) => 6 * x * y)),
        );
        const expected = out.map((_, k) => 6 * slope.reduce((sum, x, i) => sum + x * (w[i * hidden + k] ?? 0), 0));
        expectClose(gradients.out, expected, 3e-5);
      }),
      few,
    );
  });

  test("the article's estimate is that of the package", async () => {
    const engine = await core.load();
    fc.assert(
      fc.property(matrices, ([rows, columns, seed]) => {
        const w = bell([rows, columns], seed);
        const data = Float32Array.from(entries(w.ref));
        const layer = engine.createSpectralNormalization([rows, columns]);
        const { sigma } = layer.forward(data);
        const [estimate, gradient] = valueAndGrad((x: Tensor) => adapter.powerIteration(x))(w);
        expectClose(estimate, sigma);
        // d(c/σ̂·W)·W = 0 leaves ∂σ̂/∂W to be seen from a cotangent of its own: ⟨g, W⟩ = σ̂, for σ̂ is homogeneous.
        const along = entries(gradient).reduce((sum, x, i) => sum + x * (data[i] ?? 0), 0);
        expect(Math.abs(along / sigma - 1)).toBeLessThan(1e-4);
        layer.free();
      }),
      few,
    );
  });

  test("steps converge to the norm, from below", async () => {
    await fc.assert(
      fc.asyncProperty(matrices, async ([rows, columns, seed]) => {
        const w = bell([rows, columns], seed);
        const sigma = await normOf(w);
        const state = adapter.spectralNormState(w.ref, { iterations: 200, seed: seed % 1000 });
        const estimate = adapter.spectralNorm(w, state).item();
        expect(estimate / sigma).toBeLessThan(1 + 1e-5);
        expect(estimate / sigma).toBeGreaterThan(0.99);
      }),
      { numRuns: 8 },
    );
  });

  test("clipSpectral leaves no singular value above c, and changes nothing within the ball", async () => {
    await fc.assert(
      fc.asyncProperty(matrices, async ([rows, columns, seed]) => {
        const w = bell([rows, columns], seed);
        const sigma = await normOf(w);
        const expected = await core.clipSpectral(
          { data: Float64Array.from(entries(w.ref)), shape: [rows, columns] },
          sigma / 2,
        );
        expectClose(adapter.clipSpectral(w.ref, sigma / 2), Array.from(expected.data));
        expect(entries(adapter.clipSpectral(w.ref, 1.001 * sigma))).toEqual(entries(w));
      }),
      few,
    );
  });

  test("the certified state makes a weight of norm 1 by proof", async () => {
    await fc.assert(
      fc.asyncProperty(matrices, async ([rows, columns, seed]) => {
        const w = bell([rows, columns], seed);
        const state = await adapter.exactState(w.ref, { by: "upper" });
        const normalized = adapter.spectralNormalize(w, state, { by: "state" });
        const data = Float32Array.from(entries(normalized));
        const { upper, lower } = await core.spectralNormBounds({ data, shape: [rows, columns] });
        expect(upper).toBeLessThanOrEqual(1);
        expect(lower).toBeGreaterThan(1 - 1e-4);
      }),
      few,
    );
  });
});

describe("weights at the edge", () => {
  test("a zero matrix stays as it is, and so does its gradient", () => {
    const zero = () => np.zeros([3, 2]);
    const state = adapter.spectralNormState(zero());
    expect(state.sigma.ref.item()).toBe(0);
    expect(adapter.spectralNormalize(zero(), tree.ref(state), { target: 5 }).js()).toEqual(zero().js());
    const loss = (w: Tensor) => adapter.spectralNormalize(w, tree.ref(state)).sum();
    expect(grad(loss)(zero()).js()).toEqual(np.ones([3, 2]).js());
    expect(grad((w: Tensor) => adapter.frobeniusPenalty(w, { above: 1 }))(zero()).js()).toEqual(zero().js());
    expect(grad(adapter.frobeniusNorm)(zero()).js()).toEqual(zero().js());
    expect(adapter.clipSpectral(zero(), 1).js()).toEqual(zero().js());
    expect(adapter.frobeniusClip(zero(), 1).js()).toEqual(zero().js());
    tree.dispose(state);
  });

  test.each([1e-30, 1e-20, 1e20, 1e30])("entries of %d have their norm", async (scale) => {
    const data = Float32Array.of(3, 1, 2, -1, 0.5, 1).map((x) => x * scale);
    const w = tensor(data, [2, 3]);
    const sigma = await normOf(w);
    expectClose(adapter.powerIteration(w.ref, { iterations: 50 }).div(scale), sigma / scale);
    expectClose(adapter.spectralNorm(w.ref, adapter.spectralNormState(w.ref)).div(scale), sigma / scale);
    expectClose(
      adapter.spectralNormalize(w.ref, await adapter.exactState(w.ref)),
      Array.from(data, (x) => x / sigma),
    );
    expectClose(adapter.frobeniusNorm(w.ref).div(scale), Math.hypot(...data.map((x) => x / scale)));
    expectClose(adapter.clipSpectral(w, sigma * 2), Array.from(data));
  });

  test("a kernel that annihilates all ones has the article's norm nevertheless", async () => {
    const sobel = () => tensor([-1, 0, 1, -2, 0, 2, -1, 0, 1], [3, 3]).transpose();
    expect(adapter.powerIteration(sobel(), { iterations: 20 }).item()).toBeCloseTo(Math.sqrt(12), 4);
    expect(adapter.spectralNormState(sobel(), { preset: "article" }).sigma.item()).toBeCloseTo(Math.sqrt(12), 4);
  });
});

test("a kernel's axis is the output, the last one unless told", () => {
  const state = adapter.spectralNormState(bell([2, 3, 4, 5], 1));
  expect([state.u.shape, state.v.shape]).toEqual([[24], [5]]);
  const first = adapter.spectralNormState(bell([2, 3, 4, 5], 1), { axis: 0 });
  expect([first.u.shape, first.v.shape]).toEqual([[2], [60]]);
  const second = adapter.spectralNormState(bell([2, 3, 4, 5], 1), { axis: 1 });
  expect([second.u.shape, second.v.shape]).toEqual([[3], [40]]);
});

test("shrink leaves what is small enough alone", () => {
  const w = () =>
    np.array([
      [3, 0],
      [0, 1],
    ]);
  const by = (target: number) =>
    adapter.spectralNormalize(w(), adapter.spectralNormState(w()), { target, mode: "shrink" });
  expect(by(4).js()).toEqual(w().js());
  expectClose(by(1.5), [1.5, 0, 0, 0.5]);
});

describe("transformations of jax-js", () => {
  const weights = () => np.stack([bell([4, 3], 1), bell([4, 3], 2)]);
  const states = () => vmap((w: Tensor) => adapter.spectralNormState(w))(weights());

  test("vmap goes over weights and their states", () => {
    const norms = vmap(adapter.spectralNorm)(weights(), states());
    const one = (seed: number) =>
      adapter.spectralNorm(bell([4, 3], seed), adapter.spectralNormState(bell([4, 3], seed))).item();
    expectClose(norms, [one(1), one(2)]);
    const gradients = vmap(
      grad((w: Tensor, s: Parameters<typeof adapter.spectralNorm>[1]) => adapter.spectralNormalize(w, s).sum()),
    );
    expect(gradients(weights(), states()).shape).toEqual([2, 4, 3]);
    expect(vmap((w: Tensor) => adapter.clipSpectral(w, 0.5))(weights()).shape).toEqual([2, 4, 3]);
  });

  test("jit gives what plain calls give", () => {
    const params = () => ({ layers: [{ kernel: bell([5, 4], 3), bias: bell([4], 4) }] });
    const step = (p: ReturnType<typeof params>, s: ReturnType<typeof adapter.stateTree>) =>
      adapter.spectralConstraint(p, adapter.updateTree(tree.ref(p), s), { target: 2 });
    const start = () => adapter.stateTree(params());
    const compiled = jit(step);
    const [plain, jitted] = [step(params(), start()), compiled(params(), start())];
    expect(jitted[0].layers[0]?.bias.js()).toEqual(plain[0].layers[0]?.bias.js());
    expectClose(jitted[0].layers[0]?.kernel as Tensor, entries(plain[0].layers[0]?.kernel as Tensor));
    expect(Object.keys(jitted[1])).toEqual(["layers.0.kernel"]);
    compiled.dispose();
  });

  test("no gradient flows through a state", () => {
    const loss = (w: Tensor) => adapter.updateState(w.ref, adapter.spectralNormState(w)).sigma;
    expect(grad(loss)(bell([3, 3], 5)).js()).toEqual(np.zeros([3, 3]).js());
  });
});

describe("trees", () => {
  const params = () => ({ a: { kernel: bell([3, 3], 1), bias: bell([3], 2) }, b: [bell([3, 2], 3)] });

  test("leaves of two dimensions are kernels, unless told otherwise", () => {
    expect(Object.keys(adapter.stateTree(params()))).toEqual(["a.kernel", "b.0"]);
    const isKernel = (_: Tensor, path: string) => path.startsWith("b");
    expect(Object.keys(adapter.stateTree(params(), { isKernel }))).toEqual(["b.0"]);
    const clipped = adapter.weightClip(params(), 0.1, { isKernel });
    expect(entries(clipped.a.kernel)).toEqual(entries(params().a.kernel));
    expect(Math.max(...entries(clipped.b[0] as Tensor).map(Math.abs))).toBeCloseTo(0.1);
    expect(Math.max(...entries(adapter.weightClip(params(), 0.1).a.bias).map(Math.abs))).toBeCloseTo(0.1);
    tree.dispose([clipped.a.bias]);
  });

  test("a penalty is the sum of those of its kernels", () => {
    const each = [params().a.kernel, params().b[0] as Tensor].map((w) => adapter.frobeniusPenalty(w).item());
    expectClose(adapter.frobeniusPenalty(params()), (each[0] ?? 0) + (each[1] ?? 0));
    const states = adapter.stateTree(params(), { iterations: 100 });
    const squares = Object.values(states).map(({ sigma }) => sigma.ref.item() ** 2);
    expectClose(
      adapter.spectralPenalty(params(), states, { lambda: 0.5 }),
      ((squares[0] ?? 0) + (squares[1] ?? 0)) / 2,
    );
  });

  test("what is not a kernel passes through, and normalized kernels have the norm", async () => {
    const normalized = adapter.normalizeTree(params(), await adapter.exactTree(params()), { target: 3 });
    expect(await normOf(normalized.a.kernel)).toBeCloseTo(3, 4);
    expect(await normOf(normalized.b[0] as Tensor)).toBeCloseTo(3, 4);
    expect(entries(normalized.a.bias)).toEqual(entries(params().a.bias));
  });
});

test("interpolated points lie between, each sample at a place of its own", () => {
  const [real, fake] = [np.ones([50, 2]), np.zeros([50, 2])];
  const points = entries(adapter.interpolate(jax.random.key(1), real, fake));
  expect(Math.min(...points)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...points)).toBeLessThan(1);
  const firsts = points.filter((_, index) => index % 2 === 0);
  expect(points.filter((_, index) => index % 2 === 1)).toEqual(firsts);
  expect(new Set(firsts).size).toBe(50);
});
