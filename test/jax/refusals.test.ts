import { SpectralNormError } from "spectral-norm";
import { describe, expect, test } from "vitest";
import { adapter, bell, jax, type Tensor } from "./support.ts";

const { grad, numpy: np, random, tree } = jax;

const w = bell([3, 2], 1);
const params = { dense: { kernel: bell([3, 2], 2), bias: bell([2], 3) } };
const x = bell([4, 3], 4);
const state = await adapter.exactState(w.ref);
const states = await adapter.exactTree(tree.ref(params));
const inputs: Tensor[] = tree.leaves([w, params, x, state, states] as never);
const gone = np.array([[1, 2]]);
gone.dispose();
const integers = np.array(Int32Array.of(1, 2)).reshape([1, 2]);
const critic = (p: Tensor, points: Tensor) => np.matmul(points, p);

/** As a caller without types would. */
const { ...untyped }: Readonly<Record<string, (...args: never[]) => unknown>> = adapter as never;
const call = (name: string, ...args: unknown[]) => untyped[name]?.(...(args as never[]));

type Refusal = readonly [why: string, run: () => unknown, code: string, message: string];
const alive = "Pass .ref where an array is needed again";

const refusals: readonly Refusal[] = [
  ["a number", () => call("spectralNormState", 3), "TYPE", '"w" expected an array of @jax-js/jax, got 3'],
  [
    "a list",
    () => call("frobeniusNorm", [[1]]),
    "TYPE",
    '"w" expected an array of @jax-js/jax, got [an array of length 1]',
  ],
  [
    "an array of another copy",
    () => call("frobeniusNorm", { refCount: 1, dispose: 1 }),
    "TYPE",
    '"w" expected an array of @jax-js/jax, got { refCount, dispose }. There seem to be two copies of @jax-js/jax; install one',
  ],
  [
    "one that is used up",
    () => adapter.spectralNormState(gone),
    "DISPOSED",
    `"w" expected an array that is alive, got one that was used up. ${alive}`,
  ],
  ["integers", () => adapter.frobeniusNorm(integers), "TYPE", '"w" expected an array of floats, got int32'],
  [
    "a vector",
    () => adapter.spectralNormState(params.dense.bias),
    "SHAPE",
    '"w.shape" expected at least 2 positive integers, got [2]. For a vector of n entries pass shape [1, n], a row, or [n, 1], a column',
  ],
  [
    "an empty one",
    () => adapter.spectralNormState(np.zeros([0, 2])),
    "SHAPE",
    '"w.shape" expected at least 2 positive integers, got [0, 2]',
  ],
  [
    "an axis",
    () => adapter.spectralNorm(w, state, { axis: 2 }),
    "SHAPE",
    '"options.axis" expected an integer from 0 to 1, or -1 for the last axis, got 2',
  ],
  [
    "the first axis with Flax",
    () => adapter.updateState(w, state, { preset: "flax", axis: 0 }),
    "SHAPE",
    '"options.axis" expected the last axis, which preset "flax" always takes, got 0',
  ],
  [
    "another preset",
    () => call("updateState", w, state, { preset: "jax" }),
    "OPTION",
    '"options.preset" expected "article" or "torch" or "keras" or "flax", got "jax"',
  ],
  [
    "an ε of nobody",
    () => adapter.updateState(w, state, { epsilon: 1e-6 }),
    "OPTION",
    '"options.epsilon" expected nothing without a preset that has an ε, got 0.000001',
  ],
  [
    "no step",
    () => adapter.updateState(w, state, { iterations: 0 }),
    "OPTION",
    '"options.iterations" expected an integer from 1 to 1000, got 0',
  ],
  [
    "a seed",
    () => adapter.spectralNormState(w, { seed: -1 }),
    "OPTION",
    '"options.seed" expected an integer from 0 to 4294967295, got -1',
  ],
  [
    "a misspelled key",
    () => call("spectralNormState", w, { sed: 1 }),
    "OPTION",
    '"options" has the unknown key "sed"; the known ones are "axis", "iterations", "preset", "epsilon", "seed". Did you mean "seed"?',
  ],
  [
    "a target",
    () => adapter.spectralNormalize(w, state, { target: 0 }),
    "OPTION",
    '"options.target" expected a finite number above 0, got 0',
  ],
  [
    "a state of another weight",
    () => adapter.spectralNorm(x, state),
    "SHAPE",
    '"state.u" expected shape [4], one entry for each row, got [3]',
  ],
  ["no state", () => call("spectralNorm", w), "TYPE", '"state" expected { u, v, sigma }, got undefined'],
  [
    "a stray key in a state",
    () => call("spectralNorm", w, { ...state, w }),
    "OPTION",
    '"state" has the unknown key "w"; the known ones are "u", "v", "sigma"',
  ],
  [
    "a state without σ",
    () => call("spectralNorm", w, { u: state.u, v: state.v }),
    "TYPE",
    '"state.sigma" expected an array of @jax-js/jax, got undefined',
  ],
  [
    "a leaf that is no array",
    () => call("stateTree", { a: [w, "b"] }),
    "TYPE",
    '"params.a.1" expected an array of @jax-js/jax, got "b"',
  ],
  [
    "a state of no leaf",
    () => adapter.normalizeTree(params, { kernel: state }),
    "SHAPE",
    '"states" expected states of the leaves of "params", got a state of "kernel", which "params" does not have',
  ],
  [
    "states that are none",
    () => call("updateTree", params, w),
    "TYPE",
    '"states" expected an object of states by path',
  ],
  [
    "a state of another leaf",
    () => adapter.normalizeTree({ dense: x }, { dense: state }),
    "SHAPE",
    '"states.dense.u" expected shape [4], one entry for each row, got [3]',
  ],
  [
    "a constraint with a wrong axis",
    () => adapter.spectralConstraint(params, states, { axis: 5 }),
    "SHAPE",
    '"options.axis" expected an integer from 0 to 1, or -1 for the last axis, got 5',
  ],
  [
    "a predicate",
    () => call("weightClip", w, 1, { isKernel: "kernel" }),
    "TYPE",
    '"options.isKernel" expected a function (leaf, path) => boolean, got "kernel"',
  ],
  ["a limit", () => adapter.weightClip(w, -1), "OPTION", '"c" expected a finite number above 0, got -1'],
  ["no limit", () => call("clipSpectral", w), "TYPE", '"c" expected a finite number above 0, got undefined'],
  [
    "a NaN λ",
    () => adapter.frobeniusPenalty(w, { lambda: Number.NaN }),
    "OPTION",
    '"options.lambda" expected a finite number of at least 0, got NaN',
  ],
  [
    "a threshold",
    () => adapter.spectralPenalty(w, state, { above: 0 }),
    "OPTION",
    '"options.above" expected a finite number above 0, got 0',
  ],
  [
    "scores of nobody",
    () => adapter.wassersteinLoss(np.zeros([0]), x),
    "SHAPE",
    '"real" expected at least one score, got none',
  ],
  [
    "no key",
    () => call("interpolate", 0, x, x),
    "TYPE",
    '"key" expected a key, e.g. random.key(0) of @jax-js/jax, got 0',
  ],
  [
    "samples of two shapes",
    () => adapter.interpolate(random.key(0), x, w),
    "SHAPE",
    '"fake" expected shape [4, 3], that of "real", got [3, 2]',
  ],
  ["no critic", () => call("gradientPenalty", w, w, x), "TYPE", '"f" expected a function (params, x) => scores'],
  [
    "points in a row",
    () => adapter.gradientPenalty(critic, w, params.dense.bias),
    "SHAPE",
    '"x" expected samples along the first of at least two axes, got shape [2]',
  ],
  [
    "a side",
    () => call("gradientPenalty", critic, w, x, { oneSided: 1 }),
    "TYPE",
    '"options.oneSided" expected true or false, got 1',
  ],
];

