/**
 * The Lipschitz constants of layers that only depend on their type: the largest slope, attained or approached, rounded up to
 * the next number. Where each comes from is written in docs/numerics.md.
 *
 * @module
 */
import { typedArrayKind } from "../engine/describe.js";
import { OptionError, TypeMismatchError } from "../engine/errors.js";
import { checkFiniteArray, complaint, readDtype, readInteger, readPositive } from "../engine/validate.js";

import { largestOf } from "../layers.js";
import type { FloatArray } from "../types.js";
import { root } from "./rounding.js";

/** By type. */
export const constants: Readonly<Record<string, number>> = {
  identity: 1,
  dropout: 1,
  flatten: 1,
  reshape: 1,
  permute: 1,
  relu: 1,
  relu6: 1,
  selu: 1.758099340847377,
  gelu: 1.128904145185155,
  geluTanh: 1.128993068658772,
  silu: 1.099839320128867,
  mish: 1.088498161251728,
  softplus: 1,
  sigmoid: 0.25,
  logSigmoid: 1,
  tanh: 1,
  tanhShrink: 1,
  hardTanh: 1,
  hardSwish: 1.5,
  softShrink: 1,
  softsign: 1,
  softmax: 0.5,
  abs: 1,
};

type Read = (title: string, value: unknown) => number;

/** By type, the parameter and the constant that it gives. */
export const parametric: Readonly<Record<string, readonly [parameter: string, constant: Read]>> = {
  leakyRelu: ["slope", (title, value) => Math.max(1, slope(title, value, 0.01))],
  prelu: ["slope", (title, value) => Math.max(1, slopes(title, value))],
  hardSigmoid: ["slope", (title, value) => slope(title, value, 1 / 6 + 2 ** -55)],
  elu: ["alpha", (title, value) => Math.max(1, slope(title, value, 1))],
  celu: ["alpha", celu],
  sine: ["frequency", (title, value) => slope(title, value, 1)],
  logSoftmax: ["classes", (title, value) => root(readInteger(title, given(title, value), 1, 1, 2 ** 32))],
};

function slope(title: string, value: unknown, fallback: number): number {
  if (value === undefined) return fallback;
  if (!Number.isFinite(value)) {
    throw new (typeof value === "number" ? OptionError : TypeMismatchError)(complaint(title, "a finite number", value));
  }
  return Math.abs(value as number);
}

function given(title: string, value: unknown): unknown {
  if (value === undefined) throw new TypeMismatchError(complaint(title, "a value, for it has no default", value));
  return value;
}

function slopes(title: string, value: unknown): number {
  if (typedArrayKind(value) === undefined) return slope(title, given(title, value), 1);
  readDtype(title, value);
  checkFiniteArray(title, value as FloatArray);
  return largestOf(value as FloatArray);
}

/** exp(x/α) stays below 1 left of 0 only for a positive α. */
function celu(title: string, value: unknown): number {
  if (value !== undefined) readPositive(title, value, 1);
  return 1;
}
