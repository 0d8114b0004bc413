/**
 * One matrix, its rows shared out among threads. WᵀW = Σ WᵢᵀWᵢ over parts that the shape alone decides, and what they give is
 * added in their order, so that the bits do not depend on how many threads there are.
 *
 * @module
 */
import { ShapeError } from "../engine/errors.js";
import type { Operand } from "../engine/memory.js";
import { complaintOf } from "../engine/validate.js";
import { readWeight } from "../engine/weight.js";
import type { FloatArray, LinearOperator, WeightLike } from "../types.js";
import type { Multiplied, Question } from "./answer.js";
import { type Images, rowsInBlock } from "./blocks.js";
import { isHandle } from "./parcel.js";
import { all } from "./team.js";
import type { Moved, Thread } from "./thread.js";
import { heard } from "./told.js";

/** The most parts, and so the most threads that one matrix can use. */
const PARTS = 16;

/** How a matrix is shared out. */
export interface Plan {
  readonly rows: number;
  readonly columns: number;
  readonly data: FloatArray;
  /** The rows of a part; the last one may have less. */
  readonly step: number;
  /** How many parts there are. */
  readonly count: number;
}

/**
 * Checks a weight, and plans how to share it out.
 *
 * @throws {SpectralNormError} As the functions of the package; `SHAPE` also for an output axis in the middle.
 */
export function planOf(w: WeightLike): Plan {
  const { layout, source, dtype } = readWeight(isPlain(w) ? w : plain(w)) as Operand & { source: FloatArray };
  const { rows, columns, permuted } = layout;
  if (permuted) {
    const expected = "the first or the last axis, for a weight that is split by rows";
    throw new ShapeError(complaintOf("w.axis", expected, String(layout.axis)));
  }
  const block = rowsInBlock(columns, dtype === 0 ? 4 : 8);
  const step = Math.ceil(Math.ceil(rows / block) / PARTS) * block;
  return { rows, columns, data: source, step, count: Math.ceil(rows / step) };
}

function isPlain(w: WeightLike): boolean {
  return typeof w !== "object" || w === null || !isHandle(w);
}

/** A weight in the memory of an engine, as an array: its parts are copied from there. */
function plain(w: WeightLike): unknown {
  const { view, shape, axis } = w as Extract<WeightLike, { view: unknown }>;
  return { data: view, shape, axis };
}

/** Asks, and throws the error that is told. */
async function put(thread: Thread, question: Question, moved?: Moved): Promise<Multiplied> {
  const answer = (await thread.ask(question, moved)) as Multiplied;
  if (answer.error) throw heard(answer.error);
  return answer;
}

/** Shares the matrix out, has `go` work with it, and drops it. */
export async function withParts<R>(
  { rows, columns, data, step, count }: Plan,
  threads: readonly Thread[],
  go: (operator: LinearOperator<Promise<Float64Array>>) => Promise<R>,
): Promise<R> {
  // Neighbors, for a thread answers in the order of its parts.
  const share = Math.ceil(count / threads.length);
  try {
    await all(threads, async (thread, index) => {
      for (let part = index * share; part < Math.min(count, (index + 1) * share); part += 1) {
        const first = part * step;
        const [copy, moved] = piece(data, first * columns, Math.min(rows, first + step) * columns);
        await put(thread, { kind: "hold", first, data: copy, columns }, moved);
      }
    });
    return await go(operatorOf(threads, rows, columns));
  } finally {
    const alive = threads.filter((thread) => !thread.isDead);
    await Promise.allSettled(alive.map((thread) => thread.ask({ kind: "drop" })));
  }
}

/** Some of an array, to be sent: a view of what is shared, a copy of what is not. */
function piece(data: FloatArray, start: number, end: number): [FloatArray, Moved] {
  if (Object.prototype.toString.call(data.buffer) === "[object SharedArrayBuffer]") {
    return [data.subarray(start, end), []];
  }
  const copy = data.slice(start, end);
  return [copy, [copy.buffer as ArrayBuffer]];
}

/** The matrix as an operator. Parts give Wᵀ(Wx) with Wx, for Lanczos' method asks for it next. */
function operatorOf(threads: readonly Thread[], rows: number, columns: number): LinearOperator<Promise<Float64Array>> {
  let last: Images | undefined;
  const multiply = async (adjoint: boolean, vector: Float64Array): Promise<Images> => {
    const answers = await all(threads, (thread) => put(thread, { kind: "multiply", adjoint, vector }));
    return joined(
      answers.flatMap(({ images = [] }) => images),
      adjoint ? 0 : rows,
      columns,
    );
  };
  return {
    rows,
    columns,
    async apply(x) {
      last = await multiply(false, x);
      return last.u;
    },
    async applyAdjoint(y) {
      const known = last?.u.every((entry, index) => entry === y[index]) ? last : undefined;
      return (known ?? (await multiply(true, y))).z;
    },
  };
}

function joined(images: readonly Images[], rows: number, columns: number): Images {
  const u = new Float64Array(rows);
  const z = new Float64Array(columns);
  let row = 0;
  for (const image of images) {
    u.set(image.u, row);
    row += image.u.length;
    for (let column = 0; column < columns; column += 1) {
      z[column] = (z[column] as number) + (image.z[column] as number);
    }
  }
  return { u, z };
}
