import { describe, expect, test } from "vitest";
import { adapter, bell, buffers, jax, leaked, type Tensor } from "./support.ts";

const { grad, jit, numpy: np, random, tree, valueAndGrad } = jax;

const w = bell([5, 4], 1);
const params = { layers: [{ kernel: bell([5, 4], 2), bias: bell([4], 3) }], out: bell([4, 1], 4) };
const x = bell([6, 5], 5);
const critic = ({ layers: [first], out }: typeof params, points: Tensor) =>
  np.matmul(np.tanh(np.matmul(points, first?.kernel as Tensor).add(first?.bias as Tensor)), out);
const state = await adapter.exactState(w.ref);
const states = await adapter.exactTree(tree.ref(params));
const inputs: Tensor[] = tree.leaves([w, params, x, state, states] as never);
for (const array of inputs) array.ref.dataSync();

/** Every function, with references of its own to the inputs above. */
const calls: Readonly<Record<string, () => unknown>> = {
  spectralNormState: () => adapter.spectralNormState(w.ref),
  ...Object.fromEntries(
    (["article", "torch", "keras", "flax"] as const).flatMap((preset) => [
      [`spectralNormState, ${preset}`, () => adapter.spectralNormState(w.ref, { preset })],
      [`updateState, ${preset}`, () => adapter.updateState(w.ref, tree.ref(state), { preset, iterations: 3 })],
    ]),
  ),
  updateState: () => adapter.updateState(w.ref, tree.ref(state)),
  stateTree: () => adapter.stateTree(tree.ref(params)),
  updateTree: () => adapter.updateTree(tree.ref(params), tree.ref(states)),
  exactState: () => adapter.exactState(w.ref, { by: "upper" }),
  exactTree: () => adapter.exactTree(tree.ref(params)),
  spectralNorm: () => adapter.spectralNorm(w.ref, tree.ref(state)),
  powerIteration: () => adapter.powerIteration(w.ref),
  frobeniusNorm: () => adapter.frobeniusNorm(w.ref),
  spectralNormalize: () => adapter.spectralNormalize(w.ref, tree.ref(state)),
  "spectralNormalize, by the state, shrinking": () =>
    adapter.spectralNormalize(w.ref, tree.ref(state), { by: "state", mode: "shrink" }),
  normalizeTree: () => adapter.normalizeTree(tree.ref(params), tree.ref(states)),
  frobeniusPenalty: () => adapter.frobeniusPenalty(tree.ref(params), { above: 1 }),
  spectralPenalty: () => adapter.spectralPenalty(tree.ref(params), tree.ref(states), { above: 0.1 }),
  "spectralPenalty of one weight": () => adapter.spectralPenalty(w.ref, tree.ref(state)),
  weightClip: () => adapter.weightClip(tree.ref(params), 0.1),
  frobeniusClip: () => adapter.frobeniusClip(tree.ref(params), 0.1),
  clipSpectral: () => adapter.clipSpectral(tree.ref(params), 0.1),
  spectralConstraint: () => adapter.spectralConstraint(tree.ref(params), tree.ref(states)),
  wassersteinLoss: () => adapter.wassersteinLoss(x.ref, x.ref),
  interpolate: () => adapter.interpolate(random.key(3), x.ref, x.ref),
  gradientPenalty: () => adapter.gradientPenalty(critic, tree.ref(params), x.ref),
  "gradientPenalty, one-sided": () => adapter.gradientPenalty(critic, tree.ref(params), x.ref, { oneSided: true }),
};

/** Functions to be differentiated with respect to their first argument. */
const losses: Readonly<Record<string, [(...args: never[]) => Tensor, () => unknown[]]>> = {
  spectralNorm: [adapter.spectralNorm, () => [w.ref, tree.ref(state)]],
  spectralNormalize: [
    (v: Tensor, s: typeof state) => adapter.spectralNormalize(v, s).sum(),
    () => [w.ref, tree.ref(state)],
  ],
  powerIteration: [(v: Tensor) => adapter.powerIteration(v), () => [w.ref]],
  spectralPenalty: [
    (p: typeof params, s: typeof states) => adapter.spectralPenalty(p, s),
    () => [tree.ref(params), tree.ref(states)],
  ],
  frobeniusPenalty: [(p: typeof params) => adapter.frobeniusPenalty(p), () => [tree.ref(params)]],
  gradientPenalty: [
    (p: typeof params, points: Tensor) => adapter.gradientPenalty(critic, p, points),
    () => [tree.ref(params), x.ref],
  ],
  "the loss of a step": [
    (p: typeof params, s: typeof states, points: Tensor) => {
      const normalized = adapter.normalizeTree(p, s);
      const scores = critic(normalized, points);
      return adapter.wassersteinLoss(scores.ref, scores.mul(2));
    },
    () => [tree.ref(params), tree.ref(states), x.ref],
  ],
};

/** Buffers that a call leaves behind, and references to the inputs; once before, for what is compiled and kept. */
async function expectClean(run: () => unknown): Promise<void> {
  await leaked(run);
  expect(await leaked(run)).toBe(0);
  expect(inputs.map((array) => array.refCount)).toEqual(inputs.map(() => 1));
}

test("buffers are counted", async () => {
  const before = buffers();
  const kept = np.array([1, 2, 3]);
  expect(buffers()).toBe(before + 1);
  expect(await leaked(() => kept.ref.add(1))).toBe(0);
  const forgotten: Tensor[] = [];
  expect(await leaked(() => forgotten[forgotten.push(kept.ref.add(2)) - 1]?.ref)).toBe(1);
  tree.dispose([...forgotten, kept]);
  expect(buffers()).toBe(before);
});

describe("no buffer and no reference is left", () => {
  test.each(Object.keys(calls))("by %s", (name) => expectClean(calls[name] ?? expect.unreachable()));

  test.each(Object.keys(losses))("by the gradient of %s", async (name) => {
    const [given, args] = losses[name] ?? expect.unreachable();
    const loss = given as (...args: Tensor[]) => Tensor;
    await expectClean(() => valueAndGrad(loss)(...(args() as Tensor[])));
    const compiled = jit(grad(loss));
    await expectClean(() => compiled(...(args() as Tensor[])));
    compiled.dispose();
  });

  test("by a hundred steps of training", async () => {
    const update = jit((p: typeof params, s: typeof states, points: Tensor) => {
      const after = adapter.updateTree(tree.ref(p), s);
      const loss = (q: typeof params) => critic(adapter.normalizeTree(q, tree.ref(after)), points.ref).mean();
      const gradients = grad(loss)(tree.ref(p));
      points.dispose();
      return [tree.map((a: Tensor, b: Tensor) => a.sub(b.mul(0.01)), p, gradients), after] as [typeof p, typeof after];
    });
    let [p, s] = update(tree.ref(params), tree.ref(states), x.ref);
    const train = async (steps: number) => {
      for (let step = 0; step < steps; step += 1) {
        [p, s] = update(p, s, x.ref);
        await jax.blockUntilReady([p, s] as never);
      }
      return buffers();
    };
    expect(await train(100)).toBe(await train(10));
    tree.dispose([p, s] as never);
    update.dispose();
  });
});

test("checkFinite takes nothing", async () => {
  await adapter.checkFinite(params);
  expect(inputs.map((array) => array.refCount)).toEqual(inputs.map(() => 1));
});

test("the inputs have their buffers for themselves", () => {
  const before = buffers();
  for (const array of inputs) array.dispose();
  // A view that was left behind would keep its buffer, and shows only now.
  expect(before - buffers()).toBe(inputs.length);
});
