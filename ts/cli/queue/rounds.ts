/**
 * The side of the queue that asks about weights that stay in their file: it searches, and has every product computed by workers.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { FlowProducer, Queue } from "bullmq";
import type { AuditedTensor, AuditJob, OpenAudit, Question } from "../../audit.js";
import { type Answer, type Asked, askedName, flowOf, partName, type RoundData, roundName } from "./flow.js";
import { type Failure, readFailure, type Ticket } from "./jobs.js";
import type { Store } from "./store.js";

/** What rounds need. */
export interface RoundContext {
  readonly queue: Queue;
  readonly flows: FlowProducer;
  readonly prefix: string;
  readonly store: Store;
  /** Told again and again, with whether something has been done; it throws when there are no workers for too long. */
  readonly check: (isAlive: boolean) => Promise<void>;
  /** Throws when nobody wants the answer any more. */
  readonly signal: AbortSignal;
}

/** What became of a row. */
export type Outcome = { readonly row: AuditedTensor } | { readonly failure: Failure };

/** Answers come within milliseconds or minutes. */
const LEAST_LOOK_MS = 5;
const MOST_LOOK_MS = 200;

/** Whether it is worth while to share the work on a row, and into how many shares. */
export async function sharesOf(opened: OpenAudit, job: AuditJob, least: number): Promise<number> {
  // To count shares costs a look at the file.
  return job.kind === "weight" && job.bytes >= least ? await opened.shares(job) : 0;
}

/** Measures a row. What was found out before, by whomever, is taken from where it lies. */
export async function measureInRounds(
  context: RoundContext,
  opened: OpenAudit,
  { data: { task, job }, opts: { jobId } }: Ticket,
  shares: number,
): Promise<Outcome> {
  const { store, signal } = context;
  signal.throwIfAborted();
  const known = await store.get(jobId);
  if (known !== undefined) return { row: known as AuditedTensor };
  const rounds: string[] = [];
  const ask = async (question: Question) => {
    const data = { weight: job.name, round: roundName(jobId, question), shares };
    rounds.push(data.round);
    const answer = await answerOf(context, data, jobId, { task, job, question });
    if ("part" in answer) return answer.part;
    throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
  };
  try {
    const row = await opened.measure(job, ask);
    // Of this machine, or of this moment: another may have the memory.
    if (row.error?.code !== "OUT_OF_MEMORY") await store.put(jobId, row, rounds);
    return { row };
  } catch (thrown) {
    if (thrown instanceof Ended) return thrown.outcome;
    throw thrown;
  }
}

/** Waits until a round is answered; what is not in the queue is put there, also when Redis has forgotten it. */
async function answerOf(context: RoundContext, data: RoundData, row: string, asked: Asked): Promise<Answer> {
  const { queue, store, signal, check } = context;
  const begin = Date.now();
  // A failure of when somebody asked before is forgotten, which takes until nobody is about the round any more; so is one of
  // jobs whose question Redis has forgotten, between the two being put there.
  let isNew = false;
  for (;;) {
    signal.throwIfAborted();
    // In this order: when a job is gone that was there, its answer is there.
    const job = await queue.getJob(data.round);
    if (job === undefined) {
      const answer = await store.get(data.round);
      if (answer !== undefined) {
        await check(true);
        return answer as Answer;
      }
      // Others who asked for the same may have gone on, and taken away what is not needed any more.
      const known = await store.get(row);
      if (known !== undefined) throw new Ended({ row: known as AuditedTensor });
      await begun(context, data, asked);
    } else if (job.finishedOn !== undefined && isNew && (await store.has(askedName(data.round)))) {
      throw new Ended({
        failure: await failureOf(queue, data, job.failedReason ?? "it has no result", job.processedBy),
      });
    } else if (job.finishedOn !== undefined) await forget(queue, data);
    isNew ||= job?.finishedOn === undefined;
    await check(false);
    await sleep(Math.min(MOST_LOOK_MS, Math.max(LEAST_LOOK_MS, (Date.now() - begin) / 8)));
  }
}

async function begun({ queue, flows, prefix, store }: RoundContext, data: RoundData, asked: Asked): Promise<void> {
  await store.put(askedName(data.round), asked);
  await flows.add(flowOf(queue.name, prefix, data));
}

async function forget(queue: Queue, data: RoundData): Promise<void> {
  for (let share = 0; share < data.shares; share += 1) await queue.remove(partName(data.round, share));
  await queue.remove(data.round);
}

/** What the first share that failed says. */
async function failureOf(queue: Queue, data: RoundData, reason: string, by: string | undefined): Promise<Failure> {
  for (let share = 0; share < data.shares; share += 1) {
    const job = await queue.getJob(partName(data.round, share));
    if (job?.finishedOn !== undefined) return readFailure(job.failedReason ?? reason, job.processedBy);
  }
  return readFailure(reason, by);
}

/** Ends a search whose row is known, or will never be. */
class Ended extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super("the search is over");
    this.outcome = outcome;
  }
}
