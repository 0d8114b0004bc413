import { describe, expect, test } from "vitest";
import { readFixture } from "../values/inputs.ts";
import { adapter, bell, expectClose, jax, type Tensor, unitBell } from "./support.ts";

interface Differentiated {
  readonly value: number;
  readonly gradient: readonly number[];
}

interface WeightCase {
  readonly shape: readonly number[];
  readonly axis: number;
  readonly seed: number;
  readonly results: Readonly<Record<string, Differentiated>>;
  readonly clipSpectral: readonly number[];
  readonly frobeniusClip: readonly number[];
  readonly weightClip: readonly number[];
}

interface Sided {
  readonly value: number;
  readonly gradient: Readonly<Record<"w" | "b" | "out", readonly number[]>>;
}

interface CriticCase {
  readonly count: number;
  readonly inputs: number;
  readonly hidden: number;
  readonly seed: number;
  readonly wasserstein: number;
  readonly twoSided: Sided;
  readonly oneSided: Sided;
}

/** By JAX in double precision: test/fixtures/jax_adapter.py. */
const { constants, cases } = readFixture<{
  readonly constants: Readonly<Record<"above" | "lambda" | "target" | "clip" | "steps", number>>;
  readonly cases: { readonly weights: readonly WeightCase[]; readonly critics: readonly CriticCase[] };
}>("jax");
const { grad, jit, nn, numpy: np, tree, valueAndGrad } = jax;
const { above, clip, lambda, steps, target } = constants;

function sidesOf(shape: readonly number[], axis: number): [number, number] {
  const state = adapter.spectralNormState(np.ones([...shape]), { axis });
  return [state.u.shape[0] ?? 0, state.v.shape[0] ?? 0];
}

/** The functions of the generator, by the names it gives them; each takes the weight alone. */
function functionsOf({ shape, axis, seed }: WeightCase): Record<string, (w: Tensor) => Tensor> {
  const [rows, columns] = sidesOf(shape, axis);
  const state = () => ({ u: unitBell(rows, seed + 2), v: unitBell(columns, seed + 3), sigma: np.array(0) });
  return {
    norm: (w) => adapter.spectralNorm(w, state(), { axis }),
    normalized: (w) =>
      adapter
        .spectralNormalize(w, state(), { axis, target })
        .mul(bell(shape, seed + 1))
        .sum(),
    article: (w) => adapter.powerIteration(w, { axis, iterations: steps }),
    frobeniusPenalty: (w) => adapter.frobeniusPenalty(w, { lambda }),
    frobeniusExcess: (w) => adapter.frobeniusPenalty(w, { lambda, above }),
    spectralPenalty: (w) => adapter.spectralPenalty(w, state(), { lambda, axis }),
    spectralExcess: (w) => adapter.spectralPenalty({ w }, { w: state() }, { lambda, axis, above: above / 10 }),
  };
}

describe.each(cases.weights)("as JAX: a weight of shape $shape with axis $axis", (example) => {
  const { shape, axis, seed, results } = example;
  const functions = functionsOf(example);

  test.each(Object.keys(results))("%s and its gradient, with and without jit", (name) => {
    const f = functions[name] ?? expect.unreachable(name);
    for (const run of [valueAndGrad(f), jit(valueAndGrad(f))]) {
      const [value, gradient] = run(bell(shape, seed));
      expect(gradient.shape).toEqual(shape);
      expectClose(value, results[name]?.value ?? Number.NaN);
      expectClose(gradient, results[name]?.gradient ?? []);
    }
  });

  test("the clips", () => {
    expectClose(adapter.clipSpectral(bell(shape, seed), clip, { axis }), example.clipSpectral);
    expectClose(adapter.frobeniusClip(bell(shape, seed), clip), example.frobeniusClip);
    expectClose(adapter.weightClip(bell(shape, seed), clip / 4), example.weightClip);
    expectClose(jit((w: Tensor) => adapter.clipSpectral(w, clip, { axis }))(bell(shape, seed)), example.clipSpectral);
  });
});

describe.each(cases.critics)("as JAX: a critic with $inputs inputs and $hidden hidden units", (example) => {
  const { count, inputs, hidden, seed } = example;
  const parameters = () => ({
    w: bell([inputs, hidden], seed, -7),
    b: bell([hidden], seed + 1, -7),
    out: bell([hidden, 1], seed + 2, -7),
  });
  type Parameters = ReturnType<typeof parameters>;
  const critic = ({ w, b, out }: Parameters, x: Tensor) =>
    np.matmul(np.tanh(nn.leakyRelu(np.matmul(x, w).add(b), 0.2)), out);

  test.each(["twoSided", "oneSided"] as const)("the %s gradient penalty and its gradient", (side) => {
    const penalty = (params: Parameters, x: Tensor) =>
      adapter.gradientPenalty(critic, params, x, { oneSided: side === "oneSided" });
    const { value, gradient } = example[side];
    for (const run of [valueAndGrad(penalty), jit(valueAndGrad(penalty))]) {
      const [got, gradients] = run(parameters(), bell([count, inputs], seed + 3));
      expectClose(got, value);
      // All as one vector, for rounding errors of one gradient are a share of the largest.
      const names = ["w", "b", "out"] as const;
      const joined = np.concatenate(names.map((name) => gradients[name].ravel()));
      expectClose(
        joined,
        names.flatMap((name) => gradient[name]),
      );
    }
  });

  test("the critic's loss", () => {
    const params = parameters();
    const real = critic(tree.ref(params), bell([count, inputs], seed + 3));
    const fake = critic(params, bell([count, inputs], seed + 4));
    expectClose(adapter.wassersteinLoss(real, fake), example.wasserstein);
  });
});

test("grad with argnums of jax-js cuts the parameters off, which gradientPenalty is there to avoid", () => {
  const f = (w: Tensor, x: Tensor) => np.matmul(x, w).sum();
  const byArgnums = (w: Tensor, x: Tensor) => np.square(grad(f, { argnums: 1 })(w, x)).sum();
  const ours = (w: Tensor, x: Tensor) =>
    adapter.gradientPenalty((v: Tensor, y: Tensor) => np.matmul(y, v), w, x, { target: 0, lambda: 2 });
  const [w, x] = [() => np.array([1, 2]), () => np.ones([2, 2])];
  expect(grad(byArgnums)(w(), x()).js()).toEqual([0, 0]);
  expect(grad(ours)(w(), x()).js()).toEqual([4, 8]);
});
