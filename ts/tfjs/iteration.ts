/**
 * The norm that a pass divides by, in operations of TensorFlow.js, so that every backend runs them and gradients flow.
 *
 * With the weight as a matrix M of rows × outputs, every preset multiplies row vectors: u ← vM belongs to the outputs,
 * v ← uMᵀ to the rest, and σ̂ = vMuᵀ.
 *
 * @module
 */
import type { LayerVariable, Tensor } from "@tensorflow/tfjs";
import type { TensorFlow, TfjsPreset } from "./types.js";
import { oneIfZero, untaped } from "./untaped.js";

/** What a wrapper was asked for. */
export interface Scheme {
  readonly preset: TfjsPreset;
  readonly iterations: number;
  /** None with preset `'article'`. */
  readonly epsilon: number | undefined;
  readonly seed: number;
}

/** The variables of one weight. */
export interface Vectors {
  readonly u: LayerVariable;
  readonly v: LayerVariable;
  readonly sigma: LayerVariable;
}

/** Steps of PyTorch's constructor, before the ones of its first read of the weight. */
const warmUp = 15;

/**
 * σ̂ of a matrix, for a gradient that takes the vectors for constants, but with preset `'article'`, which goes through all
 * steps. `update` tells to step, and to keep what is found.
 */
export function estimate(tf: TensorFlow, scheme: Scheme, matrix: Tensor, vectors: Vectors, update: boolean): Tensor {
  if (scheme.preset === "article") {
    return fromOnes(tf, scheme, matrix, vectors, update);
  }
  if (update) {
    step(tf, scheme, matrix, vectors, scheme.iterations);
  }
  return tf.sum(tf.mul(tf.matMul(vectors.v.read(), matrix), vectors.u.read()));
}

/** The steps that PyTorch takes before the first pass. */
export function start(tf: TensorFlow, scheme: Scheme, matrix: Tensor, vectors: Vectors): void {
  if (scheme.preset === "torch") {
    tf.tidy(() => step(tf, scheme, matrix, vectors, warmUp + scheme.iterations));
  }
}

/** Power iteration from the vectors kept: PyTorch goes on from v, Keras from u. */
function step(tf: TensorFlow, scheme: Scheme, matrix: Tensor, vectors: Vectors, steps: number): void {
  const unit = (vector: Tensor) => tf.div(vector, tf.maximum(tf.norm(vector), scheme.epsilon ?? 0));
  const forward = (v: Tensor) => unit(tf.matMul(v, matrix));
  const back = (u: Tensor) => unit(tf.matMul(u, matrix, false, true));
  untaped(tf, () => {
    let [u, v]: [Tensor, Tensor] = [vectors.u.read(), vectors.v.read()];
    for (let count = 0; count < steps; count += 1) {
      if (scheme.preset === "torch") {
        u = forward(v);
        v = back(u);
      } else {
        v = back(u);
        u = forward(v);
      }
    }
    const sigma = tf.sum(tf.mul(tf.matMul(v, matrix), u));
    keep(tf, vectors, u, v, sigma);
    return sigma;
  });
}

/** Writes what a pass found, unless that would spoil the passes to come: of a zero weight, or one with NaN in it. */
function keep(tf: TensorFlow, vectors: Vectors, u: Tensor, v: Tensor, sigma: Tensor): void {
  const sound = tf.logicalAnd(tf.isFinite(sigma), tf.notEqual(sigma, 0));
  vectors.u.write(tf.where(sound, u, vectors.u.read()));
  vectors.v.write(tf.where(sound, v, vectors.v.read()));
  vectors.sigma.write(tf.where(tf.isFinite(sigma), sigma, vectors.sigma.read()));
}

/** The article's steps, from all ones (kexue.fm 6051). */
function fromOnes(
  tf: TensorFlow,
  { iterations, seed }: Scheme,
  matrix: Tensor,
  vectors: Vectors,
  update: boolean,
): Tensor {
  const unit = (vector: Tensor) => {
    const squares = tf.sum(tf.square(vector));
    return tf.div(vector, tf.sqrt(tf.add(squares, oneIfZero(tf, squares))));
  };
  let v = untaped(tf, () => firstVector(tf, matrix, seed));
  let u = v;
  for (let count = 0; count < iterations; count += 1) {
    u = unit(tf.matMul(v, matrix));
    v = unit(tf.matMul(u, matrix, false, true));
  }
  const sigma: Tensor = tf.sum(tf.mul(tf.matMul(v, matrix), u));
  if (update) {
    untaped(tf, () => {
      keep(tf, vectors, u, v, sigma);
      return sigma.clone();
    });
  }
  return sigma;
}

/** All ones, or a random vector where all ones are annihilated but for rounding, as by any filter without a mean. */
function firstVector(tf: TensorFlow, matrix: Tensor, seed: number): Tensor {
  const rows = matrix.shape[0] ?? 1;
  const ones = tf.ones([1, rows]);
  const rounding = tf.mul(tf.norm(matrix), 1e-6 * Math.sqrt(rows));
  const annihilated = tf.lessEqual(tf.norm(tf.matMul(ones, matrix)), rounding);
  // TensorFlow.js takes the seed 0 for none.
  return tf.where(annihilated, tf.randomNormal([1, rows], 0, 1, "float32", seed + 1), ones);
}
