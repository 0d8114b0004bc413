/**
 * How rows are shared out, and come together in their order.
 *
 * @module
 */
import type { AuditedTensor, AuditJob, OpenAudit } from "../audit.js";
import type { Pool } from "./pool.js";
import type { Settings } from "./task.js";
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

/**
 * Rows by a pool, the largest first, for what is begun last is waited for by all; at the end those that all measure together, and
 * those that are measured alone. A file that turns out to be broken gives
 * the error that it gives in the order of its rows: what comes before it is measured, what comes after is not begun.
 */
export async function rowsInPool(
  pool: Pool,
  { path, settings, opened, tracker }: FileToAudit,
  isAlone: (job: AuditJob) => boolean = () => false,
): Promise<readonly AuditedTensor[]> {
  const { jobs } = opened;
  const rows = new Map<number, AuditedTensor>();
  const counts = await sharesOf(opened);
  const queue = [...jobs.entries()].sort(([, one], [, other]) => other.bytes - one.bytes);
  const isLast = ([, job]: readonly [number, AuditJob]) => counts.has(job) || isAlone(job);
  let failure: { readonly index: number; readonly reason: unknown } | undefined;
  const fail = (index: number, reason: unknown) => {
    if (failure === undefined || index < failure.index) failure = { index, reason };
  };
  const measured = (job: AuditJob): Promise<AuditedTensor> => {
    const order = { task: { source: path, settings }, job };
    const count = counts.get(job);
    return count === undefined ? pool.measure(order) : pool.together(order, count, (ask) => opened.measure(job, ask));
  };
  const lane = async (queue: (readonly [number, AuditJob])[]) => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, job] = next;
      if (failure !== undefined && index > failure.index) continue;
      tracker.start(job);
      const row = measured(job).catch((reason) => deadRow(opened, job, reason));
      await row.then(
        (measured) => rows.set(index, measured),
        (reason: unknown) => fail(index, reason),
      );
      tracker.done(job);
    }
  };
  // What is in memory as a whole comes first: blocks find room where it was, but not the other way round.
  const whole = queue.filter((entry) => !isLast(entry));
  await Promise.all(Array.from({ length: pool.size }, () => lane(whole)));
  await lane(queue.filter(isLast));
  if (failure !== undefined) throw failure.reason;
  return jobs.map((_, index) => rows.get(index) as AuditedTensor);
}

/** The jobs that all threads measure together, with the number of their shares. */
async function sharesOf(opened: OpenAudit): Promise<ReadonlyMap<AuditJob, number>> {
  const counts = new Map<AuditJob, number>();
  for (const job of opened.jobs) {
    // A file that turns out to be broken is told of when the row is measured.
    const count = await opened.shares(job).catch(() => 0);
    if (count > 1 && count * Math.max(...job.shape) <= MOST_ENTRIES) counts.set(job, count);
  }
  return counts;
}

/** Entries of vectors that shares answer with at a time, in float64: 32 MiB. */
const MOST_ENTRIES = 2 ** 22;

/** What the death of threads says about a row. All else is about the file, and thrown on. */
async function deadRow(opened: OpenAudit, job: AuditJob, reason: unknown): Promise<AuditedTensor> {
  const { code, message } = reason as { code?: unknown; message: string };
  if (code !== "WORKER") throw reason;
  return await opened.failed(job, { code, message });
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
