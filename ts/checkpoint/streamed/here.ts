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
import { type Ask, type Held, type Part, partSum, type Question, type Shares } from "./question.js";
import { answering, SHARE_BLOCKS } from "./share.js";

/** Answers from all blocks, share after share, in one pass over the file. */
export function askHere(engine: Engine, blocks: Blocks): Ask {
  return async (question) => {
    const sum = partSum(question);
    await answerShares(engine, blocks, question, (part) => sum.add(part));
    return sum.part();
  };
}

/** Answers from blocks, the first of which begins a share; `take` is told what each share answers. */
async function answerShares(
  engine: Engine,
  blocks: Blocks,
  question: Question,
  take: (part: Part) => void,
): Promise<void> {
  // Bounds are not taken of halves.
  if (question.facts === "bounds") blocks.widen();
  let share: number | undefined;
  let answer = answering(engine, question);
  await blocks.each((piece, block, entries, index) => {
    const next = Math.floor(index / SHARE_BLOCKS);
    if (share !== undefined && share !== next) {
      take(answer.part());
      answer = answering(engine, question);
    }
    share = next;
    answer.visit(piece, block, entries, index);
  });
  take(answer.part());
}

/** How many shares a weight has. */
export async function countShares(context: StreamContext, tensor: CheckpointTensor, axis: number): Promise<number> {
  const { count } = await new Blocks(context, tensor, axis).layout(...sidesOf(tensor.shape, axis));
  return Math.ceil(count / SHARE_BLOCKS);
}

/**
 * Takes shares on, whose blocks alone are read.
 *
 * @param portion Of the memory that a weight may take, what they may: as many of their blocks as it holds are read once.
 */
export function holdShares(
  context: StreamContext,
  tensor: CheckpointTensor,
  axis: number,
  { first, count }: Shares,
  portion: number,
): Held {
  const sides = sidesOf(tensor.shape, axis);
  const blocks = new Blocks(context, tensor, axis, { first: first * SHARE_BLOCKS, count: count * SHARE_BLOCKS });
  blocks.keep(portion * roomFor(context.memory, sides));
  return {
    async ask(question) {
      checkQuestion(question, sides);
      const parts: Part[] = [];
      await answerShares(context.engine, blocks, question, (part) => parts.push(part));
      return parts;
    },
    free: () => blocks.free(),
  };
}

/** Of the memory, what blocks may take that are kept: what is being read takes the rest. */
const KEPT_SHARE = 0.85;
/** Vectors of a search, of which there are some thirty along one side, and some along both. */
const VECTORS: readonly [number, number] = [32, 8];

/** The bytes of blocks that may be kept beside the vectors of a search. */
export function roomFor(memory: number, [rows, columns]: readonly [number, number], side: number = columns): number {
  return KEPT_SHARE * memory - 8 * (VECTORS[0] * side + VECTORS[1] * (rows + columns));
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
