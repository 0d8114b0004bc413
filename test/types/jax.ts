/** What `spectral-norm/jax` promises, as a consumer would use it. It is compiled, never run. */
import { grad, jit, numpy as np, random, tree } from "@jax-js/jax";
import {
  gradientPenalty,
  normalizeTree,
  type SpectralState,
  spectralNorm,
  spectralNormState,
  stateTree,
  weightClip,
} from "spectral-norm/jax";

/** Fails to compile unless both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => undefined;

type Parameters = { layers: { kernel: np.Array; bias: np.Array }[] };

export function layer(w: np.Array): np.Array {
  const state: SpectralState = spectralNormState(w.ref, { preset: "flax" });
  // @ts-expect-error an option that does not exist
  spectralNormState(w.ref, { epsilom: 1e-3 });
  // @ts-expect-error a number is no array
  spectralNorm(3, state);
  return jit(grad((kernel: np.Array, s: SpectralState) => spectralNorm(kernel, s)))(w, state);
}

export function network(params: Parameters, x: np.Array): np.Array {
  const states = stateTree(tree.ref(params), { isKernel: (leaf, path) => leaf.ndim > 1 && path !== "out" });
  const normalized = normalizeTree(tree.ref(params), states);
  holds<Same<typeof normalized, Parameters>>();
  const clipped = weightClip(random.normal(random.key(0), [2, 2]), 1);
  holds<Same<typeof clipped, np.Array>>();
  clipped.dispose();
  const critic = ({ layers }: Parameters, points: np.Array) =>
    layers.reduce((y, { kernel }) => np.matmul(y, kernel), points);
  // @ts-expect-error the parameters of another critic
  gradientPenalty(critic, { layers: [np.ones([2])] }, x.ref);
  return gradientPenalty(critic, normalized, x, { oneSided: true });
}
