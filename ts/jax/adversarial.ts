/**
 * The WGAN's objective and the gradient penalty.
 *
 * @module
 */
import { grad, jvp, lax, numpy as np, random, tree } from "@jax-js/jax";
import { ShapeError, TypeMismatchError } from "../engine/errors.js";
import { complaint, complaintOf, readFlag, readNonNegative, readOptions } from "../engine/validate.js";
import { isTensor, orOne, quotient, readShaped, readTensor, rootOf } from "./arrays.js";
import { leavesOf, replaceLeaves } from "./trees.js";
import type { GradientPenaltyOptions, Tensor, Tree } from "./types.js";

/**
 * E_fake f − E_real f, which the critic of a WGAN minimizes (article, item 9); the generator minimizes −E_fake f. With a critic
 * that is 1-Lipschitz, its negative is at most the Wasserstein distance.
 *
 * @param real The critic's scores of real samples; used up.
 * @param fake Its scores of generated ones; used up.
 * @returns A scalar.
 * @throws {SpectralNormError} `SHAPE` for no scores, `TYPE`, `DISPOSED`.
 * @example wassersteinLoss(np.array([2, 4]), np.array([1, 2, 3])).js() // -1
 */
export function wassersteinLoss(real: Tensor, fake: Tensor): Tensor {
  for (const [title, scores] of Object.entries({ real, fake })) {
    if (readTensor(title, scores).size === 0) {
      throw new ShapeError(complaintOf(title, "at least one score", "none"));
    }
  }
  return np.mean(fake).sub(np.mean(real));
}

/**
 * Points between real and generated samples, x̂ = εx_real + (1 − ε)x_fake with one ε ~ U[0, 1) a sample (Gulrajani et al. 2017;
 * article, item 13).
 *
 * @param key A key of jax-js's `random`; used up.
 * @param real Samples, the first axis counting them; used up.
 * @param fake As many of the same shape; used up.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `DISPOSED`.
 * @example interpolate(random.key(0), np.ones([4, 2]), np.ones([4, 2])).shape // [4,2]
 */
export function interpolate(key: Tensor, real: Tensor, fake: Tensor): Tensor {
  if (!isTensor(key)) {
    throw new TypeMismatchError(complaint("key", "a key, e.g. random.key(0) of @jax-js/jax", key));
  }
  const { shape } = readSamples("real", real);
  readShaped("fake", fake, shape, 'that of "real"');
  const count = shape[0] ?? 1;
  const epsilon = random.uniform(key, [count]).reshape([count, ...shape.slice(1).map(() => 1)]);
  // Rounding must not lead outside where both are equal.
  return fake.ref.add(real.sub(fake).mul(epsilon.astype(real.dtype)));
}

function readSamples(title: string, value: unknown): Tensor {
  const samples = readTensor(title, value);
  if (samples.shape.length < 2 || samples.size === 0) {
    const expected = "samples along the first of at least two axes";
    throw new ShapeError(complaintOf(title, expected, `shape [${samples.shape.join(", ")}]`));
  }
  return samples;
}

/**
 * λ times the mean of (‖∇f(x)‖ − target)² over the samples (WGAN-GP; article, item 13), or of max(‖∇f(x)‖ − target, 0)²
 * (item 14). At points of {@link interpolate} it is WGAN-GP's; at the inputs of a supervised model the article's open question
 * (item 15).
 *
 * Differentiable once, in `params` and in `x`, by one pass forward and one backward instead of two backward: docs/jax.md has the
 * reason. `f` is called twice.
 *
 * @param f `f(params, x)` with one score a sample, of shape `[n]` or `[n, 1]`; a sample's score must not depend on others. It uses
 *   its arguments up.
 * @param params Its parameters; used up.
 * @param x The points, the first axis counting them; used up.
 * @returns A scalar.
 * @throws {SpectralNormError} `SHAPE`, `TYPE`, `OPTION`, `DISPOSED`.
 * @example gradientPenalty((w, x) => np.matmul(x, w), np.array([3, 0]), np.ones([4, 2]), { lambda: 1 }).js() // 4
 */
export function gradientPenalty<P extends Tree>(
  f: (params: P, x: Tensor) => Tensor,
  params: P,
  x: Tensor,
  options?: GradientPenaltyOptions,
): Tensor {
  const given = readOptions<GradientPenaltyOptions>(options, ["lambda", "oneSided", "target"]);
  const lambda = readNonNegative("options.lambda", given.lambda, 10);
  const target = readNonNegative("options.target", given.target, 1);
  const oneSided = readFlag("options.oneSided", given.oneSided, false);
  if (typeof f !== "function") {
    throw new TypeMismatchError(complaint("f", "a function (params, x) => scores", f));
  }
  leavesOf("params", params);
  const [count = 1, ...others] = readSamples("x", x).shape;
  const slope = slopeOf(f, params, x, count);
  const norms = rootOf(np.square(slope.ref).sum(others.map((_, axis) => axis + 1)));
  const distance = norms.ref.sub(target);
  const excess = oneSided ? np.maximum(distance, 0) : distance;
  // ∂penalty/∂slope, a constant c. With it ∇⟨c, ∇f⟩ is the gradient of the penalty, and ⟨c, ∇f⟩ a derivative along c.
  const pull = quotient(excess.ref, orOne(norms)).mul((2 * lambda) / count);
  const direction = slope.mul(pull.reshape([count, ...others.map(() => 1)]));
  const [scores, along] = jvp((points: Tensor) => f(tree.ref(params), points), [x], [direction]);
  scores.dispose();
  tree.dispose(params);
  const change = along.sum();
  const gradientAlone = change.ref.sub(lax.stopGradient(change));
  return np.square(excess).mean().mul(lambda).add(gradientAlone);
}

/** ∇f at every point, a constant to gradients; the arguments stay the caller's. */
function slopeOf<P extends Tree>(f: (params: P, x: Tensor) => Tensor, params: P, x: Tensor, count: number): Tensor {
  const frozen = replaceLeaves(params, (leaf) => lax.stopGradient(leaf.ref));
  const scoreSum = (points: Tensor) => readScores(f(frozen, points), count).sum();
  return lax.stopGradient(grad(scoreSum)(lax.stopGradient(x.ref)));
}

function readScores(value: unknown, count: number): Tensor {
  const scores = readTensor("f(params, x)", value);
  const [samples, width = 1, ...others] = scores.shape;
  if (samples !== count || width !== 1 || others.length > 0) {
    const expected = `one score a sample, shape [${count}] or [${count}, 1]`;
    throw new ShapeError(complaintOf("f(params, x)", expected, `[${scores.shape.join(", ")}]`));
  }
  return scores;
}
