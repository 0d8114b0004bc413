// @ts-check
/**
 * The steps of a WGAN by a method, compiled.
 *
 * @module
 */
import { grad, jit, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { interpolate, wassersteinLoss } from "spectral-norm/jax";
import { adam, criticize, generate } from "./mlp.mjs";

/** @typedef {import("./mlp.mjs").Parameters} Parameters */
/** @typedef {import("./mlp.mjs").AdamState} AdamState */
/** @typedef {import("./mlp.mjs").Tensor} Tensor */
/** @typedef {import("./methods.mjs").StateTree} StateTree */

/** What is asked of a critic at points: how steep it is there; its scores and gradients. */
function compileProbes() {
  const slopes = jit((/** @type {Parameters} */ params, /** @type {Tensor} */ x) => {
    const slope = grad((/** @type {Tensor} */ points) => criticize(params, points).sum())(x);
    return np.sqrt(np.square(slope).sum(1));
  });
  const probe = jit((/** @type {Parameters} */ params, /** @type {Tensor} */ x) => {
    // The sum's gradient is that of each score at its own point.
    const score = (/** @type {Tensor} */ points) => criticize(tree.ref(params), points);
    const gradients = grad((/** @type {Tensor} */ points) => score(points).sum())(x.ref);
    const scores = criticize(params, x);
    return /** @type {[Tensor, Tensor]} */ ([scores.reshape([-1]), gradients]);
  });
  return { slopes, probe };
}

/**
 * The compiled parts of a method's training.
 *
 * @param {import("./methods.mjs").Method} method
 * @param {{ rate: number, beta1: number, beta2: number, lambda: number }} settings Adam's, and the weight of a gradient penalty.
 */
export function compile(method, { rate, beta1, beta2, lambda }) {
  const options = { rate, beta1, beta2 };
  /** What the critic computes with. @type {(params: Parameters, states: StateTree) => Parameters} */
  const effective = (params, states) => {
    if (method.effective !== undefined) return method.effective(params, states);
    tree.dispose(states);
    return params;
  };
  const criticStep = jit(
    /** @type {(p: Parameters, o: AdamState, s: StateTree, real: Tensor, fake: Tensor, key: Tensor) => [Tensor, Parameters, AdamState, StateTree]} */
    (params, optimizer, before, real, fake, key) => {
      const states = method.advance?.(tree.ref(params), before) ?? before;
      const points = interpolate(key, real.ref, fake.ref);
      const loss = (/** @type {Parameters} */ p) => {
        const critic = effective(tree.ref(p), tree.ref(states));
        const value = wassersteinLoss(criticize(tree.ref(critic), real.ref), criticize(critic, fake.ref));
        if (method.penalty !== undefined) return value.add(method.penalty(p, points.ref, lambda));
        tree.dispose(p);
        return value;
      };
      const [value, gradients] = valueAndGrad(loss)(tree.ref(params));
      tree.dispose([real, fake, points]);
      const [updated, next] = adam(params, gradients, optimizer, options);
      const [constrained, after] = method.constrain?.(updated, states) ?? [updated, states];
      return [value, constrained, next, after];
    },
  );
  const generatorStep = jit(
    /** @type {(g: Parameters, o: AdamState, p: Parameters, s: StateTree, noise: Tensor) => [Tensor, Parameters, AdamState]} */
    (params, optimizer, critic, states, noise) => {
      const judge = effective(critic, states);
      const loss = (/** @type {Parameters} */ p) => criticize(tree.ref(judge), generate(p, noise.ref)).mean().neg();
      const [value, gradients] = valueAndGrad(loss)(tree.ref(params));
      tree.dispose(judge);
      noise.dispose();
      return [value, ...adam(params, gradients, optimizer, options)];
    },
  );
  return { criticStep, generatorStep, effective: jit(effective), generate: jit(generate), ...compileProbes() };
}