describe("refuses", () => {
  test.each(refusals)("%s, and has used nothing up", (_, run, code, message) => {
    const before = inputs.map((array) => array.refCount);
    const thrown = (() => {
      try {
        return run();
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(SpectralNormError);
    expect(thrown).toMatchObject({ code });
    expect((thrown as Error).message).toContain(message);
    expect(inputs.map((array) => array.refCount)).toEqual(before);
  });

  test("a critic with two scores a sample", () => {
    const call = () => adapter.gradientPenalty(critic, w.ref, x.ref);
    expect(call).toThrow('"f(params, x)" expected one score a sample, shape [4] or [4, 1], got [4, 2]');
  });

  test("NaN, where values are known, saying where", async () => {
    const broken = { dense: { kernel: np.array([[1, Number.NaN]]), bias: np.array([1]) } };
    const [finite, exact] = [adapter.checkFinite(broken, "gradients"), adapter.exactTree(broken)];
    await expect(finite).rejects.toMatchObject({
      code: "NON_FINITE",
      message: '"gradients.dense.kernel" expected finite numbers, got NaN at index 1',
    });
    await expect(exact).rejects.toMatchObject({ code: "NON_FINITE" });
    expect([broken.dense.kernel.refCount, broken.dense.bias.refCount]).toEqual([1, 1]);
    await expect(adapter.checkFinite(np.array(Number.POSITIVE_INFINITY), "loss")).rejects.toThrow(
      '"loss" expected finite',
    );
  });

  test("a tracer where values must be known", async () => {
    const promises: Promise<unknown>[] = [];
    grad((v: Tensor) => {
      promises.push(adapter.exactState(v).catch((error) => error));
      return v.sum();
    })(w.ref).dispose();
    expect(await promises[0]).toMatchObject({
      code: "TYPE",
      message:
        '"w" expected an array whose values are known, got a tracer. Call this function outside of grad, jit and vmap',
    });
  });
});

test("pure functions hand NaN on, and leave what was given alone", () => {
  const broken = np.array([[1, Number.NaN]]);
  expect(adapter.spectralNormState(broken.ref).sigma.item()).toBeNaN();
  expect(adapter.frobeniusPenalty(broken.ref).item()).toBeNaN();
  expect(adapter.weightClip(broken, 1).js()).toEqual([[1, Number.NaN]]);
});
