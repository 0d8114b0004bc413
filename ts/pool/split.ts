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
import { isHandle } from "./parcel.js";
import type { Images } from "./part.js";
import { all } from "./team.js";
import type { Moved, Thread } from "./thread.js";
import { heard } from "./told.js";

/** The most parts, and so the most threads that one matrix can use. */
const PARTS = 16;
/** The engine takes rows by fours. */
const FOUR = 4;
/** Norms of parts between 2^-30 and 2^30 leave Wᵀ(Wx) in the range of float32, and 2^±200 in that of float64. */
const COMFORT: readonly [number, number] = [30, 200];

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
  const { layout, source } = readWeight(isPlain(w) ? w : plain(w)) as Operand & { source: FloatArray };
  const { rows, columns, permuted } = layout;
  if (permuted) {
    const expected = "the first or the last axis, for a weight that is split by rows";
    throw new ShapeError(complaintOf("w.axis", expected, String(layout.axis)));
  }
  const step = Math.ceil(rows / (PARTS * FOUR)) * FOUR;
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

/** A matrix that is shared out. */
export interface Shared {
  /** It times `scale`, in float64. */
  readonly wide: LinearOperator<Promise<Float64Array>>;
  /** The same with sums in float32, if the matrix is of float32 and its entries allow it. */
  readonly narrow: LinearOperator<Promise<Float64Array>> | undefined;
  /** A power of two, 1 unless entries are huge or tiny. */
  readonly scale: number;
}

/** Shares the matrix out, has `go` work with it, and drops it. */
export async function withParts<R>(
  plan: Plan,
  threads: readonly Thread[],
  go: (shared: Shared) => Promise<R>,
): Promise<R> {
  try {
    const norms = await all(threads, (thread, index) => handOut(plan, thread, index, threads.length));
    const exponent = exponentOf(Math.max(...norms.flat()));
    const isNarrow = plan.data.BYTES_PER_ELEMENT === 4 && Math.abs(exponent) <= COMFORT[0];
    const scale = Math.abs(exponent) <= COMFORT[1] ? 1 : powerOfTwo(-exponent);
    const narrow = isNarrow ? operatorOf(threads, plan, true, 1) : undefined;
    return await go({ wide: operatorOf(threads, plan, false, scale), narrow, scale });
  } finally {
    const alive = threads.filter((thread) => !thread.isDead);
    await Promise.allSettled(alive.map((thread) => thread.ask({ kind: "drop" })));
  }
}

/** Gives a thread its share, neighbors, for it answers in the order of its parts; returns their norms. */
async function handOut(
  { rows, columns, data, step, count }: Plan,
  thread: Thread,
  index: number,
  threads: number,
): Promise<number[]> {
  const share = Math.ceil(count / threads);
  const norms = [0];
  for (let part = index * share; part < Math.min(count, (index + 1) * share); part += 1) {
    const first = part * step;
    const [copy, moved] = piece(data, first * columns, Math.min(rows, first + step) * columns);
    const { norm = 0 } = await put(thread, { kind: "hold", first, data: copy, columns }, moved);
    norms.push(norm);
  }
  return norms;
}

/** Some of an array, to be sent: a view of what is shared, a copy of what is not. */
function piece(data: FloatArray, start: number, end: number): [FloatArray, Moved] {
  if (Object.prototype.toString.call(data.buffer) === "[object SharedArrayBuffer]") {
    return [data.subarray(start, end), []];
  }
  const copy = data.slice(start, end);
  return [copy, [copy.buffer as ArrayBuffer]];
}

const EXPONENT = 1023;

/** The exponent of a norm, by its bits, for logarithms differ between engines; 0 of zero. */
function exponentOf(norm: number): number {
  if (norm === 0) return 0;
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, norm);
  return ((bits.getUint32(0) >>> 20) & 0x7ff) - EXPONENT;
}

/** 2 to a power, which is kept in range. */
function powerOfTwo(power: number): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint32(0, (EXPONENT + Math.max(-1000, Math.min(1000, power))) << 20);
  return bits.getFloat64(0);
}

/** The matrix as an operator. Parts give Wᵀ(Wx) with Wx, for Lanczos' method asks for it next. */
function operatorOf(
  threads: readonly Thread[],
  { rows, columns }: Plan,
  narrow: boolean,
  scale: number,
): LinearOperator<Promise<Float64Array>> {
  let last: Joined | undefined;
  const multiply = async (adjoint: boolean, vector: Float64Array): Promise<Joined> => {
    const question = { kind: "multiply", adjoint, vector, narrow, scale } as const;
    const answers = await all(threads, (thread) => put(thread, question));
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

interface Joined {
  readonly u: Float64Array;
  readonly z: Float64Array;
}

function joined(images: readonly Images[], rows: number, columns: number): Joined {
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
