/**
 * Power iteration in jax-js: one step, as each framework makes it, and many.
 *
 * @module
 */
import { jit, lax, numpy as np, random } from "@jax-js/jax";
import { OptionError, ShapeError } from "../engine/errors.js";
import type { Layout } from "../engine/layout.js";
import { complaint, readChoice, readInteger, readPositive } from "../engine/validate.js";
import { layoutOf, magnitude, orOne } from "./arrays.js";
import type { SpectralState, Tensor, UpdateOptions } from "./types.js";

/** A step, as one of the frameworks makes it. */
export interface Rule {
  readonly preset: "own" | "article" | "torch" | "keras" | "flax";
  readonly iterations: number;
  readonly epsilon: number;
}

/** Checks the options of an update. */
export function readRule(given: Partial<UpdateOptions>): Rule {
  const preset =
    given.preset === undefined
      ? "own"
      : readChoice("options.preset", given.preset, ["article", "torch", "keras", "flax"]);
  const iterations = readInteger("options.iterations", given.iterations, preset === "article" ? 5 : 1, 1, 1000);
  const hasEpsilon = preset !== "own" && preset !== "article";
  if (given.epsilon !== undefined && !hasEpsilon) {
    throw new OptionError(complaint("options.epsilon", "nothing without a preset that has an ε", given.epsilon));
  }
  const usual = preset === "keras" ? 1e-7 : 1e-12;
  return { preset, iterations, epsilon: readPositive("options.epsilon", given.epsilon ?? usual, 0) };
}

/** Checks the axis against what the preset takes. */
export function layoutFor(title: string, w: Tensor, axis: unknown, { preset }: Rule): Layout {
  const layout = layoutOf(title, w, axis);
  if ((preset === "keras" || preset === "flax") && layout.axis !== layout.shape.length - 1) {
    throw new ShapeError(complaint("options.axis", `the last axis, which preset "${preset}" always takes`, axis));
  }
  return layout;
}

/** x/‖x‖, or what the preset makes of it; 0 for 0. */
function unit(x: Tensor, { preset, epsilon }: Rule): Tensor {
  if (preset === "flax") {
    return x.ref.div(np.sqrt(np.square(x).sum().add(epsilon)));
  }
  if (preset === "torch" || preset === "keras") {
    return x.ref.div(np.maximum(np.sqrt(np.square(x).sum()), epsilon));
  }
  const y = x.ref.div(magnitude(x));
  return y.ref.div(orOne(np.sqrt(np.square(y).sum())));
}

/** PyTorch takes the output axis for rows, even where it is the last one; the article starts from the left. */
function startsLeft({ preset }: Rule, { axis, permuted }: Layout): boolean {
  return preset === "article" || (preset === "torch" && axis > 0 && !permuted);
}

/** A step's result: y ← Wx, x ← Wᵀy, both of unit length, and yᵀWx. */
export type Stepped = { x: Tensor; y: Tensor; sigma: Tensor };

/** Compiled steps, by what they depend on. Uncompiled, arrays of jax-js drag along all that led to them: n steps take n². */
const compiled = new Map<string, (m: Tensor, x: Tensor) => Stepped>();

/** One step from the vector `x`, the left one or the right one, compiled at its first use. */
export function stepOf(rule: Rule, left: boolean): (m: Tensor, x: Tensor) => Stepped {
  const key = `${rule.preset} ${rule.epsilon} ${left}`;
  const known = compiled.get(key) ?? jit((m: Tensor, x: Tensor) => step(m, x, rule, left));
  compiled.set(key, known);
  return known;
}

function step(m: Tensor, x: Tensor, rule: Rule, left: boolean): Stepped {
  const y = unit(left ? np.matmul(x, m.ref) : np.matmul(m.ref, x), rule);
  const image = left ? np.matmul(m, y.ref) : np.matmul(y.ref, m);
  const next = unit(image.ref, rule);
  return { x: next.ref, y, sigma: np.dot(image, next) };
}

/** All ones, or a random vector where Wᵀ annihilates them, as of every kernel whose columns sum to zero. */
export function onesOf(m: Tensor, { rows }: Layout, seed: number): Tensor {
  const ones = np.ones([rows], { dtype: m.dtype });
  const random = normal(m, rows, seed);
  const dead = np.max(np.absolute(np.matmul(ones.ref, lax.stopGradient(m)))).equal(0);
  return np.where(dead, random, ones);
}

/** Normal numbers of the type of `m`, which stays the caller's. */
function normal(m: Tensor, count: number, seed: number): Tensor {
  return random.normal(random.key(seed), [count]).astype(m.dtype);
}

/** A number of steps over a matrix that is a constant to gradients; uses up what it is given. */
export function iterate(
  matrix: Tensor,
  before: SpectralState,
  rule: Rule,
  layout: Layout,
  steps: number,
): SpectralState {
  const m = lax.stopGradient(matrix);
  const [u, v] = [lax.stopGradient(before.u), lax.stopGradient(before.v)];
  before.sigma.dispose();
  const left = startsLeft(rule, layout);
  let x = rule.preset === "article" ? onesOf(m.ref, layout, 0) : (left ? u : v).ref;
  const step = stepOf(rule, left);
  let y = np.zeros([left ? layout.columns : layout.rows], { dtype: m.dtype });
  let sigma = np.zeros([], { dtype: m.dtype });
  for (let count = 0; count < steps; count += 1) {
    y.dispose();
    sigma.dispose();
    ({ x, y, sigma } = step(m.ref, x));
  }
  m.dispose();
  const after = left ? { u: x, v: y, sigma } : { u: y, v: x, sigma };
  if (rule.preset === "flax") {
    u.dispose();
    v.dispose();
    return after;
  }
  // Where W annihilates x, PyTorch and Keras give NaN for good.
  const dead = sigma.ref.equal(0);
  return { u: np.where(dead.ref, u, after.u), v: np.where(dead, v, after.v), sigma };
}

/** The state before the first step, of which only the vector that it starts from counts. */
export function initial(m: Tensor, layout: Layout, rule: Rule, seed: number): SpectralState {
  const { rows, columns } = layout;
  const left = startsLeft(rule, layout);
  const drawn = normal(m, left ? rows : columns, seed);
  // Keras draws anew what is beyond two deviations.
  const x = rule.preset === "keras" ? np.clip(drawn, -2, 2).mul(0.02) : drawn;
  const y = np.zeros([left ? columns : rows], { dtype: m.dtype });
  const sigma = np.zeros([], { dtype: m.dtype });
  return left ? { u: x, v: y, sigma } : { u: y, v: x, sigma };
}
