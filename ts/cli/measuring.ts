/**
 * Who measures the rows of a file: this thread, threads beside it, or workers at a queue.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { type Audit, type AuditedTensor, type AuditJob, type FailedAudit, openAudit } from "../audit.js";
import { createPool } from "./pool.js";
import { type Measurer, rowsInPool } from "./sharing.js";
import { optionsOf, type Settings } from "./task.js";
import { startThread } from "./thread.js";
import type { Tracker } from "./tracker.js";

/** Row after row, here. */
export const measureHere: Measurer = {
  ahead: 1,
  async rows({ opened, tracker }) {
    const rows: AuditedTensor[] = [];
    for (const job of opened.jobs) {
      tracker.start(job);
      rows.push(await opened.measure(job));
      tracker.done(job);
    }
    return rows;
  },
  async close() {},
};

/** Threads unless told: two weights, or one in two halves, are what a process may have in memory and stay below 250 MB. */
const USUAL_THREADS = 2;
/** Bytes of weights for which it is worth while to start threads. */
const LEAST_BYTES = 2 ** 26;
/** Bytes of memory of which there is room for two weights. */
const MOST_BYTES = 2 ** 26;

/** Rows in two threads, if there are two processors and enough to do; what is large and not shared has the memory for itself. */
export function measureInTwo(): Measurer {
  if (availableParallelism() < USUAL_THREADS) return measureHere;
  const pool = createPool(USUAL_THREADS, startThread, DEATHS);
  return {
    ahead: 1,
    rows(file) {
      const bytes = file.opened.jobs.reduce((sum, job) => sum + job.bytes, 0);
      const isAlone = (job: AuditJob) => job.kind === "adapted" || file.opened.room(job) > MOST_BYTES;
      return bytes < LEAST_BYTES ? measureHere.rows(file) : rowsInPool(pool, file, isAlone);
    },
    close: () => pool.close(),
  };
}

/** How many threads may die of a row. */
const DEATHS = 2;

/** Rows in `count` threads. */
export function measureInThreads(count: number): Measurer {
  const pool = createPool(count, startThread, DEATHS);
  // The next file is begun while the last rows of one are not done.
  return { ahead: 2, rows: (file) => rowsInPool(pool, file), close: () => pool.close() };
}

/** The audit of one file, or why there is none. */
export async function auditFile(
  path: string,
  settings: Settings,
  measurer: Measurer,
  tracker: Tracker,
): Promise<Audit | FailedAudit> {
  try {
    const opened = await openAudit(path, optionsOf(settings));
    try {
      tracker.add(opened.jobs);
      return await opened.finish(await measurer.rows({ path, settings, opened, tracker }));
    } finally {
      await opened.close();
    }
  } catch (thrown) {
    const { code, message } = thrown as { code?: unknown; message: string };
    if (code !== "FORMAT") throw thrown;
    return { file: path, error: { code, message } };
  }
}
