/**
 * Operators that JavaScript applies: how they are told and checked, and who answers the search for their norm.
 *
 * @module
 */
import type { AnyOperator, FloatArray, SpectralNormOptions } from "../types.js";
import { ShapeError, TypeMismatchError } from "./errors.js";
import { readLayout } from "./layout.js";
import { door, type Memory, type Operand, type Scope } from "./memory.js";
import { type Reached, type Request, steps } from "./operator-search.js";
import { readSearch, type Search } from "./search.js";
import { checkFiniteArray, complaint, complaintOf, readChoice, readDtype } from "./validate.js";

/** What a composition remembers: its parts and how to make it of others, or the weight that it multiplies by. */
export type Node =
  | { readonly parts: readonly AnyOperator[]; readonly build: (parts: readonly AnyOperator[]) => AnyOperator }
  | { readonly weight: Operand };

const nodes = new WeakMap<object, Node>();

/** Notes how an operator was made. */
export function remember(operator: AnyOperator, node: Node): AnyOperator {
  nodes.set(operator, node);
  return Object.freeze(operator);
}

/** Whether something was meant for an operator. */
export function isOperator(value: unknown): value is AnyOperator {
  return typeof value === "object" && value !== null && ("apply" in value || "applyAdjoint" in value);
}

/** Checks an operator. */
export function readOperator(title: string, value: AnyOperator): AnyOperator {
  for (const side of ["rows", "columns"] as const) {
    if (!Number.isSafeInteger(value[side]) || value[side] < 1) {
      throw new ShapeError(complaint(`${title}.${side}`, "a positive integer", value[side]));
    }
  }
  for (const method of ["apply", "applyAdjoint"] as const) {
    if (typeof value[method] !== "function") {
      throw new TypeMismatchError(complaint(`${title}.${method}`, "a function", value[method]));
    }
  }
  return value;
}

/** Goes on with a value, now or when it is there. */
export function then<T, R>(value: T | Promise<T>, go: (value: T) => R | Promise<R>): R | Promise<R> {
  return isPromise(value) ? value.then(go) : go(value);
}

/** Whether a value is there only later. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null)?.then === "function";
}

/** The operator with the engine's products in the place of those with weights. */
function bind(scope: Scope, operator: AnyOperator): AnyOperator {
  const node = nodes.get(operator);
  if (node === undefined) {
    return operator;
  }
  if ("parts" in node) {
    return node.build(node.parts.map((part) => bind(scope, part)));
  }
  const { matrix, rows, columns } = scope.place(node.weight);
  const [left, right] = [scope.buffer(1, rows), scope.buffer(1, columns)];
  const multiply = (adjoint: boolean) => (vector: Float64Array) => {
    const [from, to, length] = adjoint ? [left, right, columns] : [right, left, rows];
    scope.memory.write(from, 1, vector.length, vector);
    door.multiply(matrix, rows, columns, adjoint, from, to);
    return scope.memory.copy(to, 1, length);
  };
  return { rows, columns, apply: multiply(false), applyAdjoint: multiply(true) };
}

/** The options of a search in an operator. */
export function readOperatorSearch(operator: AnyOperator, options: Partial<SpectralNormOptions>): Search {
  readChoice("options.method", options.method, ["auto", "lanczos"]);
  const { rows, columns } = readOperator("w", operator);
  return readSearch(options, { layout: readLayout({ shape: "w", axis: "w" }, [rows, columns], undefined, 1) });
}

/** Runs the search of a synchronous operator. */
export function searchNow(memory: Memory, operator: AnyOperator, options: Search, gap: boolean): Reached {
  return memory.run((scope) => {
    const bound = bind(scope, operator);
    const search = steps(scope, [bound.rows, bound.columns], options, gap);
    let step = search.next();
    while (!step.done) {
      const product = answer(bound, step.value);
      if (isPromise(product)) {
        product.catch(() => undefined);
        const remedy = "Use the asynchronous functions of the package, e.g. await spectralNorm(w)";
        throw new TypeMismatchError(complaintOf("w.apply", "a function that returns an array", "a promise", remedy));
      }
      step = search.next(checkProduct(bound, step.value, product));
    }
    return step.value;
  });
}

/** Runs the search of an operator that may be asynchronous. */
export function searchLater(memory: Memory, operator: AnyOperator, options: Search, gap: boolean): Promise<Reached> {
  return memory.runAsync(async (scope) => {
    const bound = bind(scope, operator);
    const search = steps(scope, [bound.rows, bound.columns], options, gap);
    let step = search.next();
    while (!step.done) {
      step = search.next(checkProduct(bound, step.value, await answer(bound, step.value)));
    }
    return step.value;
  });
}

function answer(operator: AnyOperator, { adjoint, vector, isLast }: Request): FloatArray | Promise<FloatArray> {
  return adjoint ? operator.applyAdjoint(vector) : operator.apply(vector, isLast);
}

function checkProduct({ rows, columns }: AnyOperator, { adjoint }: Request, product: unknown): FloatArray {
  const title = adjoint ? "w.applyAdjoint(y)" : "w.apply(x)";
  readDtype(title, product);
  const vector = product as FloatArray;
  const length = adjoint ? columns : rows;
  if (vector.length !== length) {
    throw new ShapeError(complaintOf(title, `length ${length}`, String(vector.length)));
  }
  checkFiniteArray(title, vector);
  return vector;
}
