/**
 * Who measures the rows of a file: this thread, threads beside it, or workers at a queue.
 *
 * @module
 */
import {
  type Audit,
  type AuditedTensor,
  type AuditJob,
  type FailedAudit,
  type OpenAudit,
  openAudit,
} from "../audit.js";
import { createPool, type Pool } from "./pool.js";
import { optionsOf, type Settings } from "./task.js";
import { startThread } from "./thread.js";
import type { Tracker } from "./tracker.js";

/** A file whose rows are to be measured. */
export interface FileToAudit {
  readonly path: string;
  readonly settings: Settings;
  readonly opened: OpenAudit;
  readonly tracker: Tracker;
}

/** Who measures. The rows are the same, whoever it is. */
export interface Measurer {
  /** How many files may be under way at a time. */
  readonly ahead: number;
  /** The rows of all jobs of a file, in their order. */
  rows(file: FileToAudit): Promise<readonly AuditedTensor[]>;
  close(): Promise<void>;
}

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

/**
 * Rows by a pool, the largest first, for what is begun last is waited for by all. A file that turns out to be broken gives
 * the error that it gives in the order of its rows: what comes before it is measured, what comes after is not begun.
 */
export async function rowsInPool(
  pool: Pool,
  { path, settings, opened, tracker }: FileToAudit,
): Promise<readonly AuditedTensor[]> {
  const { jobs } = opened;
  const rows = new Map<number, AuditedTensor>();
  const queue = [...jobs.entries()].sort(([, one], [, other]) => other.bytes - one.bytes);
  let failure: { readonly index: number; readonly reason: unknown } | undefined;
  const fail = (index: number, reason: unknown) => {
    if (failure === undefined || index < failure.index) failure = { index, reason };
  };
  const lane = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, job] = next;
      if (failure !== undefined && index > failure.index) continue;
      tracker.start(job);
      const row = pool
        .measure({ task: { source: path, settings }, job })
        .catch((reason) => deadRow(opened, job, reason));
      await row.then(
        (measured) => rows.set(index, measured),
        (reason: unknown) => fail(index, reason),
      );
      tracker.done(job);
    }
  };
  await Promise.all(Array.from({ length: pool.size }, lane));
  if (failure !== undefined) throw failure.reason;
  return jobs.map((_, index) => rows.get(index) as AuditedTensor);
}

/** What the death of threads says about a row. All else is about the file, and thrown on. */
async function deadRow(opened: OpenAudit, job: AuditJob, reason: unknown): Promise<AuditedTensor> {
  const { code, message } = reason as { code?: unknown; message: string };
  if (code !== "WORKER") throw reason;
  return await opened.failed(job, { code, message });
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

/** Results in the order of `items`, while up to `ahead` of them are under way. */
export async function* inOrder<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  for (const index of items.keys()) {
    while (begun.length < Math.min(items.length, index + ahead)) {
      const result = work(items[begun.length] as T);
      // Waited for later; until then a failure is nobody's fault.
      result.catch(() => {});
      begun.push(result);
    }
    yield await (begun[index] as Promise<R>);
  }
}
