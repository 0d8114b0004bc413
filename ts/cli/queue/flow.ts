/**
 * A round about a weight that stays in its file, as a flow: a job a share, and when all are done one that adds them up. All names
 * are made of the question, so that who asks it again gets what is there.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { FlowJob, JobsOptions } from "bullmq";
import type { AuditJob, Part, Question } from "../../audit.js";
import type { Task } from "../task.js";
import { AGAIN_MS, ATTEMPTS, KEEP_SECONDS } from "./jobs.js";
import { pack } from "./packed.js";

/** A question about a weight, for those who do not know of the weight. */
export interface Asked {
  readonly task: Task;
  readonly job: AuditJob;
  readonly question: Question;
}

/** What a share, or all of them, answer. An error is one about the numbers of the weight, which others would find, too. */
export type Answer = { readonly part: Part } | { readonly error: { readonly code: string; readonly message: string } };

/** The data of a job that adds up, and with a share that of one that answers. */
export interface RoundData {
  /** What messages call the weight. */
  readonly weight: string;
  readonly round: string;
  readonly shares: number;
  readonly share?: number;
}

/** Names of jobs by what they do. */
export const SHARE = "share";
export const SUM = "sum";

/** The name of a round, of which its answer has the same. */
export function roundName(weight: string, question: Question): string {
  return `sum-${createHash("sha256").update(weight).update(pack(question)).digest("hex").slice(0, 40)}`;
}

/** Of what is asked in a round. */
export function askedName(round: string): string {
  return `${round}-asked`;
}

/** Of what a share answers, and of its job. */
export function partName(round: string, share: number): string {
  return `${round}-${share}`;
}

/** What nobody needs when the answer is there. */
export function surplusOf({ round, shares }: RoundData): readonly string[] {
  return [askedName(round), ...Array.from({ length: shares }, (_, share) => partName(round, share))];
}

/** The jobs of a round. */
export function flowOf(queueName: string, prefix: string, data: RoundData): FlowJob {
  const { round, shares } = data;
  const queue = { queueName, prefix };
  return {
    ...queue,
    name: SUM,
    data,
    opts: optionsOf(round),
    children: Array.from({ length: shares }, (_, share) => ({
      ...queue,
      name: SHARE,
      data: { ...data, share },
      // Before all rows that wait: these are waited for one after the other.
      opts: { ...optionsOf(partName(round, share)), lifo: true, failParentOnFailure: true },
    })),
  };
}

/** Jobs that are done have left their result elsewhere. */
function optionsOf(jobId: string): JobsOptions & { readonly jobId: string } {
  const again = { attempts: ATTEMPTS, backoff: { type: "fixed", delay: AGAIN_MS } };
  return { jobId, ...again, removeOnComplete: true, removeOnFail: { age: KEEP_SECONDS } };
}
