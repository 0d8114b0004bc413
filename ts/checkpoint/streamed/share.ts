/**
 * What a share of the blocks of a weight answers: a function of the question and of those blocks alone. So shares can be answered anywhere, and their sum, taken in their order, has the same bits.
 *
 * @module
 */
import type { Engine, FloatArray } from "../../types.js";
import type { Visit } from "./blocks.js";
import { collector } from "./facts.js";
import { addAt, contribute } from "./product.js";
import type { Part, Question, Stretch } from "./question.js";

/** Blocks in a share: enough to be worth a message, and few enough that several can take part. */
export const SHARE_BLOCKS = 8;

/** Answers from one block after the other. */
export interface Answering {
  readonly visit: Visit;
  /** What the blocks add that were visited. */
  part(): Part;
}

/** Begins to answer. */
export function answering(engine: Engine, question: Question): Answering {
  const { kind, adjoint, vectors, facts } = question;
  const found = facts === "none" ? undefined : collector(engine, facts === "bounds");
  const terms: number[] = [];
  let image: Stretch | undefined;
  let back: Stretch | undefined;
  const visit: Visit = (piece, block, entries) => {
    found?.add(piece, block, entries);
    const { row, column, rows, columns } = piece;
    const [from, to, length] = adjoint ? [row, column, rows] : [column, row, columns];
    const [x] = vectors;
    if (kind === "form") {
      for (let pair = 0; pair + 1 < vectors.length; pair += 2) {
        const [u, v] = vectors.slice(pair, pair + 2) as [Float64Array, Float64Array];
        terms.push(engine.bilinearForm(block, u.subarray(row, row + rows), v.subarray(column, column + columns)));
      }
    } else if (kind === "product" && x !== undefined) {
      image = joined(image, to, engine.multiply(block, x.subarray(from, from + length), { adjoint }));
    } else if (kind === "square" && x !== undefined) {
      contribute(engine, block, x, question, (one, other) => {
        image = joined(image, to, one);
        back = joined(back, from, other);
      });
    }
  };
  const none = { norms: [], uppers: [], lowers: [] };
  return { visit, part: () => ({ image, back, terms, ...(found?.facts() ?? none) }) };
}

/** A stretch with more in it. */
function joined(sum: Stretch | undefined, at: number, values: FloatArray): Stretch {
  if (sum === undefined) return { at, values: new Float64Array(values) };
  const from = Math.min(sum.at, at);
  const to = Math.max(sum.at + sum.values.length, at + values.length);
  const isWithin = from === sum.at && to === sum.at + sum.values.length;
  const room = isWithin ? sum : { at: from, values: new Float64Array(to - from) };
  if (!isWithin) room.values.set(sum.values, sum.at - from);
  addAt(room.values, values, at - from);
  return room;
}
