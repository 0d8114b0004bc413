/**
 * Questions about one weight, answered by several threads together: each holds some of its shares in its memory. What they answer is
 * added in the order of the shares, so that the bits do not depend on how many threads there are.
 *
 * @module
 */
import type { Ask, Part } from "../audit.js";
import { partSum } from "../checkpoint/streamed/question.js";
import { type Crew, workerError } from "../pool/crew.js";
import { all, gather } from "../pool/team.js";
import { Death, type Thread } from "../pool/thread.js";
import { heard, type ToldError } from "../pool/told.js";
import type { HeldOrder, Order } from "./task.js";

/** A weight to be measured together. */
export interface Joint {
  readonly order: Order;
  readonly shares: number;
  /** How often threads may die of it before it is given up. */
  readonly attempts: number;
}

/**
 * Lends all threads to a search.
 *
 * @param go The search, which asks. It may be begun anew.
 * @throws {SpectralNormError} `WORKER`: threads died too often, or the crew was dismissed. Whatever `go` throws.
 */
export async function askTogether<R>(crew: Crew, joint: Joint, go: (ask: Ask) => Promise<R>): Promise<R> {
  const { shares, attempts } = joint;
  for (let count = 1; ; count += 1) {
    try {
      return await gather(crew, Math.min(crew.size, shares), undefined, (threads) => go(askOf(threads, joint)));
    } catch (thrown) {
      if (!(thrown instanceof Death)) throw thrown;
      if (count >= attempts) throw workerError(`the threads that measured it died ${count} times: ${thrown.message}`);
    }
  }
}

/** Of the memory that a weight may take: engines of their own and messages take the rest. */
export const PORTION = 0.75;

function askOf(threads: readonly Thread[], { order, shares }: Joint): Ask {
  const portion = PORTION / threads.length;
  const start = (index: number) => Math.floor((index * shares) / threads.length);
  return async (question) => {
    const sum = partSum(question);
    const answers = await all(threads, (thread, index) => {
      const own = { first: start(index), count: start(index + 1) - start(index) };
      const asked: HeldOrder = { ...order, shares: own, portion, question };
      return thread.ask(asked) as Promise<{ readonly parts: readonly Part[] } | { readonly error: ToldError }>;
    });
    for (const answer of answers) {
      if ("error" in answer) throw heard(answer.error);
      for (const part of answer.parts) sum.add(part);
    }
    return sum.part();
  };
}
