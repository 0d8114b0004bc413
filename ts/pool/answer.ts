/**
 * What a worker is asked, and how it answers, by an engine of its own.
 *
 * @module
 */
import { typedArrayKind } from "../engine/describe.js";
import { insides } from "../engine/insides.js";
import type { Memory } from "../engine/memory.js";
import type { Engine, FloatArray } from "../types.js";
import { dropPart, type Images, type Part, partOf, productsOf } from "./part.js";
import { type ToldError, tell } from "./told.js";

/** Calls of a function of the engine. */
export interface Calls {
  readonly kind: "call";
  readonly name: string;
  /** The arguments of each. */
  readonly calls: readonly (readonly unknown[])[];
  /** Buffers among them that go back. */
  readonly lent: readonly ArrayBuffer[];
}

/** A part of a split matrix, to be kept. */
export interface Hold {
  readonly kind: "hold";
  /** The place of its first row in the matrix. */
  readonly first: number;
  readonly data: FloatArray;
  readonly columns: number;
}

/** Products of all parts that are kept: Wx and Wᵀ(Wx) for a vector x, or Wᵀy for y. */
export interface Multiply {
  readonly kind: "multiply";
  readonly adjoint: boolean;
  readonly vector: Float64Array;
  /** Whether the sums for x are in float32, as the matrix is. */
  readonly narrow: boolean;
  /** A power of two that every product is multiplied by. */
  readonly scale: number;
}

/** All parts are dropped. */
export interface Drop {
  readonly kind: "drop";
}

/** What can be asked. */
export type Question = Calls | Hold | Multiply | Drop;

/** The answer to {@link Calls}. */
export interface Called {
  /** What each gave. */
  readonly values?: readonly unknown[];
  readonly error?: ToldError;
  /** Which of the calls failed. */
  readonly failed?: number;
  readonly lent: readonly ArrayBuffer[];
}

/** The answer to the others. */
export interface Multiplied {
  /** What each part gives, in the order of the parts. */
  readonly images?: readonly Images[];
  /** The Frobenius norm of a part that was taken in. */
  readonly norm?: number;
  readonly error?: ToldError;
}

/** An answer, and the buffers in it that are transferred. */
export interface Reply {
  readonly answer: Called | Multiplied;
  readonly moved: readonly ArrayBuffer[];
}

/** The memory of an engine, which ts/engine/engine.ts keeps there. */
export function memoryIn(engine: Engine): Memory {
  return (engine as unknown as { readonly [insides]: Memory })[insides];
}

/** Who answers by an engine. */
export function answererOf(engine: Engine): (question: Question) => Reply {
  const memory = memoryIn(engine);
  const parts: Part[] = [];
  return (question) => (question.kind === "call" ? callAll(engine, question) : serveParts(memory, parts, question));
}

function callAll(engine: Engine, { name, calls, lent }: Calls): Reply {
  const run = engine[name as keyof Engine] as (...given: readonly unknown[]) => unknown;
  const values: unknown[] = [];
  try {
    for (const given of calls) values.push(run(...given));
    return { answer: { values, lent }, moved: [...buffersIn(values, new Set(lent))] };
  } catch (thrown) {
    return { answer: { error: tell(thrown), failed: values.length, lent }, moved: [...new Set(lent)] };
  }
}

/** The buffers of all arrays in a value. */
function buffersIn(value: unknown, found: Set<ArrayBuffer>): Set<ArrayBuffer> {
  if (typeof value !== "object" || value === null) return found;
  if (typedArrayKind(value) !== undefined) return found.add((value as FloatArray).buffer as ArrayBuffer);
  for (const entry of Object.values(value)) buffersIn(entry, found);
  return found;
}

function serveParts(memory: Memory, parts: Part[], question: Hold | Multiply | Drop): Reply {
  try {
    if (question.kind === "multiply") {
      const images = parts.map((part) => productsOf(memory, part, question));
      return { answer: { images }, moved: [...buffersIn(images, new Set())] };
    }
    if (question.kind === "hold") {
      const part = partOf(memory, question);
      parts.push(part);
      return { answer: { norm: part.norm }, moved: [] };
    }
    for (const part of parts.splice(0)) dropPart(memory, part);
    return { answer: {}, moved: [] };
  } catch (thrown) {
    return { answer: { error: tell(thrown) }, moved: [] };
  }
}
