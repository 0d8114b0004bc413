/**
 * The checks at the door. Each takes the title of the argument that its message names: `"w.shape" expected X, got Y`.
 *
 * @module
 */
import type { Dtype, FloatArray } from "../types.js";
import { describe, typedArrayKind } from "./describe.js";
import { NonFiniteError, OptionError, ShapeError, TypeMismatchError } from "./errors.js";

/** How element types are numbered across the door: 0 is float32, 1 is float64. */
export type DtypeCode = 0 | 1;

/** How the elements of weights in half of the bytes are numbered: 2 is bfloat16, 3 is float16. */
export type StoredCode = 2 | 3;

/** How elements are stored in the engine's memory: as one of the types, or in half of the bytes. */
export type StorageCode = DtypeCode | StoredCode;

/** The names by number. */
export const dtypeNames: readonly [Dtype, Dtype] = ["float32", "float64"];

/** The names of the ways to store by number. */
export const storageNames: readonly [Dtype, Dtype, "bfloat16", "float16"] = [...dtypeNames, "bfloat16", "float16"];

/** Bytes an element, by number. */
export const elementSizes: readonly [number, number, number, number] = [4, 8, 2, 2];

/** `"title" expected X, got Y`, with the remedy as a sentence of its own. */
export function complaint(title: string, expected: string, value: unknown, remedy?: string): string {
  return complaintOf(title, expected, describe(value), remedy);
}

/** The same for a value that has been put into words already. */
export function complaintOf(title: string, expected: string, got: string, remedy?: string): string {
  return `"${title}" expected ${expected}, got ${got}${remedy === undefined ? "" : `. ${remedy}`}`;
}

/** The options as an object, all of whose keys are known. */
export function readOptions<T extends object>(options: unknown, known: readonly string[]): Partial<T> {
  if (options === undefined) {
    return {};
  }
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeMismatchError(complaint("options", "an object", options));
  }
  checkKeys("options", options, known);
  return options as Partial<T>;
}

/** Refuses keys that nobody would read, for they are misspellings or wishes that would go unheard. */
export function checkKeys(title: string, value: object, known: readonly string[]): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      const near = known.find((candidate) => isNear(key.toLowerCase(), candidate.toLowerCase()));
      const remedy = near === undefined ? "" : `. Did you mean "${near}"?`;
      const names = known.map((name) => `"${name}"`).join(", ");
      throw new OptionError(`"${title}" has the unknown key ${describe(key)}; the known ones are ${names}${remedy}`);
    }
  }
}

/** Whether two words are a prefix of each other, or at most two insertions, deletions or replacements apart. */
function isNear(a: string, b: string): boolean {
  if (a.length > 2 && (a.startsWith(b) || b.startsWith(a))) {
    return true;
  }
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return (previous[b.length] ?? 3) <= Math.min(2, b.length - 1);
}

/** An integer from `least` to `most`, or `fallback` for `undefined`. */
export function readInteger(title: string, value: unknown, fallback: number, least: number, most: number): number {
  if (value === undefined) {
    return fallback;
  }
  const expected = `an integer from ${least} to ${most}`;
  const number = checkNumber(title, value, expected);
  if (!Number.isInteger(number) || number < least || number > most) {
    throw new OptionError(complaint(title, expected, value));
  }
  return number;
}

/** A finite number above 0 that the element type can hold. */
export function readPositive(title: string, value: unknown, dtype: DtypeCode): number {
  const number = checkNumber(title, value, "a finite number above 0");
  if (!(number > 0) || number === Number.POSITIVE_INFINITY) {
    throw new OptionError(complaint(title, "a finite number above 0", value));
  }
  if (dtype === 0 && Math.fround(number) === Number.POSITIVE_INFINITY) {
    throw new OptionError(complaint(title, "a number that float32 can hold, at most 3.4e38", value));
  }
  return number;
}

/** A finite number of at least 0, or `fallback` for `undefined`. */
export function readNonNegative(title: string, value: unknown, fallback: number): number {
  if (value === undefined) {
    return fallback;
  }
  const number = checkNumber(title, value, "a finite number of at least 0");
  if (!(number >= 0 && number < Number.POSITIVE_INFINITY)) {
    throw new OptionError(complaint(title, "a finite number of at least 0", value));
  }
  return number;
}

/** A number strictly between 0 and 1, or `fallback` for `undefined`. */
export function readFraction(title: string, value: unknown, fallback: number): number {
  if (value === undefined) {
    return fallback;
  }
  const number = checkNumber(title, value, "a number above 0 and below 1");
  if (!(number > 0 && number < 1)) {
    throw new OptionError(complaint(title, "a number above 0 and below 1", value));
  }
  return number;
}

function checkNumber(title: string, value: unknown, expected: string): number {
  if (typeof value !== "number") {
    throw new TypeMismatchError(complaint(title, expected, value));
  }
  return value;
}

/** One of a few words, or the first of them for `undefined`. */
export function readChoice<const T extends string>(title: string, value: unknown, choices: readonly [T, ...T[]]): T {
  if (value === undefined) {
    return choices[0];
  }
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) {
    const expected = choices.map((candidate) => `"${candidate}"`).join(" or ");
    throw new (typeof value === "string" ? OptionError : TypeMismatchError)(complaint(title, expected, value));
  }
  return choice;
}

/** True or false, or `fallback` for `undefined`. */
export function readFlag(title: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) {
    return fallback;
  }
  if (typeof value !== "boolean") {
    throw new TypeMismatchError(complaint(title, "true or false", value));
  }
  return value;
}

/** The number of the element type of a float array that is fit for use; throws for anything else. */
export function readDtype(title: string, value: unknown): DtypeCode {
  const kind = typedArrayKind(value);
  if (kind !== "Float32Array" && kind !== "Float64Array") {
    const remedy = Array.isArray(value) || kind !== undefined ? "Convert it, e.g. by Float64Array.from" : undefined;
    throw new TypeMismatchError(complaint(title, "a Float32Array or Float64Array", value, remedy));
  }
  if ((value as FloatArray).length === 0 && isDetached(value as FloatArray)) {
    const got = "one whose buffer was detached, by a transfer or because WebAssembly memory has grown";
    throw new TypeMismatchError(complaintOf(title, `a ${kind}`, got));
  }
  return kind === "Float32Array" ? 0 : 1;
}

function isDetached(array: FloatArray): boolean {
  try {
    new Uint8Array(array.buffer);
    return false;
  } catch {
    return true;
  }
}

/** A float array of finite numbers, as long as told; `of` says what its length must match. */
export function readVector(title: string, value: unknown, length: number, of: string): FloatArray {
  readDtype(title, value);
  const vector = value as FloatArray;
  if (vector.length !== length) {
    throw new ShapeError(complaintOf(title, `length ${length}, ${of}`, String(vector.length)));
  }
  checkFiniteArray(title, vector);
  return vector;
}

/** Refuses NaN and infinities. */
export function checkFiniteArray(title: string, array: FloatArray): void {
  const wrong = array.findIndex((entry) => !Number.isFinite(entry));
  if (wrong >= 0) {
    throw new NonFiniteError(complaintOf(title, "finite numbers", `${array[wrong]} at index ${wrong}`));
  }
}
