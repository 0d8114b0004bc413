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
import { sumOfSquares } from "../engine/vectors.js";
import type { FloatArray, SpectralNormalizationState } from "../types.js";
import { type Matrix, type Pass, type Preset, type Pullback, pullBack } from "./preset.js";
import { copyState } from "./state.js";

/** A framework to reproduce, with its options. */
export interface Peer {
  readonly name: "torch" | "keras" | "flax";
  readonly iterations: number;
  readonly epsilon: number;
  readonly seed: number;
  /** Whether `x` is the left vector: PyTorch takes the output axis for rows even where it is the last one. */
  readonly flipped: boolean;
}

/** A state, and the other one that it takes turns with: a steady loop of training takes no memory. */
interface Kept {
  readonly u: Float64Array;
  readonly v: Float64Array;
  sigma: number;
  other?: Kept;
}

/** Steps of PyTorch's constructor. */
const warmUp = 15;

/** The preset. */
export function peerPreset(peer: Peer): Preset {
  return { pass: (scope, matrix, state, training) => pass(peer, scope, matrix, state, training), pull };
}

function pass(
  peer: Peer,
  scope: Scope,
  matrix: Matrix,
  state: SpectralNormalizationState | undefined,
  training: boolean,
): Pass {
  const { name, iterations } = peer;
  if (!training && name === "keras") {
    // Training has left the normalized kernel in the layer, and evaluation takes what is there.
    door.frobeniusNorm(matrix.id, matrix.rows, matrix.columns);
    return { sigma: 1 };
  }
  if (!training && name === "torch" && state) {
    return { sigma: formOf(scope, matrix, state.u, state.v) };
  }
  // PyTorch's registration reads the weight once, in training, to check its shape: that is a step like any other.
  const first = name === "torch" && state === undefined ? warmUp + iterations : 0;
  const steps = first + (training || name === "flax" ? iterations : 0);
  const before = state ?? initial(peer, scope, matrix);
  const narrow = matrix.large && !peer.flipped && iterateNarrow(peer, scope, matrix, before, steps);
  const after = narrow || iterate(peer, scope, matrix, before, steps);
  return { sigma: after.sigma, state: training || first ? after : undefined };
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
  const y = new Float64Array(rows + columns - length);
  return { u: flipped ? x : y, v: flipped ? y : x, sigma: 0 };
}

function iterate(peer: Peer, scope: Scope, { id, rows, columns }: Matrix, before: Kept, steps: number): Kept {
  const u = scope.vector(before.u);
  const v = scope.vector(before.v);
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
  if (!sigma && peer.name !== "flax") {
    return { ...before, sigma };
  }
  const next = successor(before);
  scope.memory.read(u, 1, next.u);
  scope.memory.read(v, 1, next.v);
  next.sigma = sigma;
  return next;
}

/** The same in float32 but for the sums; `false` where that has not the range. */
function iterateNarrow(
  peer: Peer,
  scope: Scope,
  { id, rows, columns }: Matrix,
  before: Kept,
  steps: number,
): Kept | false {
  const x = scope.buffer(0, columns);
  const y = scope.buffer(0, rows);
  const z = scope.buffer(0, columns);
  const next = successor(before);
  const { u, v } = next;
  for (let step = 0; step < steps; step += 1) {
    scope.memory.write(x, 0, columns, step > 0 ? v : before.v);
    door.gramPass(id, rows, columns, x, y, z);
    scope.memory.read(y, 0, u);
    scope.memory.read(z, 0, v);
    // That is Wᵀ of the left vector before it was normalized.
    normalize(peer, u, v);
    next.sigma = normalize(peer, v);
  }
  return Math.abs(Math.log2(next.sigma)) < 40 && next;
}

/** Where the state after `before` goes: into the memory of the one before that. */
function successor(before: Kept): Kept {
  const next: Kept = before.other ?? copyState(before);
  next.other = before;
  before.other = next;
  return next;
}

/**
 * Scales to unit length, but for epsilon, and another vector by the same factor; returns ⟨before, after⟩, which is yᵀWx
 * where the vector was Wᵀy.
 */
function normalize({ name, epsilon }: Peer, vector: FloatArray, other: FloatArray | [] = []): number {
  const squares = sumOfSquares(vector);
  const length = name === "flax" ? Math.sqrt(squares + epsilon) : Math.max(Math.sqrt(squares), epsilon);
  // An infinite length would make zeros of the vector, and of the result a weight that looks like zero.
  const factor = 1 / length || Number.NaN;
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
