/**
 * What lies in the queue: a job a row, whose name says all that its result depends on.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { JobsOptions } from "bullmq";
import type { AuditJob } from "../../audit.js";
import type { Order, Settings, Task } from "../task.js";
import { digest, type Fingerprint, globalName } from "./fingerprint.js";

/** What the worker gives back. */
export interface Result {
  /** By `encodeRow`. */
  readonly row: string;
  /** Who measured it. */
  readonly worker: string;
}

/** A job to be enqueued. */
export interface Ticket {
  readonly name: string;
  readonly data: Order;
  readonly opts: JobsOptions & { readonly jobId: string };
}

/** How often a job is begun at most after failures, and how often after deaths of its workers. */
export const ATTEMPTS = 3;
/** For how long results lie ready for whoever asks for the same audit, in seconds. */
export const KEEP_SECONDS: number = 24 * 60 * 60;
export const AGAIN_MS = 1000;

/** Where keys of the queue begin, unless `--queue-prefix` says otherwise. */
export const PREFIX = "spectral-norm";

/**
 * The name of the queue. Rows of another build may differ in their last bits, and so builds have queues of their own.
 */
export function queueName(version: string): string {
  const hash = createHash("sha256");
  // Beside dist/cli.js, which this file is bundled into.
  for (const file of ["node.js", "spectral_norm.wasm", "checkpoint.js", "checkpoint/shared.js", "audit.js", "cli.js"]) {
    hash.update(readFileSync(new URL(file, import.meta.url)));
  }
  return `audit-${version}-${hash.digest("hex").slice(0, 8)}`;
}

/** The job of one row. The same row of the same file by the same options has the same one, whoever asks. */
export function ticketOf(source: string, { identity, contents }: Fingerprint, asked: Settings, job: AuditJob): Ticket {
  const settings = asked.base === undefined ? asked : { ...asked, base: globalName(asked.base) };
  const task: Task = { source: globalName(source), settings, contents };
  const age = { age: KEEP_SECONDS };
  return {
    name: job.kind,
    data: { task, job },
    opts: {
      jobId: `row-${digest(JSON.stringify([identity, settings, job.kind, job.name]))}`,
      attempts: ATTEMPTS,
      backoff: { type: "fixed", delay: AGAIN_MS },
      removeOnComplete: age,
      removeOnFail: age,
    },
  };
}

/** Why a job failed, as text that {@link readFailure} reads: a queue keeps of an error its message. */
export function failureText(code: string, message: string, worker: string): string {
  return `${code}: ${message} [${worker}]`;
}

/** Why a row was not measured. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/** Why a job failed. */
export function readFailure(text: string, worker: string | undefined): Failure {
  const [, code, message] = /^(FORMAT|OPTION|WORKER|OUT_OF_MEMORY): (.*)$/s.exec(text) ?? [];
  if (code !== undefined && message !== undefined) return { code, message };
  const who = worker === undefined ? "" : `, the last of which was ${worker}`;
  if (/stalled/.test(text)) return { code: "WORKER", message: `the ${ATTEMPTS} workers that took it died${who}` };
  return { code: "WORKER", message: `${text}${who}` };
}
