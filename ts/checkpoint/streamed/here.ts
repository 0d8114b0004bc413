/**
 * Answers to questions about a weight from its blocks, as this process reads them.
 *
 * @module
 */
import { OptionError } from "../../engine/errors.js";
import type { Engine } from "../../types.js";
import type { CheckpointTensor } from "../types.js";
import { Blocks, type StreamContext } from "./blocks.js";
import { sidesOf } from "./pieces.js";
import { type Ask, type Part, partSum, type Question } from "./question.js";
import { answering, SHARE_BLOCKS } from "./share.js";

/** Answers from all blocks, share after share, in one pass over the file. */
export function askHere(engine: Engine, blocks: Blocks): Ask {
  return async (question) => {
    const sum = partSum(question);
    let share = 0;
    let answer = answering(engine, question);
    await blocks.each((piece, block, entries, index) => {
      if (Math.floor(index / SHARE_BLOCKS) !== share) {
        sum.add(answer.part());
        share = Math.floor(index / SHARE_BLOCKS);
        answer = answering(engine, question);
      }
      answer.visit(piece, block, entries, index);
    });
    sum.add(answer.part());
    return sum.part();
  };
}

/** How many shares a weight has. */
export async function countShares(context: StreamContext, tensor: CheckpointTensor, axis: number): Promise<number> {
  const { count } = await new Blocks(context, tensor, axis).layout(...sidesOf(tensor.shape, axis));
  return Math.ceil(count / SHARE_BLOCKS);
}

/** What one share answers, whose blocks alone are read. */
export async function partOf(
  context: StreamContext,
  tensor: CheckpointTensor,
  axis: number,
  share: number,
  question: Question,
): Promise<Part> {
  checkQuestion(question, sidesOf(tensor.shape, axis));
  const blocks = new Blocks(context, tensor, axis);
  const answer = answering(context.engine, question);
  try {
    await blocks.each(answer.visit, { first: share * SHARE_BLOCKS, count: SHARE_BLOCKS });
    return answer.part();
  } finally {
    blocks.free();
  }
}

/** It comes from elsewhere. What is wrong with it would be found halfway, or not at all. */
function checkQuestion(question: Question, [rows, columns]: readonly [number, number]): void {
  const { kind, adjoint, vectors, sides } = question ?? {};
  const wanted = { product: [adjoint ? rows : columns], square: [adjoint ? rows : columns], facts: [] };
  const lengths = kind === "form" ? vectors?.map((_, index) => (index % 2 === 0 ? rows : columns)) : wanted[kind];
  const isAbout = sides?.[0] === rows && sides[1] === columns && lengths?.length === vectors?.length;
  if (isAbout && lengths?.every((length, index) => vectors[index]?.length === length)) return;
  throw new OptionError(`"question" expected one about ${rows} rows and ${columns} columns, with vectors as long`);
}
