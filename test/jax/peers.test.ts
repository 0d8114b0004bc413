import type { SpectralState } from "spectral-norm/jax";
import { describe, expect, test } from "vitest";
import { makeData, readFixture } from "../values/inputs.ts";
import type { Case, Pass } from "../values/peer-cases.ts";
import { adapter, expectClose, jax, type Tensor, tensor } from "./support.ts";

/** By PyTorch, Keras and Flax themselves, in double precision: test/fixtures/peers.py. */
const { cases } = readFixture<{ readonly cases: readonly Case[] }>("peers");
const { grad, numpy: np, tree } = jax;
const training = 20;

/** The weight at a pass. */
function weightAt({ shape, seed, exponent }: Case, step: number): Tensor {
  const make = (from: number, power: number) =>
    makeData({ shape, kind: "bell", seed: from, exponent: power }, "float64");
  const change = make(seed + 1, exponent);
  return tensor(
    make(seed, exponent + 4).map((x, i) => x + step * (change[i] ?? Number.NaN)),
    shape,
  );
}

/** The peer's vector, or vectors, as a state. PyTorch's u belongs to the output axis; the others keep the right one alone. */
function stateOf(example: Case, named: Pass | Case["initial"]): SpectralState {
  const { preset, shape, axis } = example;
  const empty = adapter.spectralNormState(np.ones([...shape]), { axis });
  const sides = { u: empty.u.shape, v: empty.v.shape };
  tree.dispose(empty);
  const { u, v, vector_u } = named as Pass;
  const swapped = preset === "torch" && u?.length !== sides.u[0];
  const [left, right] = preset === "torch" ? (swapped ? [v, u] : [u, v]) : [undefined, vector_u ?? u];
  const make = (values: readonly number[] | undefined, side: number[]) =>
    values === undefined ? np.zeros(side) : tensor(values, side);
  return { u: make(left, sides.u), v: make(right, sides.v), sigma: np.array(0) };
}

describe.each(cases)("preset $preset on $layer, shape $shape, axis $axis, ε $epsilon", (example) => {
  const { preset, axis, iterations, epsilon, shape, seed } = example;
  const options = { preset, axis, iterations, epsilon };

  test("as the framework itself for 20 passes in training, with its gradient", () => {
    let state = stateOf(example, example.initial);
    for (const [step, pass] of example.passes.slice(0, training).entries()) {
      state = adapter.updateState(weightAt(example, step), state, options);
      const sigma = adapter.spectralNorm(weightAt(example, step), tree.ref(state), { axis });
      expectClose(sigma, pass.sigma);
      expectClose(adapter.spectralNormalize(weightAt(example, step), tree.ref(state), { axis }), pass.data);
      const after = stateOf(example, pass);
      for (const side of preset === "torch" ? (["u", "v"] as const) : (["v"] as const)) {
        expectClose(state[side].ref, Array.from(after[side].ref.dataSync()), 1e-5);
      }
      tree.dispose(after);
    }
    const cotangent = tensor(makeData({ shape, kind: "bell", seed: seed + 2, exponent: -8 }, "float64"), shape);
    const loss = (w: Tensor) => adapter.spectralNormalize(w, state, { axis }).mul(cotangent).sum();
    const gradient = grad(loss)(weightAt(example, training - 1));
    expectClose(gradient, example.gradient, 1e-5);
  });

  test("in evaluation: frozen with PyTorch, a step that is not kept with Flax", () => {
    const last = example.passes[training - 1] ?? expect.unreachable();
    for (const [index, pass] of example.passes.slice(training).entries()) {
      const w = weightAt(example, training + index);
      if (preset === "keras") {
        // Keras takes the kernel that training left, so there is nothing to divide by.
        expectClose(w, pass.data);
        continue;
      }
      const state = stateOf(example, last);
      const used = preset === "flax" ? adapter.updateState(w.ref, state, options) : state;
      expectClose(adapter.spectralNorm(w, used, { axis }), pass.sigma, 1e-5);
    }
  });
});
