/**
 * The presets of PyTorch, Keras and Flax: power iteration that goes on from pass to pass.
 *
 * All three repeat one step, from a vector `x` that they keep: `y = Wx`, normalized, then `x = Wᵀy`, normalized; and take
 * yᵀWx for the norm. They differ in what keeps a division by zero away, in where `x` comes from, and in evaluation.
 *
 * @module
 */
import { NonFiniteError } from "../engine/errors.js";
import { formOf } from "../engine/form.js";
import { door, type Scope } from "../engine/memory.js";
import { complaintOf } from "../engine/validate.js";
import type { FloatArray, SpectralNormalizationState } from "../types.js";
import { type Matrix, type Pass, type Preset, type Pullback, pullBack } from "./preset.js";

/** A framework to reproduce, with its options. */
export interface Peer {
  readonly name: "torch" | "keras" | "flax";
  readonly iterations: number;
  readonly epsilon: number;
  readonly seed: number;
  /** Whether `x` is the left vector: PyTorch takes the output axis for rows even where it is the last one. */
  readonly flipped: boolean;
}

/** Steps of PyTorch's constructor. */
const warmUp = 15;

/** The preset. */
export function peerPreset(peer: Peer): Preset {
  return { pass: (...given) => pass(peer, ...given), pull };
}

function pass(peer: Peer, ...[scope, matrix, state, training]: Parameters<Preset["pass"]>): Pass {
  const { name, iterations } = peer;
  const { id, rows, columns } = matrix;
  if (!training && name === "keras") {
    // Training has left the normalized kernel in the layer, and evaluation takes what is there.
    door.frobeniusNorm(id, rows, columns);
    return { sigma: 1 };
  }
  if (!training && name === "torch" && state !== undefined) {
    return { sigma: formOf(scope, matrix, state.u, state.v) };
  }
  // PyTorch's registration reads the weight once, in training, to check its shape: that is a step like any other.
  const first = name === "torch" && state === undefined ? warmUp + iterations : 0;
  const steps = first + (training || name === "flax" ? iterations : 0);
  const before = state ?? initial(peer, scope, matrix);
  const narrow = matrix.large && !peer.flipped && iterateNarrow(peer, scope, matrix, before, steps);
  const after = narrow || iterate(peer, scope, matrix, before, steps);
  return training || first > 0 ? { sigma: after.sigma, state: after } : { sigma: after.sigma };
}

/** The vectors before the first step, of which only `x` counts. */
function initial(peer: Peer, scope: Scope, { rows, columns }: Matrix): SpectralNormalizationState {
  const { name, seed, flipped } = peer;
  const length = flipped ? rows : columns;
  // Keras draws anew what is beyond two deviations, one number in twenty.
  const count = name === "keras" ? 2 * length + 64 : length;
  const buffer = scope.buffer(1, count);
  door.fillNormal(buffer, seed);
  let x = scope.values(buffer, count);
  if (name === "keras") {
    const near = x.filter((entry) => Math.abs(entry) <= 2);
    x = near.subarray(0, length).map((entry) => 0.02 * entry);
  } else if (name === "torch") {
    normalize(peer, x);
  }
  const y = new Float64Array(flipped ? columns : rows);
  return { u: flipped ? x : y, v: flipped ? y : x, sigma: 0 };
}

function iterate(
  peer: Peer,
  scope: Scope,
  { id, rows, columns }: Matrix,
  before: SpectralNormalizationState,
  steps: number,
): SpectralNormalizationState {
  const [u, v] = [scope.vector(before.u), scope.vector(before.v)];
  const multiply = (adjoint: boolean) => {
    const [from, to, length] = adjoint ? [u, v, columns] : [v, u, rows];
    door.multiply(id, rows, columns, adjoint, from, to);
    return normalize(peer, scope.memory.view(to, 1, length));
  };
  let sigma = 0;
  for (let step = 0; step < steps; step += 1) {
    multiply(peer.flipped);
    sigma = multiply(!peer.flipped);
  }
  if (!Number.isFinite(sigma)) {
    door.frobeniusNorm(id, rows, columns);
    throw new NonFiniteError(complaintOf("w", "entries whose squares float64 can hold", "larger ones"));
  }
  // Where W annihilates x, PyTorch and Keras give NaN for good; Flax goes on with zero vectors, and so they do here.
  return sigma === 0 && peer.name !== "flax"
    ? { ...before, sigma }
    : { u: scope.values(u, rows), v: scope.values(v, columns), sigma };
}

/** The same in float32 but for the sums; `false` where that has not the range. */
function iterateNarrow(
  peer: Peer,
  scope: Scope,
  { id, rows, columns }: Matrix,
  before: SpectralNormalizationState,
  steps: number,
): SpectralNormalizationState | false {
  const [x, y, z] = [scope.buffer(0, columns), scope.buffer(0, rows), scope.buffer(0, columns)];
  const { memory } = scope;
  let { u, v, sigma } = before;
  for (let step = 0; step < steps; step += 1) {
    memory.write(x, 0, columns, v);
    door.gramPass(id, rows, columns, x, y, z);
    u = new Float64Array(memory.view(y, 0, rows));
    v = new Float64Array(memory.view(z, 0, columns));
    // That is Wᵀ of the left vector before it was normalized.
    normalize(peer, u, v);
    sigma = normalize(peer, v);
  }
  return Math.abs(Math.log2(sigma)) < 40 && { u, v, sigma };
}

/**
 * Scales to unit length, but for epsilon, and another vector by the same factor; returns ⟨before, after⟩, which is yᵀWx
 * where the vector was Wᵀy.
 */
function normalize({ name, epsilon }: Peer, vector: FloatArray, other: FloatArray | [] = []): number {
  let squares = 0;
  for (const entry of vector) {
    squares += entry * entry;
  }
  const length = name === "flax" ? Math.sqrt(squares + epsilon) : Math.max(Math.sqrt(squares), epsilon);
  // An infinite length would make zeros of the vector, and of the result a weight that looks like zero.
  const factor = length < Infinity ? 1 / length : Number.NaN;
  for (const each of [vector, other]) {
    for (let place = 0; place < each.length; place += 1) {
      each[place] = (each[place] ?? 0) * factor;
    }
  }
  return squares * factor;
}

/** With u and v as constants, as all three have it. */
function pull(scope: Scope, pullback: Pullback): void {
  const { u, v, sigma } = pullback.state;
  pullBack(scope, pullback, sigma, [u], [v]);
}
