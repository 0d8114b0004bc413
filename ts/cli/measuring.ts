/**
 * Who measures the rows of a file: this thread, threads beside it, or workers at a queue.
 *
 * @module
 */
import { type Audit, type AuditedTensor, type FailedAudit, openAudit } from "../audit.js";
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
