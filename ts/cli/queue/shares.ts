/**
 * The side of the queue that answers questions about weights: for a share, or by adding up what all shares have answered.
 *
 * @module
 */
import { type Part, partSum } from "../../audit.js";
import { SpectralNormError } from "../../engine/errors.js";
import type { Pool } from "../pool.js";
import { type Answer, type Asked, askedName, partName, type RoundData, surplusOf } from "./flow.js";
import type { Store } from "./store.js";

/**
 * Does a job of a round, unless its result is there already.
 *
 * @throws {SpectralNormError} `WORKER`: Redis has forgotten what belongs to the round; whatever the audit throws.
 */
export async function answerRound(store: Store, pool: Pool, data: RoundData): Promise<void> {
  const { round, share } = data;
  if (await store.has(round)) return;
  if (share === undefined) await addUp(store, data);
  else if (!(await store.has(partName(round, share)))) {
    await store.put(partName(round, share), await answerOf(pool, await readAsked(store, round), share));
  }
}

async function answerOf(pool: Pool, { task, job, question }: Asked, share: number): Promise<Answer> {
  try {
    return { part: await pool.part({ task, job, share, question }) };
  } catch (thrown) {
    const { code, message } = thrown as { code?: unknown; message: string };
    // What is wrong with the numbers is an answer; all else may go better elsewhere.
    if (code !== "NON_FINITE" && code !== "SHAPE") throw thrown;
    return { error: { code, message } };
  }
}

/** One after the other, for all may be more than there is memory. The first error is the one that a single process meets. */
async function addUp(store: Store, data: RoundData): Promise<void> {
  const { question } = await readAsked(store, data.round);
  const sum = partSum(question);
  let answer: Answer | undefined;
  for (let share = 0; share < data.shares && answer === undefined; share += 1) {
    const found = (await store.get(partName(data.round, share))) as Answer | undefined;
    if (found === undefined) throw forgotten();
    if ("error" in found) answer = found;
    else sum.add(found.part as Part);
  }
  await store.put(data.round, answer ?? { part: sum.part() }, surplusOf(data));
}

async function readAsked(store: Store, round: string): Promise<Asked> {
  const asked = await store.get(askedName(round));
  if (asked === undefined) throw forgotten();
  return asked as Asked;
}

function forgotten(): SpectralNormError {
  return new SpectralNormError("WORKER", "Redis has forgotten what it was about");
}
