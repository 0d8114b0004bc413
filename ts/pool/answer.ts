/**
 * What a worker is asked, and how it answers, by an engine of its own.
 *
 * @module
 */
import { typedArrayKind } from "../engine/describe.js";
import type { Engine, FloatArray } from "../types.js";
import { type Images, type Part, partOf, productsOf } from "./blocks.js";
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

/** Products of all parts that are kept: with `x`, or of their adjoints with their share of `y`. */
export interface Multiply {
  readonly kind: "multiply";
  readonly adjoint: boolean;
  readonly vector: Float64Array;
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
  readonly error?: ToldError;
}

/** An answer, and the buffers in it that are transferred. */
export interface Reply {
  readonly answer: Called | Multiplied;
  readonly moved: readonly ArrayBuffer[];
}

/** Who answers by an engine. */
export function answererOf(engine: Engine): (question: Question) => Reply {
  const parts: Part[] = [];
  return (question) => (question.kind === "call" ? callAll(engine, question) : serveParts(engine, parts, question));
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

function serveParts(engine: Engine, parts: Part[], question: Hold | Multiply | Drop): Reply {
  try {
    if (question.kind === "multiply") {
      const images = parts.map((part) => productsOf(engine, part, question));
      return { answer: { images }, moved: [...buffersIn(images, new Set())] };
    }
    if (question.kind === "hold") {
      parts.push(partOf(engine, question));
    } else {
      for (const { blocks } of parts.splice(0)) for (const block of blocks) block.free();
    }
    return { answer: {}, moved: [] };
  } catch (thrown) {
    return { answer: { error: tell(thrown) }, moved: [] };
  }
}
